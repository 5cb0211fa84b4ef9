// The plot of what was chosen: numbers as lines with their band, booleans as a band of their own, texts as a list.
import { bandsOf, pointsOf, valueBefore, valuesOf } from './api.js';
import { ranges, sensibleRange } from './choices.js';
import { byId, make, save, setText } from './dom.js';
import { clockText, countText, unitText, valueText } from './format.js';
import { axisWidth, edgeWidth, Plot } from './plot.js';
import { csvOf, extentOf, longestOf, spansOf, stepFor, withGaps } from './series.js';
import { showSpans, showTexts } from './timeline.js';

const mostPoints = 200_000;
const mostChanges = 20_000;
const refreshAtMost = 10_000; // ms between two requests

/** Four digits say enough of a whole range. */
function textOf(value, unit) {
  const rounded = Number(value.toPrecision(4));
  return Object.values(valueText(Number.isFinite(rounded) ? rounded : value, unit)).join(' ').trim();
}

export class Panel {
  #root = byId('panel');
  #plot;
  #on;
  #state;
  #names;
  #choices;
  #drawn = []; // what is shown, for the CSV
  #asks = 0; // the answer to an older request is not drawn over a newer one's
  #askedAt = 0;
  #newest = 0;
  #step = 1;

  /** `on`: {zoom(from, to), remove(key), error(error)}. */
  constructor(state, names, choices, on) {
    [this.#state, this.#names, this.#choices, this.#on] = [state, names, choices, on];
    this.#plot = new Plot(byId('plot'), on.zoom);
    byId('every').addEventListener('change', () => this.load());
    byId('csv').addEventListener('click', () => save(`${this.#choices.plot.join('_').replaceAll('/', '_')}.csv`, csvOf(this.#drawn)));
  }

  fit() {
    this.#plot.fit();
  }

  /** The sensors that are plotted, of those that are known. */
  #sensors() {
    return this.#choices.plot.map((key) => this.#state.sensors.get(key)).filter((sensor) => sensor !== undefined);
  }

  /** The colour of each, by its place. */
  colors() {
    return new Map(this.#choices.plot.map((key, at) => [key, at + 1]));
  }

  #labelOf({ key, sensor, node }) {
    const several = new Set(this.#sensors().map((one) => one.node)).size > 1;
    return this.#names.nameOf(key) ?? (several ? `${sensor} on ${node}` : sensor);
  }

  /** Draws again when time has passed, or late readings came, by more than a step. */
  refresh(now) {
    if (this.#choices.plot.length === 0 || this.#choices.zoom !== undefined || document.hidden) return;
    const newest = Math.max(0, ...this.#sensors().map(({ at }) => at));
    if (now < this.#askedAt + refreshAtMost || Math.max(now - this.#askedAt, newest - this.#newest) < this.#step * 1000) return;
    this.load();
  }

  async load() {
    const sensors = this.#sensors();
    this.#root.hidden = sensors.length === 0;
    if (sensors.length === 0) return;
    const now = Date.now();
    const length = this.#choices.range ?? sensibleRange(sensors, now);
    const [from, to] = this.#choices.zoom ?? [now - length, now];
    this.#asks += 1;
    const asked = this.#asks;
    [this.#askedAt, this.#newest] = [now, Math.max(...sensors.map(({ at }) => at))];
    this.#step = stepFor(to - from, byId('plot').clientWidth || 600);
    this.#title(sensors, length);
    try {
      const all = await Promise.all(sensors.map((sensor) => this.#read(sensor, from, to, sensors.length === 1 && byId('every').checked)));
      if (asked === this.#asks) this.#show(all, from, to);
    } catch (error) {
      this.#on.error(error);
    }
  }

  #title(sensors, length) {
    setText(byId('panel-title'), sensors.length === 1 ? this.#labelOf(sensors[0]) : `${sensors.length} sensors`);
    const [name] = ranges.find(([, ms]) => ms === length);
    setText(byId('panel-range'), this.#choices.zoom === undefined ? `the last ${name}` : this.#choices.zoom.map((time) => clockText(time, Date.now())).join(' to '));
    byId('zoom-out').hidden = this.#choices.zoom === undefined;
    byId('every-choice').hidden = sensors.length > 1 || typeof sensors[0].value !== 'number';
    byId('names-box').hidden = sensors.length > 1;
  }

  /** {node, sensor, unit, label, color, type, columns, cut: there would be more}. */
  async #read(sensor, from, to, every) {
    const { key, node, sensor: name, unit } = sensor;
    const series = { key, node, sensor: name, unit, label: this.#labelOf(sensor), color: this.#choices.plot.indexOf(key) + 1, type: typeof sensor.value };
    if (series.type !== 'boolean' && series.type !== 'string') {
      const columns = every ? await pointsOf(sensor, from, to, mostPoints) : await bandsOf(sensor, from, to, this.#step);
      const longest = longestOf(columns[0], every ? 0 : this.#step, sensor.interval);
      return { ...series, type: 'number', columns: withGaps(columns, longest), cut: columns[0].length >= mostPoints };
    }
    const [before, [times, values]] = await Promise.all([valueBefore(sensor, from), valuesOf(sensor, from, to, mostChanges)]);
    const columns = before === undefined ? [times, values] : [[from / 1000, ...times], [before, ...values]];
    return { ...series, columns, cut: times.length >= mostChanges };
  }

  #show(all, from, to) {
    const numbers = all.filter(({ type }) => type === 'number');
    const end = Math.min(to, Date.now()) / 1000;
    const [truths, texts] = ['boolean', 'string'].map((wanted) => all.filter(({ type }) => type === wanted)
      .map((series) => ({ ...series, spans: spansOf(series.columns, end) })));
    this.#drawn = all;
    this.#chips(all);
    const plot = byId('plot');
    const filled = numbers.filter(({ columns }) => columns[0].length > 0);
    plot.hidden = numbers.length === 0;
    plot.classList.toggle('empty', filled.length === 0);
    if (filled.length === 0) this.#plot.clear();
    else this.#plot.draw(filled.map((series) => ({ ...series, unit: unitText(series.unit) })), from, to);
    plot.setAttribute('aria-label', filled.length === 0 ? 'nothing in this range' : `plot: ${numbers.map((series) => `${series.label} ${summaryOf(series)}`).join('; ')}`);
    // The bands of booleans stand below the plot's own stretch of time.
    byId('spans').style.setProperty('--left', `${filled.length === 0 ? 0 : axisWidth}px`);
    byId('spans').style.setProperty('--right', `${filled.length === 0 ? 0 : new Set(filled.map(({ unit }) => unit)).size > 1 ? axisWidth : edgeWidth}px`);
    showSpans(byId('spans'), truths, from / 1000, to / 1000);
    showTexts(byId('texts'), texts);
  }

  #chips(all) {
    const chips = all.map((series) => {
      const remove = make('button', { type: 'button', 'aria-label': `Remove ${series.label} from the plot` }, '×');
      remove.addEventListener('click', () => this.#on.remove(series.key));
      const chip = make('li', {}, make('span', { class: 'swatch' }), make('span', { class: 'name' }, series.label), ' ', make('span', { class: 'quiet summary' }, summaryOf(series)), remove);
      chip.style.setProperty('--series', `var(--series-${series.color})`);
      remove.hidden = all.length === 1;
      return chip;
    });
    byId('series').replaceChildren(...chips);
  }
}

/** "19.2 °C to 21.1 °C, mean 20.3 °C, 3,600 points" */
function summaryOf({ type, unit, columns, cut }) {
  const [times, values] = columns;
  if (times.length === 0) return 'nothing in this range';
  const more = cut ? ', and there are more' : '';
  if (type !== 'number') {
    const changes = spansOf(columns, 0).length - 1;
    return `${countText(changes)} ${changes === 1 ? 'change' : 'changes'}${more}`;
  }
  const extent = extentOf(columns);
  if (extent === undefined) return 'nothing in this range';
  const count = values.filter((value) => value !== null).length;
  return `${textOf(extent.low, unit)} to ${textOf(extent.high, unit)}, mean ${textOf(extent.mean, unit)}, ${countText(count)} points${more}`;
}
