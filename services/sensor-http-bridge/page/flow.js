// The flow of readings in one row: a button for each stage, which shows what else there is to say of it.
import { make, setText } from './dom.js';
import { clockText, countText, spanText, valueText } from './format.js';
import { conditionOf, flowOf, levelOf } from './pipeline.js';

const conditions = { up: 'up', degraded: 'degraded', down: 'down', silent: 'says nothing', unknown: 'not known' };

export class Flow {
  #boxes = new Map();
  #parent;
  #details;
  #open = '';

  constructor(parent, details) {
    this.#parent = parent;
    this.#details = details;
  }

  show(state, node, now, connected) {
    const stages = flowOf(state, node, now, connected);
    for (const name of this.#boxes.keys()) {
      if (!stages.some((stage) => stage.name === name)) this.#remove(name);
    }
    for (const stage of stages) {
      if (!this.#boxes.has(stage.name)) this.#add(stage.name);
      const { root, button, title, figure } = this.#boxes.get(stage.name);
      Object.assign(root.dataset, { level: levelOf(stage), condition: stage.condition, flows: stage.flows, breaker: stage.breaker });
      setText(title, stage.title);
      setText(figure, figureOf(stage, now));
      button.setAttribute('aria-expanded', String(this.#open === stage.name));
    }
    const open = stages.find((stage) => stage.name === this.#open);
    this.#details.hidden = open === undefined;
    if (open !== undefined) this.#describe(open, now, new Set([...state.services.values()].map((one) => one.node)).size > 1);
  }

  #remove(name) {
    this.#boxes.get(name).root.remove();
    this.#boxes.delete(name);
  }

  #add(name) {
    const title = make('span', { class: 'title' });
    const figure = make('span', { class: 'figure' });
    const button = make('button', { type: 'button', 'aria-expanded': 'false', 'aria-controls': this.#details.id }, title, ' ', figure);
    const root = make('li', { id: `stage-${name}` }, button);
    button.addEventListener('click', () => {
      this.#open = this.#open === name ? '' : name;
      this.#parent.dispatchEvent(new Event('change', { bubbles: true }));
    });
    this.#boxes.set(name, { root, button, title, figure });
    this.#parent.append(root);
  }

  #describe(stage, now, several) {
    const rows = stage.services.length === 0 ? [['Broker', conditions[stage.condition]]]
      : stage.services.flatMap((service) => factsOf(service, now, several));
    while (this.#details.children.length > rows.length) this.#details.lastChild.remove();
    rows.forEach(([what, text], at) => {
      const row = this.#details.children[at] ?? this.#details.appendChild(make('div', {}, make('dt'), make('dd')));
      setText(row.firstChild, what);
      setText(row.lastChild, text);
    });
  }
}

/** The most important thing of a stage, in two words. */
export function figureOf(stage, now) {
  if (stage.name === 'broker' && stage.condition === 'down') return 'away';
  if (['down', 'silent', 'unknown'].includes(stage.condition)) return stage.condition === 'silent' ? 'silent' : conditions[stage.condition];
  if (stage.idle) return 'none';
  const { breaker, pace_ms: pace } = stage.worst?.status ?? {};
  if (breaker?.state === 'open' && breaker.next_attempt !== undefined) return `retry ${spanText(Date.parse(breaker.next_attempt) - now)}`;
  if (breaker?.state === 'open') return 'breaker open';
  // What waits for the API waits in the store.
  const isEnd = stage.name.startsWith('api');
  if (stage.depth > 0 && !isEnd) return `${countText(stage.depth)} wait`;
  if (stage.rate > 0 && isEnd) return `${valueText(stage.rate, '').value}/s`;
  return pace > 0 && stage.services.length === 1 ? `every ${spanText(pace)}` : conditions[stage.condition];
}

/** What there is to say of a service: [what, text]. */
export function factsOf(service, now, several) {
  const { status, queue, name, node } = service;
  const condition = conditionOf(service, now);
  const facts = [[several ? `${node} ${name}` : name, [conditions[condition], condition !== 'up' && status?.reason].filter(Boolean).join(': ')]];
  const say = (what, text) => text !== undefined && facts.push([what, text]);
  if (status === undefined) return facts;
  if (condition === 'up' && status.reason) say('It says', status.reason);
  if (status.since !== undefined) say('Since', `${clockText(status.since, now)}, for ${spanText(now - Date.parse(status.since))}`);
  if (queue !== undefined) say('Waiting', queue.limit > 0 ? `${countText(queue.depth)} of ${countText(queue.limit)}` : countText(queue.depth));
  if (queue?.depth > 0 && queue.oldest_s > 0) say('The oldest waits', spanText(queue.oldest_s * 1000));
  if (status.pace_ms !== undefined) say('Reads', `every ${spanText(status.pace_ms)}`);
  if (status.pressure) say('Slowed down', status.pressure);
  if (status.used_bytes !== undefined) say('Stored', Object.values(valueText(status.used_bytes, 'By')).join(' '));
  if (status.delivers !== false && status.counters?.delivered !== undefined) say('Delivered', countText(status.counters.delivered));
  if (status.breaker !== undefined) say('Breaker', breakerText(status.breaker, now, status.reason));
  return facts;
}

/** "open for 12 s, next attempt in 48 s: timeout"; without the reason where `said` has it already. */
export function breakerText({ state, since, next_attempt, reason }, now, said = '') {
  let text = state.replace('_', '-');
  if (state === 'closed') return text;
  if (since !== undefined) text += ` for ${spanText(now - Date.parse(since))}`;
  if (next_attempt !== undefined) text += `, next attempt in ${spanText(Date.parse(next_attempt) - now)}`;
  return reason && !said.includes(reason) ? `${text}: ${reason}` : text;
}
