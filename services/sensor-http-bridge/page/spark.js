// The small pictures of rows: loaded for those that can be seen, two at a time, and again when they are old.
import { bucketsOf } from './api.js';
import { sensibleRange } from './choices.js';
import { longestOf, pathOf, withGaps } from './series.js';

const steps = 40;
const atATime = 2;
const freshFor = 60_000; // ms
const [width, height] = [80, 20];

export class Sparks {
  #wanted = new Set(); // rows that can be seen
  #loaded = new Map(); // row: {at, newest, range}
  #running = 0;
  #sensors;
  #range;
  #onError;
  #seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#wanted.add(target);
      else this.#wanted.delete(target);
    }
    this.load();
  }, { rootMargin: '100px' });
  #watched = new WeakSet();

  /** `sensors`: the Map of the state. `range()`: that is chosen, undefined for one that fits. */
  constructor(sensors, range, onError) {
    this.#sensors = sensors;
    this.#range = range;
    this.#onError = onError;
  }

  watch(row) {
    if (this.#watched.has(row)) return;
    this.#watched.add(row);
    this.#seen.observe(row);
  }

  forget(row) {
    this.#seen.unobserve(row);
    this.#watched.delete(row);
    this.#wanted.delete(row);
    this.#loaded.delete(row);
  }

  /** Loads what is missing or old. */
  load(now = Date.now()) {
    for (const row of this.#wanted) {
      if (this.#running >= atATime) return;
      const sensor = this.#sensors.get(row.dataset.key);
      if (sensor !== undefined && ['number', 'boolean'].includes(typeof sensor.value) && this.#isDue(row, sensor, now)) this.#draw(row, sensor, now);
    }
  }

  /** What passed is drawn after a minute and a step; what was told late, once it is more than a step. */
  #isDue(row, { at, interval }, now) {
    const last = this.#loaded.get(row);
    if (last === undefined) return true;
    const range = this.#range() ?? sensibleRange([{ at, interval }], now);
    if (last.range !== range) return true;
    return now - last.at > freshFor / 6 && Math.max(at - last.newest, now - last.at - freshFor) > range / steps;
  }

  async #draw(row, sensor, now) {
    const range = this.#range() ?? sensibleRange([sensor], now);
    const step = Math.ceil(range / steps / 1000);
    this.#running += 1;
    this.#loaded.set(row, { at: now, newest: sensor.at, range });
    try {
      const columns = await bucketsOf(sensor, now - range, now, step, typeof sensor.value === 'boolean' ? 'last' : 'mean');
      const drawn = withGaps(columns, longestOf(columns[0], step, sensor.interval));
      row.querySelector('path').setAttribute('d', pathOf(drawn, (now - range) / 1000, now / 1000, width, height));
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#running -= 1;
      this.load();
    }
  }
}
