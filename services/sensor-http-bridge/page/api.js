// The bridge's HTTP API, as the page needs it.

const tokenKey = 'sensor-project-token';

/** An answer that is no success: `status`, and as message what the problem document says (RFC 9457). `hadToken`: one was sent. */
export class ApiError extends Error {
  constructor(status, detail, hadToken) {
    super(detail);
    this.status = status;
    this.hadToken = hadToken;
  }
}

export function keepToken(token) {
  sessionStorage.setItem(tokenKey, token);
}

/** A Response that is a success. Throws ApiError, or TypeError when nobody answers. */
export async function request(path, { signal } = {}) {
  const token = sessionStorage.getItem(tokenKey);
  const response = await fetch(path, { signal, headers: token ? { Authorization: `Bearer ${token}` } : {}, cache: 'no-store' });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(response.status, problem.detail ?? problem.title ?? `${path}: status ${response.status}`, Boolean(token));
}

export async function get(path, parameters = {}, options = {}) {
  const query = new URLSearchParams(parameters).toString();
  return (await request(query === '' ? path : `${path}?${query}`, options)).json();
}

const deadline = () => AbortSignal.timeout(15_000);

/** A value as a plot takes it: texts and booleans are gaps in it. */
const plottable = (value) => (Number.isFinite(value) ? value : null);

/** Times (s) and values of a sensor in a range, in buckets of `step` s: [[t...], [mean...], [min...], [max...]]. */
export async function buckets({ node, sensor }, from, to, step) {
  const ask = (fn) =>
    get('/v1/readings', {
      node, sensor, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: `${step}s`, fn, order: 'asc',
      limit: 5000,
    }, { signal: deadline() });
  const [mean, min, max] = await Promise.all(['mean', 'min', 'max'].map(ask));
  const of = (answer) => new Map(answer.buckets.map((bucket) => [Date.parse(bucket.time) / 1000, plottable(bucket.value)]));
  const lows = of(min);
  const highs = of(max);
  const times = [...of(mean).keys()];
  const means = of(mean);
  return [times, times.map((t) => means.get(t)), times.map((t) => lows.get(t) ?? null), times.map((t) => highs.get(t) ?? null)];
}

/** Every reading of a sensor in a range, at most `most`: [[t...], [value...]]. */
export async function points({ node, sensor }, from, to, most) {
  const times = [];
  const values = [];
  let cursor;
  do {
    const page = await get('/v1/readings', {
      node, sensor, from: new Date(from).toISOString(), to: new Date(to).toISOString(), order: 'asc', limit: 5000,
      ...(cursor === undefined ? {} : { cursor }),
    }, { signal: deadline() });
    for (const reading of page.readings) {
      times.push(Date.parse(reading.time) / 1000);
      values.push(plottable(reading.value));
    }
    cursor = page.cursor;
  } while (cursor !== undefined && times.length < most);
  return [times, values];
}
