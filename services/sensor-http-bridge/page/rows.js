// The sensors: a row each, in groups, with the newest value and a small picture of its range.
import { make, setText } from './dom.js';
import { ageText, clockText, spanText, valueText } from './format.js';
import { futureBegins } from './state.js';

const quietAfter = 60_000; // ms; the age of what came later goes without saying
const oldAfter = 3_600_000; // ms; of a number whose interval nobody knows. Texts and booleans may come when something happens only
const wideFrom = 9; // rows of a group that takes the whole width

export class SensorRows {
  #parent;
  #groups = new Map(); // by id: {root, title, list, rename}
  #rows = new Map(); // by key
  #on;
  #spark;

  /** `on`: {choose(key), add(key), rename(group)}. `spark`: loads the small pictures. */
  constructor(parent, spark, on) {
    this.#parent = parent;
    this.#spark = spark;
    this.#on = on;
  }

  /** Which rows there are, and where. */
  arrange(groups, now) {
    const wanted = new Set(groups.flatMap((group) => group.rows.map(({ sensor }) => sensor.key)));
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      this.#spark.forget(row.root);
      row.root.remove();
      this.#rows.delete(key);
    }
    for (const [id, { root }] of this.#groups) {
      if (groups.some((group) => group.id === id)) continue;
      root.remove();
      this.#groups.delete(id);
    }
    groups.forEach((group, at) => this.#arrangeGroup(group, at, now));
  }

  #arrangeGroup(group, at, now) {
    if (!this.#groups.has(group.id)) this.#groups.set(group.id, this.#make(group));
    const shown = this.#groups.get(group.id);
    shown.group = group;
    setText(shown.title, group.title);
    shown.root.dataset.wide = group.rows.length >= wideFrom || group.kind === 'silent';
    shown.rename.hidden = group.of === undefined;
    shown.rename.setAttribute('aria-label', `Rename ${group.title}`);
    if (this.#parent.children[at] !== shown.root) this.#parent.insertBefore(shown.root, this.#parent.children[at] ?? null);
    group.rows.forEach(({ sensor, label, since }, place) => {
      if (!this.#rows.has(sensor.key)) this.#rows.set(sensor.key, new Row(sensor.key, this.#on));
      const row = this.#rows.get(sensor.key);
      if (shown.list.children[place] !== row.root) shown.list.insertBefore(row.root, shown.list.children[place] ?? null);
      this.#spark.watch(row.root);
      row.name(label, sensor, since);
      row.show(sensor, now);
    });
  }

  #make(group) {
    const title = make('h3', {}, group.title);
    const rename = make('button', { type: 'button', class: 'rename' }, '✎');
    const list = make('ul', { class: 'rows', role: 'list' });
    const root = make('section', { class: 'group', 'data-kind': group.kind }, make('div', { class: 'group-head' }, title, rename), list);
    const shown = { root, title, list, rename, group };
    rename.addEventListener('click', () => this.#on.rename(shown.group, rename));
    return shown;
  }

  /** The newest value of one sensor. */
  show(sensor, now) {
    this.#rows.get(sensor.key)?.show(sensor, now);
  }

  /** Ages, of all rows. */
  age(sensors, now) {
    for (const [key, row] of this.#rows) row.age(sensors.get(key), now);
  }

  mark(chosen, colors) {
    for (const [key, row] of this.#rows) row.mark(chosen.includes(key), chosen.length > 0, colors.get(key));
  }

  focus(key) {
    this.#rows.get(key)?.focus();
  }
}

class Row {
  #pick = make('button', { type: 'button', class: 'pick', 'aria-pressed': 'false' });
  #value = make('span', { class: 'value' });
  #unit = make('span', { class: 'unit' });
  #age = make('span', { class: 'age' });
  #silence = make('span', { class: 'silence' });
  #add = make('button', { type: 'button', class: 'add', hidden: true }, '+');
  #since;

  constructor(key, on) {
    const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    for (const [name, value] of [['class', 'spark'], ['viewBox', '0 0 80 20'], ['preserveAspectRatio', 'none'], ['aria-hidden', 'true']]) picture.setAttribute(name, value);
    picture.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
    this.root = make('li', { class: 'row', 'data-key': key }, this.#pick, this.#silence, this.#age, picture,
      make('span', { class: 'reading' }, this.#value, ' ', this.#unit), this.#add);
    this.#pick.addEventListener('click', (event) => (event.shiftKey || event.ctrlKey || event.metaKey ? on.add(key) : on.choose(key)));
    this.#add.addEventListener('click', () => on.add(key));
  }

  focus() {
    this.#pick.focus();
  }

  name(label, sensor, since) {
    this.#since = since;
    setText(this.#pick, label);
    this.#pick.title = `${sensor.sensor} on ${sensor.node}`;
    this.root.toggleAttribute('data-silent', since !== undefined);
    this.#add.setAttribute('aria-label', `Compare ${label}`);
  }

  show(sensor, now) {
    const { value, unit } = sensor.value === undefined ? { value: '–', unit: '' } : valueText(sensor.value, sensor.unit);
    setText(this.#value, value);
    setText(this.#unit, unit);
    this.root.dataset.type = typeof sensor.value;
    this.age(sensor, now);
  }

  age(sensor, now) {
    if (sensor === undefined) return;
    const age = now - sensor.at;
    const ahead = sensor.at >= futureBegins(now);
    const old = sensor.unsynced || ahead || (sensor.interval === undefined && typeof sensor.value === 'number' && age > oldAfter);
    this.root.toggleAttribute('data-old', old);
    setText(this.#silence, this.#since === undefined ? '' : silenceText(this.#since, sensor.interval, now));
    const quiet = Math.max(quietAfter, 3 * (sensor.interval ?? 0));
    const text = this.#since !== undefined ? '' : sensor.unsynced ? 'clock not set' : age > quiet || ahead ? ageText(age) : '';
    setText(this.#age, text);
    this.root.toggleAttribute('data-aged', text !== '');
  }

  mark(isChosen, isOpen, color) {
    this.#pick.setAttribute('aria-pressed', String(isChosen));
    this.root.toggleAttribute('data-chosen', isChosen);
    this.root.style.setProperty('--series', color === undefined ? '' : `var(--series-${color})`);
    this.#add.hidden = !isOpen;
    setText(this.#add, isChosen ? '−' : '+');
    this.#add.setAttribute('aria-pressed', String(isChosen));
  }
}

/** "since 16:09:35 (4 min ago); it came every 10 s" */
export function silenceText(since, interval, now) {
  const came = interval === undefined ? '' : `; it came every ${spanText(Math.max(1000, interval))}`;
  return `since ${clockText(since, now)} (${ageText(now - since)})${came}`;
}
