// What is no number: a boolean is a band that is filled where it is true, a text is a list of its changes.
import { make } from './dom.js';
import { clockText, spanText } from './format.js';

const mostShown = 200;

/** `all`: [{label, color, spans}]; from, to in s. */
export function showSpans(parent, all, from, to) {
  parent.hidden = all.length === 0;
  parent.replaceChildren(...all.map(({ label, color, spans }) => {
    const truths = spans.filter(({ value }) => value === true);
    const total = truths.reduce((sum, span) => sum + Math.min(span.to, to) - Math.max(span.from, from), 0);
    const words = `${label}: true for ${spanText(total * 1000)} in all, ${truths.length === 1 ? 'once' : `${truths.length} times`}`;
    const band = make('div', { class: 'truth', role: 'img', 'aria-label': words }, ...spans.map((span) => bar(span, from, to)));
    band.style.setProperty('--series', `var(--series-${color})`);
    return make('div', {}, make('p', { class: 'quiet' }, words), band);
  }));
}

function bar({ value, from: begin, to: end }, from, to) {
  const place = (time) => Math.min(100, Math.max(0, ((time - from) / (to - from)) * 100));
  const one = make('span', { 'data-value': String(value), title: `${value} from ${clockText(begin * 1000, Date.now())} for ${spanText((end - begin) * 1000)}` });
  one.style.left = `${place(begin)}%`;
  one.style.width = `${Math.max(0.15, place(end) - place(begin))}%`;
  return one;
}

/** The newest change first. */
export function showTexts(parent, all) {
  parent.hidden = all.length === 0;
  const now = Date.now();
  parent.replaceChildren(...all.map(({ label, spans }) => make('div', { class: 'texts', tabindex: 0, role: 'group', 'aria-label': `Changes of ${label}` }, make('p', { class: 'quiet' }, label),
    spans.length === 0 ? make('p', { class: 'quiet' }, 'nothing in this range') : make('ol', { class: 'history' }, ...[...spans].reverse().slice(0, mostShown).map(({ value, from, to }) =>
      make('li', {}, make('time', { datetime: new Date(from * 1000).toISOString() }, clockText(from * 1000, now)), ' ', make('span', {}, String(value)), ' ', make('span', { class: 'quiet' }, `for ${spanText((to - from) * 1000)}`)))))));
}
