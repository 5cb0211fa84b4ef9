// Events and alerts: what happened, the newest first.
import { make, setText } from './dom.js';
import { clockText, spanText } from './format.js';

/** Adds what is new on top. `several`: more than one machine is known, so that each is named. */
export class EventList {
  #parent;
  #none;
  #rows = new Map(); // by event
  #filter = '';

  constructor(parent, none) {
    this.#parent = parent;
    this.#none = none;
  }

  /** Shows those that have `filter`, in lower case, in what they say. */
  show(events, now, several, filter) {
    const there = new Set(events);
    for (const [event, row] of this.#rows) {
      if (there.has(event)) continue;
      row.remove();
      this.#rows.delete(event);
    }
    const fresh = events.filter((event) => !this.#rows.has(event));
    for (const event of fresh.reverse()) {
      const row = rowOf(event, now, several);
      this.#rows.set(event, row);
      this.#parent.prepend(row);
      row.hidden = !row.textContent.toLowerCase().includes(filter);
    }
    if (filter !== this.#filter) for (const row of this.#rows.values()) row.hidden = !row.textContent.toLowerCase().includes(filter);
    this.#filter = filter;
    setText(this.#none, events.length === 0 ? 'Nothing has happened since this page was opened.' : 'No event has this text.');
    this.#none.hidden = [...this.#rows.values()].some((row) => !row.hidden);
  }
}

function rowOf(event, now, several) {
  return make('li', { 'data-type': event.type, 'data-to': event.to },
    make('time', { datetime: event.time }, event.time === undefined ? '' : clockText(event.time, now)), ' ',
    make('span', { class: 'quiet' }, several ? `${event.node} ${event.name}` : event.name), ' ', make('span', { class: 'text' }, event.text));
}

const shownAlerts = 50;

/** Those that go on first. `acknowledge(name)`: undefined where nobody may. */
export function showAlerts(parent, alerts, now, filter, acknowledge) {
  const wanted = [...alerts.values()].filter(({ name, text }) => `${name} ${text}`.toLowerCase().includes(filter));
  wanted.sort((a, b) => (a.state < b.state ? -1 : a.state > b.state ? 1 : Date.parse(b.since ?? 0) - Date.parse(a.since ?? 0)));
  const shown = wanted.slice(0, shownAlerts);
  const same = shown.map((alert) => JSON.stringify(alert)).join();
  if (parent.dataset.shown !== same + filter) parent.replaceChildren(...shown.map((alert) => alertRow(alert, now, acknowledge)));
  parent.dataset.shown = same + filter;
}

function alertRow(alert, now, acknowledge) {
  const firing = alert.state === 'firing';
  const began = alert.since === undefined ? '' : clockText(alert.since, now);
  const lasted = firing || alert.ended === undefined || alert.since === undefined ? '' : `over after ${spanText(Date.parse(alert.ended) - Date.parse(alert.since))}`;
  const row = make('li', { 'data-state': alert.state, 'data-level': firing ? alert.severity : undefined },
    make('time', { datetime: alert.since }, began), ' ', make('span', { class: 'text' }, alert.text), ' ',
    make('span', { class: 'quiet' }, lasted || (alert.acknowledged === undefined ? '' : 'acknowledged')));
  if (firing && alert.acknowledged === undefined && acknowledge !== undefined) {
    const button = make('button', { type: 'button', 'aria-label': `Acknowledge ${alert.name}` }, 'Acknowledge');
    button.addEventListener('click', () => acknowledge(alert.name));
    row.append(' ', button);
  }
  return row;
}
