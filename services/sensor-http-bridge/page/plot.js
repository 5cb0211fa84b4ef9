// One plot of one sensor, drawn by uPlot (uplot.min.js, a global).
/* global uPlot */

// The larger unit stands below where it changes. https://github.com/leeoniya/uPlot/tree/master/docs#axis--grid-opts
const day = '\n{D} {MMM}';
const times = [
  [31_536_000, '{YYYY}', null, null, null, null, null, null, 1],
  [2_419_200, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [86_400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', day, null, day, null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', day, null, day, null, null, null, 1],
];

const fewestOfALine = 3; // fewer points are dots: there is no line, or hardly one

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A plot in `parent`. Large ones have axes, a cursor and a legend. */
export class Plot {
  #parent;
  #plot;

  constructor(parent) {
    this.#parent = parent;
  }

  /** Draws `data`: [times in s, values], or with lowest and highest values of each time behind them. */
  draw(data, { large, unit, from, to }) {
    performance.mark('plot-begins');
    this.clear();
    const options = this.#options(data.length > 2, data[0].length < fewestOfALine, large, unit, from / 1000, to / 1000);
    const drawn = () => performance.measure(`plot of ${data[0].length} points`, 'plot-begins');
    this.#plot = new uPlot({ ...options, hooks: { draw: [drawn] } }, data, this.#parent);
  }

  clear() {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  fit() {
    if (this.#plot !== undefined) this.#plot.setSize({ width: this.#parent.clientWidth, height: this.#parent.clientHeight });
  }

  #options(hasBand, hasDots, large, unit, from, to) {
    const line = color('--accent');
    const band = color('--band');
    const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
    const label = unit === '' ? 'value' : unit;
    const edge = { stroke: 'transparent', points: { show: false } };
    return {
      width: this.#parent.clientWidth,
      height: this.#parent.clientHeight - (large ? 30 : 0),
      scales: { x: { time: true, range: () => [from, to] } },
      axes: large ? [{ ...axis, values: times, space: 70 }, { ...axis, size: 60 }] : [{ show: false }, { show: false }],
      cursor: { show: large, drag: { x: false, y: false } },
      legend: { show: large },
      padding: large ? undefined : [4, 0, 4, 0],
      series: [
        { value: '{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}' },
        { label, stroke: line, width: 1.5, points: { show: hasDots, size: 6, fill: line }, spanGaps: false },
        ...(hasBand ? [{ ...edge, label: 'lowest' }, { ...edge, label: 'highest' }] : []),
      ],
      bands: hasBand ? [{ series: [3, 2], fill: band }] : [],
    };
  }
}
