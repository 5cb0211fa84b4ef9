// The flow of readings as it is: a box for each stage, an arrow that moves where readings can pass.
import { make, setText } from './dom.js';
import { countText, spanText, valueText } from './format.js';
import { flowOf } from './state.js';

const conditions = { up: 'up', degraded: 'degraded', down: 'down', silent: 'says nothing', unknown: 'not heard of' };

export class Flow {
  #boxes = new Map();
  #parent;

  constructor(parent) {
    this.#parent = parent;
  }

  show(state, node, now, connected) {
    const stages = flowOf(state, node, now, connected);
    for (const name of this.#boxes.keys()) {
      if (!stages.some((stage) => stage.name === name)) this.#remove(name);
    }
    for (const stage of stages) {
      if (!this.#boxes.has(stage.name)) this.#add(stage);
      const box = this.#boxes.get(stage.name);
      box.root.dataset.condition = stage.condition;
      box.root.dataset.flows = stage.flows;
      box.root.dataset.breaker = stage.breaker?.state ?? '';
      setText(box.title, stage.title);
      setText(box.condition, conditions[stage.condition]);
      setText(box.lines, linesOf(stage, now).join('\n'));
    }
  }

  #remove(name) {
    this.#boxes.get(name).root.remove();
    this.#boxes.delete(name);
  }

  #add(stage) {
    const condition = make('span', { class: 'condition' });
    const lines = make('p', { class: 'lines' });
    const title = make('h3', {}, stage.title);
    const root = make('li', { id: `stage-${stage.name}` }, title, condition, lines);
    this.#boxes.set(stage.name, { root, title, condition, lines });
    this.#parent.append(root);
  }
}

/** What there is to say of a stage, a text for each line. */
export function linesOf(stage, now) {
  const lines = [];
  if (stage.pace !== undefined) lines.push(`reads every ${spanText(stage.pace)}`);
  if (stage.pressure) lines.push(`slowed down: ${stage.pressure}`);
  if (stage.depth !== undefined) lines.push(`${countText(stage.depth)} ${stage.waits}`);
  if (stage.bytes !== undefined) lines.push(`${Object.values(valueText(stage.bytes, 'By')).join(' ')} stored`);
  if (stage.idle) return [stage.reason || 'no destination'];
  if (stage.delivered !== undefined) lines.push(`${countText(stage.delivered)} delivered`);
  if (stage.breaker !== undefined) lines.push(breakerText(stage.breaker, now));
  // The breaker's own line has its reason already.
  if (stage.reason && stage.condition !== 'up' && !stage.reason.startsWith('circuit breaker ')) lines.push(stage.reason);
  return lines;
}

/** "breaker open for 12 s, next attempt in 48 s: timeout" */
export function breakerText({ state, since, next_attempt, reason }, now) {
  let text = `breaker ${state.replace('_', '-')}`;
  if (state === 'closed') return text;
  if (since !== undefined) text += ` for ${spanText(now - Date.parse(since))}`;
  if (next_attempt !== undefined) text += `, next attempt in ${spanText(Date.parse(next_attempt) - now)}`;
  return reason ? `${text}: ${reason}` : text;
}
