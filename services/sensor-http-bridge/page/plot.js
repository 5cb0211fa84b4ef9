// A plot of one or several sensors, drawn by uPlot (uplot.min.js, a global).
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
export const axisWidth = 56; // px
export const edgeWidth = 12; // where there is no axis

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Plot {
  #parent;
  #plot;
  #onZoom;

  /** `onZoom(from, to)`, in ms: a stretch was dragged over. */
  constructor(parent, onZoom) {
    this.#parent = parent;
    this.#onZoom = onZoom;
  }

  /** Draws `series`, [{label, unit, color: its number, columns: [times in s, values], or with lowest and highest behind them}]. */
  draw(series, from, to) {
    performance.mark('plot-begins');
    this.clear();
    const points = series.reduce((sum, { columns }) => sum + columns[0].length, 0);
    const drawn = () => performance.measure(`plot of ${points} points`, 'plot-begins');
    const data = series.length === 1 ? series[0].columns : uPlot.join(series.map(({ columns }) => columns));
    this.#plot = new uPlot({ ...this.#options(series, from / 1000, to / 1000), hooks: this.#hooks(drawn) }, data, this.#parent);
  }

  clear() {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  fit() {
    this.#plot?.setSize(this.#size());
  }

  #size() {
    return { width: this.#parent.clientWidth, height: this.#parent.clientHeight };
  }

  #hooks(drawn) {
    const zoom = (plot) => {
      if (plot.select.width < 5) return;
      const [from, to] = [plot.select.left, plot.select.left + plot.select.width].map((left) => plot.posToVal(left, 'x') * 1000);
      this.#onZoom(Math.round(from), Math.round(to));
    };
    return { draw: [drawn], setSelect: [zoom] };
  }

  #options(series, from, to) {
    const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
    const units = [...new Set(series.map(({ unit }) => unit))];
    const scaleOf = (unit) => `y${units.indexOf(unit)}`;
    const edge = { stroke: 'transparent', points: { show: false } };
    const lines = [];
    const bands = [];
    for (const { label, unit, color: number, columns } of series) {
      const stroke = color(`--series-${number}`);
      const scale = scaleOf(unit);
      const dots = columns[0].length < fewestOfALine;
      lines.push({ label: unit === '' ? label : `${label} (${unit})`, scale, stroke, width: 1.5, points: { show: dots, size: 6, fill: stroke }, spanGaps: false });
      if (columns.length < 3) continue;
      lines.push({ ...edge, scale, label: 'lowest' }, { ...edge, scale, label: 'highest' });
      bands.push({ series: [lines.length, lines.length - 1], fill: `${stroke}2e` });
    }
    const shown = units.slice(0, 2).map((unit, at) => ({ ...axis, scale: scaleOf(unit), side: at === 0 ? 3 : 1, size: axisWidth, grid: { ...axis.grid, show: at === 0 } }));
    return {
      ...this.#size(),
      scales: { x: { time: true, range: () => [from, to] } },
      axes: [{ ...axis, values: times, space: 70 }, ...shown],
      cursor: { drag: { x: true, y: false, setScale: false } },
      legend: { show: false },
      padding: [8, units.length > 1 ? 0 : edgeWidth, 0, 0],
      series: [{}, ...lines],
      bands,
    };
  }
}
