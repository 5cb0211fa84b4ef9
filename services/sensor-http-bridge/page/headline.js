// The first line: whether everything is all right, and below it what is not, with what to do.
import { make, setText } from './dom.js';
import { clockText, countText, spanText } from './format.js';

const mostShown = 3;
const signs = { well: '✓', warning: '!', critical: '✕', unknown: '…' };

export class Headline {
  #parts;
  #said = '';

  /** `parts`: the elements {root, sign, text, problems, more, list: of those behind `more`, spoken: read out when it changes}. */
  constructor(parts) {
    this.#parts = parts;
  }

  show({ level, headline, problems, more }, now, several) {
    const { root, sign, text, spoken } = this.#parts;
    const nodeOf = ({ node }) => (several && node !== '' ? `${node}: ` : '');
    // One problem is the first line: nothing is said twice.
    const alone = problems.length === 1 && more === 0;
    const line = alone ? nodeOf(problems[0]) + problems[0].what : headline;
    root.dataset.level = level;
    root.toggleAttribute('data-alone', alone);
    setText(sign, signs[level]);
    setText(text, line);
    this.#list(this.#parts.problems, problems.slice(0, mostShown), now, nodeOf);
    const rest = problems.slice(mostShown);
    this.#parts.more.hidden = rest.length + more === 0;
    setText(this.#parts.more.querySelector('summary'), `${countText(rest.length + more)} more`);
    this.#list(this.#parts.list, rest, now, nodeOf);
    document.title = level === 'well' || level === 'unknown' ? 'Sensor Project' : `${signs[level]} ${line}`;
    // Not the age of the newest reading, which changes all the time.
    const said = level === 'well' ? 'All is well' : `${line}. ${(alone ? [] : problems).slice(0, mostShown).map(({ what }) => what).join('. ')}`;
    const worth = said.replace(/\d+ (s|min|h|d)\b/g, ''); // a countdown is no news
    if (level !== 'unknown' && worth !== this.#said) setText(spoken, said);
    if (level !== 'unknown') this.#said = worth;
  }

  #list(parent, problems, now, nodeOf) {
    while (parent.children.length > problems.length) parent.lastChild.remove();
    problems.forEach((problem, at) => {
      const row = parent.children[at] ?? parent.appendChild(make('li', {}, make('span', { class: 'what' }), ' ', make('span', { class: 'quiet since' }), make('span', { class: 'advice' })));
      const [what, since, advice] = row.children;
      row.dataset.level = problem.severity;
      setText(what, nodeOf(problem) + problem.what);
      setText(since, problem.since === undefined ? '' : `since ${clockText(problem.since, now)}, for ${spanText(now - problem.since)}`);
      setText(advice, problem.advice);
      advice.hidden = problem.advice === '';
    });
  }
}
