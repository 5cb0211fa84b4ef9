// Services and dead letters.
import { byId, make, setText } from './dom.js';
import { clockText, countText, spanText, valueText } from './format.js';
import { deadLetterOf, takeEach } from './payload.js';
import { conditionOf } from './pipeline.js';

const serviceColumns = ['Service', 'State', 'For', 'Waiting', 'Version'];
const letterColumns = ['Reading', 'Status', 'Reason', 'Refused'];

/** Each cell knows its column's name, which stands before it where the table is too wide for the screen. `whole`: on one line. */
function rowOf(columns, texts, whole) {
  return make('tr', {}, ...columns.map((column, at) =>
    make('td', { 'data-column': column, class: whole.includes(column) && 'whole' }, texts[at])));
}

/** Those of a machine, '' for all. */
export function showServices(body, services, node, now) {
  const rows = [...services.values()].filter((service) => (node === '' || service.node === node) && service.status !== undefined);
  const several = new Set(rows.map((service) => service.node)).size > 1;
  rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((service, at) => {
    const row = body.rows[at] ?? body.appendChild(rowOf(serviceColumns, ['', '', '', '', ''], ['For', 'Waiting', 'Version']));
    const { status, queue } = service;
    const condition = conditionOf(service, now);
    row.dataset.condition = condition;
    const texts = [
      several ? `${service.node} ${service.name}` : service.name,
      status.reason && condition !== 'up' ? `${condition}: ${status.reason}` : condition,
      status.since === undefined ? '' : spanText(now - Date.parse(status.since)),
      queue === undefined ? '' : queue.limit > 0 ? `${countText(queue.depth)} of ${countText(queue.limit)}` : countText(queue.depth),
      status.version ?? '',
    ];
    texts.forEach((text, cell) => setText(row.cells[cell], text));
  });
}

/** `refuse(error)`: of a row that cannot be shown. `act(action, ids)`, undefined where nobody may: ids undefined for all. */
export function showDeadLetters({ dead_letters: rows, truncated }, now, refuse, act) {
  const letters = [];
  takeEach(rows, (row) => letters.push(deadLetterOf(row)), refuse);
  const number = `${countText(letters.length)}${truncated ? ' and more' : ''}`;
  byId('dead-letters-box').hidden = letters.length === 0;
  setText(byId('dead-letters-summary'), letters.length === 0 ? '' : `${number}, refused by the API and kept.`);
  byId('dead-letters-all').hidden = act === undefined || letters.length < 2;
  byId('dead-letters').replaceChildren(...letters.map((letter) => {
    const row = rowOf(letterColumns, [
      whatOf(letter), String(letter.status ?? ''), letter.reason, letter.refused === undefined ? '' : clockText(letter.refused, now),
    ], ['Refused']);
    row.append(make('td', { class: 'whole' }, ...actionsOf(letter, act)));
    return row;
  }));
}

function actionsOf({ id, waits, ...letter }, act) {
  if (waits) return ['is sent again'];
  if (act === undefined || id === undefined) return [];
  return [['requeue', 'Send again'], ['purge', 'Delete']].map(([action, text]) => {
    const button = make('button', { type: 'button', 'aria-label': `${text}: ${whatOf(letter)}` }, text);
    button.addEventListener('click', () => act(action, [id]));
    return button;
  });
}

function whatOf({ reading, gap }) {
  if (gap !== undefined) return `gap ${gap.first} to ${gap.last}: ${gap.reason}`;
  return `${reading.sensor} ${Object.values(valueText(reading.value, reading.unit)).join(' ')}`;
}
