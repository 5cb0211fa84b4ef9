// The sensors: a card each, with the newest value, its age, and a plot over the chosen range.
import { buckets, points } from './api.js';
import { make, setText } from './dom.js';
import { ageText, countText, unitText, valueText } from './format.js';
import { Plot } from './plot.js';
import { futureBegins, stepFor } from './state.js';

const refreshAtMost = 10_000; // ms between two requests for one plot
const mostPoints = 200_000;
const oldAfter = 3_600_000; // ms; numbers are said to be old then. Texts and booleans may come when something happens only

export class SensorCards {
  #parent;
  #range;
  #cards = new Map();
  #onError;
  #seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      target.card.visible = isIntersecting;
      target.card.refresh();
    }
  }, { rootMargin: '200px' });

  constructor(parent, range, onError) {
    this.#parent = parent;
    this.#range = range;
    this.#onError = onError;
  }

  setRange(range) {
    this.#range = range;
    this.redraw();
  }

  /** Another colour scheme, range or stretch of time away. */
  redraw() {
    for (const card of this.#cards.values()) card.refresh(true);
  }

  fit() {
    for (const card of this.#cards.values()) card.plot.fit();
  }

  /** Shows those of `sensors` that `isWanted`, in the order of their names. */
  show(sensors, isWanted, now) {
    const sorted = [...sensors.values()].sort((a, b) => (a.sensor < b.sensor ? -1 : 1));
    for (const sensor of sorted) {
      if (!this.#cards.has(sensor.key)) this.#add(sensor);
      const card = this.#cards.get(sensor.key);
      card.show(sensor, now);
      card.root.hidden = !isWanted(sensor);
      card.refresh();
    }
    return sorted.filter(isWanted).length;
  }

  #add(sensor) {
    const card = new Card(sensor, () => this.#range, this.#onError);
    this.#cards.set(sensor.key, card);
    const next = [...this.#parent.children].find((other) => other.card.name > sensor.sensor);
    this.#parent.insertBefore(card.root, next ?? null);
    this.#seen.observe(card.root);
  }
}

class Card {
  visible = false;
  #sensor;
  #range;
  #onError;
  #asked = 0;
  #askedAt = 0; // the newest reading's time then
  #asks = 0; // the answer to an older request is not drawn over a newer one's
  #large = false;

  constructor(sensor, range, onError) {
    this.#sensor = sensor;
    this.#range = range;
    this.#onError = onError;
    this.name = sensor.sensor;
    this.value = make('output', { class: 'value' });
    this.unit = make('span', { class: 'unit' });
    this.age = make('p', { class: 'quiet age' });
    this.canvas = make('div', { class: 'plot', role: 'img' });
    this.summary = make('p', { class: 'quiet summary' });
    this.every = make('input', { type: 'checkbox' });
    this.button = make('button', { class: 'enlarge', type: 'button', 'aria-expanded': 'false' }, 'Enlarge');
    this.choices = make('p', { class: 'choices', hidden: true }, make('label', {}, this.every, ' every reading'), this.summary);
    this.root = make('article', { class: 'card', 'aria-label': `${sensor.sensor} on ${sensor.node}` },
      make('div', { class: 'head' }, make('h3', { title: sensor.node }, sensor.sensor), this.button),
      make('p', { class: 'reading' }, this.value, ' ', this.unit), this.age, this.canvas, this.choices);
    this.root.card = this;
    this.plot = new Plot(this.canvas);
    this.button.addEventListener('click', () => this.#toggle());
    this.every.addEventListener('change', () => this.refresh(true));
  }

  show(sensor, now) {
    this.#sensor = sensor;
    const { value, unit } = valueText(sensor.value, sensor.unit);
    setText(this.value, value);
    setText(this.unit, unit);
    const isNumber = typeof sensor.value === 'number';
    this.canvas.hidden = !isNumber;
    this.button.hidden = !isNumber;
    setText(this.age, sensor.unsynced ? 'time not known: its clock is not set' : ageText(now - sensor.at));
    this.age.dataset.old = sensor.unsynced || sensor.at >= futureBegins(now) || (isNumber && now - sensor.at > oldAfter);
  }

  async refresh(at_once = false) {
    if (!this.visible || this.root.hidden || this.canvas.hidden) return;
    const range = this.#range();
    const step = stepFor(range, this.canvas.clientWidth);
    const now = Date.now();
    // A plot changes with the time that passes, and with readings that are told later than they were taken.
    const moved = Math.max(now - this.#asked, this.#sensor.at - this.#askedAt);
    if (!at_once && (now < this.#asked + refreshAtMost || moved < step * 1000)) return;
    this.#asked = now;
    this.#askedAt = this.#sensor.at;
    this.#asks += 1;
    const asked = this.#asks;
    try {
      const data = this.#large && this.every.checked
        ? await points(this.#sensor, now - range, now, mostPoints)
        : await buckets(this.#sensor, now - range, now, step);
      if (asked !== this.#asks) return;
      this.plot.draw(data, { large: this.#large, unit: unitText(this.#sensor.unit), from: now - range, to: now });
      this.#describe(data);
    } catch (error) {
      this.#onError(error);
    }
  }

  #describe([times, values]) {
    const numbers = values.filter((value) => value !== null);
    this.canvas.classList.toggle('empty', numbers.length === 0);
    if (numbers.length === 0) {
      setText(this.summary, 'nothing in this range');
      this.canvas.setAttribute('aria-label', 'nothing in this range');
      return;
    }
    let [low] = numbers;
    let high = low;
    for (const value of numbers) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const text = (value) => Object.values(valueText(value, this.#sensor.unit)).join(' ').trim();
    setText(this.summary, `${countText(times.length)} points, ${text(low)} to ${text(high)}`);
    this.canvas.setAttribute('aria-label', `plot: ${text(low)} to ${text(high)}`);
  }

  #toggle() {
    this.#large = !this.#large;
    this.root.classList.toggle('large', this.#large);
    this.choices.hidden = !this.#large;
    this.button.setAttribute('aria-expanded', String(this.#large));
    setText(this.button, this.#large ? 'Reduce' : 'Enlarge');
    this.refresh(true);
  }
}
