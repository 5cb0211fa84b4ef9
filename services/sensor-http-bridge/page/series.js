// What is made of readings before they are drawn or written down. Pure.

/** The step of buckets, in s, that gives about one for each of `pixels`. */
export function stepFor(range, pixels) {
  return Math.max(1, Math.ceil(range / 1000 / Math.max(pixels, 50)));
}

/** `columns`, [[time in s...], [value...], ...], with a row of nulls where nothing came for more than `longest` s: a gap is no line. */
export function withGaps(columns, longest) {
  const [times] = columns;
  if (!times.some((time, at) => at > 0 && time - times[at - 1] > longest)) return columns;
  const out = columns.map(() => []);
  times.forEach((time, at) => {
    if (at > 0 && time - times[at - 1] > longest) out.forEach((column, which) => column.push(which === 0 ? (times[at - 1] + time) / 2 : null));
    columns.forEach((column, which) => out[which].push(column[at]));
  });
  return out;
}

/** How long (s) nothing may come before it is a gap: three intervals, of what is usual where nobody says, and two steps. */
export function longestOf(times, step, interval) {
  const waits = times.slice(1).map((time, at) => time - times[at]).sort((a, b) => a - b);
  const usual = interval === undefined ? waits[Math.floor(waits.length / 2)] ?? 0 : interval / 1000;
  return Math.max(3 * usual, 2 * step) + 1e-3;
}

/** Lowest, highest and mean of what is drawn; undefined: there is nothing. */
export function extentOf([, values, lows = values, highs = values]) {
  let [low, high, sum, count] = [Infinity, -Infinity, 0, 0];
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] === null || values[at] === undefined) continue;
    low = Math.min(low, lows[at] ?? values[at]);
    high = Math.max(high, highs[at] ?? values[at]);
    count += 1;
    sum += values[at] / count - sum / count; // the mean so far, which no number is too large for
  }
  return count === 0 ? undefined : { low, high, mean: sum, count };
}

/** [{value, from, to}] (s): how long each value of [[times], [values]] was there, up to `end`. */
export function spansOf([times, values], end) {
  const spans = [];
  times.forEach((time, at) => {
    const last = spans.at(-1);
    if (last !== undefined) last.to = time;
    if (last?.value !== values[at]) spans.push({ value: values[at], from: time, to: time });
  });
  if (spans.length > 0) spans.at(-1).to = Math.max(spans.at(-1).to, end);
  return spans;
}

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** What is shown, as CSV (RFC 4180): rows of [{node, sensor, unit, columns: [times in s, values, lows, highs]}]. */
export function csvOf(series) {
  const lines = ['time,node,sensor,value,lowest,highest,unit'];
  for (const { node, sensor, unit, columns: [times, values, lows = [], highs = []] } of series) {
    times.forEach((time, at) => {
      if (values[at] === null || values[at] === undefined) return;
      const cells = [new Date(time * 1000).toISOString(), node, sensor, values[at], lows[at] ?? '', highs[at] ?? '', unit];
      lines.push(cells.map((cell) => quoted(String(cell))).join());
    });
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** The attribute d of an SVG path through [[times], [values]], in a box of `width` by `height`; a gap is a new beginning. */
export function pathOf([times, values], from, to, width, height) {
  const extent = extentOf([times, values]);
  if (extent === undefined) return '';
  const { low, high } = extent;
  const x = (time) => (((time - from) / (to - from)) * width).toFixed(1);
  const y = (value) => (high > low ? (1 - (value / 2 - low / 2) / (high / 2 - low / 2)) * (height - 2) + 1 : height / 2).toFixed(1);
  let pen = 'M';
  let path = '';
  times.forEach((time, at) => {
    const value = values[at];
    if (value === null || value === undefined) {
      pen = 'M';
      return;
    }
    path += `${pen}${x(time)} ${y(value)}`;
    pen = 'L';
  });
  return path;
}
