// Services, events and dead letters.
import { byId, make, setText } from './dom.js';
import { clockText, countText, spanText, valueText } from './format.js';
import { deadLetterOf, takeEach } from './payload.js';
import { conditionOf } from './state.js';

const serviceColumns = ['Service', 'State', 'For', 'Waiting', 'Version'];
const letterColumns = ['Reading', 'Status', 'Reason', 'Refused'];

/** Each cell knows its column's name, which stands before it where the table is too wide for the screen. `whole`: on one line. */
function rowOf(columns, texts, whole) {
  return make('tr', {}, ...columns.map((column, at) =>
    make('td', { 'data-column': column, class: whole.includes(column) && 'whole' }, texts[at])));
}

export function showServices(body, services, node, now) {
  const rows = [...services.values()].filter((service) => service.node === node && service.status !== undefined);
  rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((service, at) => {
    const row = body.rows[at] ?? body.appendChild(rowOf(serviceColumns, ['', '', '', '', ''], ['For', 'Waiting', 'Version']));
    const { status, queue } = service;
    const condition = conditionOf(service, now);
    row.dataset.condition = condition;
    const texts = [
      service.name,
      status.reason && condition !== 'up' ? `${condition}: ${status.reason}` : condition,
      status.since === undefined ? '' : spanText(now - Date.parse(status.since)),
      queue === undefined ? '' : queue.limit > 0 ? `${countText(queue.depth)} of ${countText(queue.limit)}` : countText(queue.depth),
      status.version ?? '',
    ];
    texts.forEach((text, cell) => setText(row.cells[cell], text));
  });
}

/** Adds what is new on top: the list is read out as it grows. `several`: more than one machine is known, so that each is named. */
export class EventList {
  #parent;
  #newest;

  constructor(parent) {
    this.#parent = parent;
  }

  show(events, now, several) {
    const known = events.indexOf(this.#newest);
    const fresh = known < 0 ? events : events.slice(0, known);
    [this.#newest] = events;
    for (const event of [...fresh].reverse()) {
      this.#parent.prepend(make('li', { 'data-type': event.type, 'data-to': event.to },
        make('time', { datetime: event.time }, event.time === undefined ? '' : clockText(event.time, now)), ' ', make('span', { class: 'quiet' }, several ? `${event.node} ${event.name}` : event.name), ' ', event.text));
    }
    while (this.#parent.children.length > events.length) this.#parent.lastChild.remove();
    byId('no-events').hidden = events.length > 0;
  }
}

/** `refuse(error)`: of a row that cannot be shown. */
export function showDeadLetters({ dead_letters: rows, truncated }, now, refuse) {
  const letters = [];
  takeEach(rows, (row) => letters.push(deadLetterOf(row)), refuse);
  const number = `${countText(letters.length)}${truncated ? ' and more' : ''}`;
  setText(byId('dead-letters-summary'), letters.length === 0
    ? 'None: the API has refused no reading.'
    : `${number}, refused by the API and kept. sensorctl dead-letters requeue sends them again.`);
  byId('dead-letters-table').hidden = letters.length === 0;
  byId('dead-letters').replaceChildren(...letters.map((letter) => rowOf(letterColumns, [
    whatOf(letter), String(letter.status ?? ''), letter.reason, letter.refused === undefined ? '' : clockText(letter.refused, now),
  ], ['Refused'])));
}

function whatOf({ reading, gap }) {
  if (gap !== undefined) return `gap ${gap.first} to ${gap.last}: ${gap.reason}`;
  return `${reading.sensor} ${Object.values(valueText(reading.value, reading.unit)).join(' ')}`;
}
