// What is chosen on the page, as its address says it behind the #. Pure.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Ranges of the plots: name and length in ms. */
export const ranges = [
  ['10 min', 10 * minute], ['1 h', hour], ['24 h', day], ['7 d', 7 * day], ['30 d', 30 * day], ['1 y', 365 * day],
];

export const mostSeries = 6; // in one plot

/** A range's name in the page's address: "1 y" is "1y". */
const inAddress = (name) => name.replace(' ', '');
const isKey = (key) => /^[A-Za-z0-9_.-]{1,64}\/[A-Za-z0-9_.-]{1,64}$/.test(key);

/**
 * What "#machine=kitchen&range=1y&plot=kitchen/bme280.temperature" says: the machine, '' for all; the range in ms,
 * undefined where it is the page's to choose; zoom, [from, to] in ms or undefined; plot, the keys of what is plotted.
 */
export function choicesOf(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const range = ranges.find(([name]) => inAddress(name) === said.get('range'));
  const [from, to] = [Date.parse(said.get('from')), Date.parse(said.get('to'))];
  return {
    machine: said.get('machine') ?? '', range: range?.[1], zoom: to > from ? [from, to] : undefined,
    plot: [...new Set((said.get('plot') ?? '').split(',').filter(isKey))].slice(0, mostSeries),
  };
}

/** The same the other way round. */
export function hashOf({ machine, range, zoom, plot }) {
  const [name] = ranges.find(([, length]) => length === range) ?? [''];
  const said = new URLSearchParams();
  if (machine !== '') said.set('machine', machine);
  if (name !== '') said.set('range', inAddress(name));
  if (zoom !== undefined) said.set('from', new Date(zoom[0]).toISOString());
  if (zoom !== undefined) said.set('to', new Date(zoom[1]).toISOString());
  if (plot.length > 0) said.set('plot', plot.join());
  return `#${said}`.replaceAll('%2F', '/').replaceAll('%2C', ',').replaceAll('%3A', ':');
}

const enough = 60; // readings in a range

/** The shortest range, of an hour or more, in which sensors like these have had something to show. */
export function sensibleRange(sensors, now) {
  const wanted = sensors.map(({ at, interval }) => Math.max(enough * (interval ?? 0), 1.1 * (now - at)));
  const longest = Math.max(hour, ...wanted);
  return (ranges.find(([, length]) => length >= longest) ?? ranges.at(-1))[1];
}
