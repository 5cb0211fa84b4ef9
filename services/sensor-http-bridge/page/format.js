// How quantities are written for people. Pure.

const units = {
  Cel: '°C', '[degF]': '°F', K: 'K', '[ppm]': 'ppm', '[ppb]': 'ppb', 'm/s': 'm/s', 'mm[Hg]': 'mmHg', deg: '°', '{load}': '',
};

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 5 });
const count = new Intl.NumberFormat('en');
const power = new Intl.NumberFormat('en', { notation: 'scientific', maximumSignificantDigits: 5 });
const mostDigits = 1e15; // beyond it nobody counts digits
const leastDigits = 1e-6;

/** A number by its digits, or as a power of ten when it is very large or very small. */
function numberText(value, digits) {
  const size = Math.abs(value);
  return size >= mostDigits || (size > 0 && size < leastDigits) ? power.format(value) : digits.format(value);
}

/** A unit of UCUM as people know it: "Cel" is "°C". */
export function unitText(unit) {
  return Object.hasOwn(units, unit) ? units[unit] : unit ?? '';
}

/** The value of a reading, and its unit; bytes and seconds are scaled: {value: "1.5", unit: "GiB"}. */
export function valueText(value, unit) {
  if (typeof value !== 'number') return { value: String(value), unit: unitText(unit) };
  if (unit === 'By') return scaledBytes(value);
  if (unit === 's' && Math.abs(value) >= 120 && Math.abs(value) < mostDigits) return { value: spanText(value * 1000), unit: '' };
  return { value: numberText(value, number), unit: unitText(unit) };
}

function scaledBytes(value) {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let at = 0;
  while (Math.abs(size) >= 1023.95 && at + 1 < names.length) {
    size /= 1024;
    at += 1;
  }
  return { value: at === 0 || Math.abs(size) >= mostDigits ? numberText(size, number) : size.toFixed(1), unit: names[at] };
}

/** A count with separators: "12,345". */
export function countText(value) {
  return numberText(value, count);
}

/** The two largest units of a span in ms: "3 min 20 s"; "0 s" below a second and for negative ones. */
export function spanText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pair = (large, largeUnit, small, smallUnit) =>
    small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (seconds < 86400) return pair(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min');
  return pair(Math.floor(seconds / 86400), 'd', Math.floor((seconds % 86400) / 3600), 'h');
}

/** The largest unit of how long ago something was: "now", "12 s ago", "4 h ago"; "dated 3 d ahead" from a day on. */
export function ageText(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds <= -86400) return `dated ${Math.floor(-seconds / 86400)} d ahead`;
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

/** Time of day on this machine, with the date when it is another one than `now`'s. */
export function clockText(time, now) {
  const at = new Date(time);
  const clock = at.toLocaleTimeString('en-GB');
  return at.toDateString() === new Date(now).toDateString() ? clock : `${at.toLocaleDateString('en-CA')} ${clock}`;
}
