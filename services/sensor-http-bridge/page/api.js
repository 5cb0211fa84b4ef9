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
export async function request(path, { method = 'GET', body, signal } = {}) {
  const token = sessionStorage.getItem(tokenKey);
  const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) };
  const response = await fetch(path, { method, body, signal, headers, cache: 'no-store' });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(response.status, problem.detail ?? problem.title ?? `${path}: status ${response.status}`, Boolean(token));
}

/** The answer of what an older bridge may not have; undefined then. */
export async function getIfThere(path) {
  try {
    return await get(path, {}, { signal: deadline() });
  } catch (error) {
    if (error instanceof ApiError && [404, 405].includes(error.status)) return undefined;
    throw error;
  }
}

export async function get(path, parameters = {}, options = {}) {
  const query = new URLSearchParams(parameters).toString();
  return (await request(query === '' ? path : `${path}?${query}`, options)).json();
}

const deadline = () => AbortSignal.timeout(15_000);

/** A value as a plot takes it: texts are gaps in it. */
const plottable = (value) => (typeof value === 'boolean' ? Number(value) : Number.isFinite(value) ? value : null);

const timeOf = (row) => Date.parse(row.time) / 1000;
const between = (from, to) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });

/** Times (s) and values of a sensor in a range, in buckets of `step` s: [[t...], [value...]]. */
export async function bucketsOf({ node, sensor }, from, to, step, fn) {
  const parameters = { node, sensor, ...between(from, to), step: `${step}s`, fn, order: 'asc', limit: 5000 };
  const { buckets } = await get('/v1/readings', parameters, { signal: deadline() });
  return [buckets.map(timeOf), buckets.map(({ value }) => plottable(value))];
}

/** The same with the lowest and the highest of each: [[t...], [mean...], [min...], [max...]]. */
export async function bandsOf(sensor, from, to, step) {
  const [mean, min, max] = await Promise.all(['mean', 'min', 'max'].map((fn) => bucketsOf(sensor, from, to, step, fn)));
  const [lows, highs] = [min, max].map(([times, values]) => new Map(times.map((time, at) => [time, values[at]])));
  const [times, means] = mean;
  return [times, means, times.map((t) => lows.get(t) ?? null), times.map((t) => highs.get(t) ?? null)];
}

/** Every reading of a sensor in a range, at most `most`, as it is: [[t...], [value...]]. */
export async function valuesOf({ node, sensor }, from, to, most) {
  const times = [];
  const values = [];
  let cursor;
  do {
    const page = await get('/v1/readings', {
      node, sensor, ...between(from, to), order: 'asc', limit: 5000, ...(cursor === undefined ? {} : { cursor }),
    }, { signal: deadline() });
    for (const reading of page.readings) {
      times.push(timeOf(reading));
      values.push(reading.value);
    }
    cursor = page.cursor;
  } while (cursor !== undefined && times.length < most);
  return [times, values];
}

/** The same as a plot takes it. */
export async function pointsOf(sensor, from, to, most) {
  const [times, values] = await valuesOf(sensor, from, to, most);
  return [times, values.map(plottable)];
}

/** What a sensor said last before `from`; undefined: nothing. */
export async function valueBefore({ node, sensor }, from) {
  const { readings } = await get('/v1/readings', { node, sensor, to: new Date(from).toISOString(), order: 'desc', limit: 1 }, { signal: deadline() });
  return readings[0]?.value;
}

/** Sends an order; the answer, or ApiError. */
export async function send(path, order) {
  return (await request(path, { method: 'POST', body: JSON.stringify(order), signal: deadline() })).json().catch(() => ({}));
}
