// What services and sensors say, taken by its fields: whatever else a payload has or lacks, the page can show what comes out of
// here. Pure. Each function throws an Error for what it cannot be.

const longestText = 1000;

const object = (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {});
const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const text = (value) => (typeof value === 'string' ? value.slice(0, longestText) : undefined);
const truth = (value) => (typeof value === 'boolean' ? value : undefined);
const time = (value) => (Number.isNaN(Date.parse(text(value))) ? undefined : value);

/** Without what is not there, as payloads are. */
function present(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function name(value, what) {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_.-]{1,64}$/.test(value)) throw new Error(`${what} is no name`);
  return value;
}

/** {node, name} of what passes, or of a row of /v1/status. */
export function nameOf({ node, name: known, service }) {
  return { node: name(node, 'node'), name: name(known ?? service, 'service') };
}

/** {node, sensor, value, unit, at (ms), unsynced} */
export function readingOf({ node, sensor, value, unit, time: stamp, clock }) {
  const at = Date.parse(text(stamp));
  if (Number.isNaN(at)) throw new Error('a reading has no time');
  const taken = typeof value === 'boolean' ? value : number(value) ?? text(value);
  if (taken === undefined) throw new Error('a reading has no value');
  return { node: name(node, 'node'), sensor: name(sensor, 'sensor'), value: taken, unit: text(unit) ?? '', at, unsynced: clock === 'unsynced' };
}

export function statusOf(payload) {
  const { state, reason, since, version, pace_ms, pressure, used_bytes, delivers, breaker, counters } = payload;
  if (!['up', 'degraded', 'down'].includes(state)) throw new Error('a status has no state');
  const { state: position, reason: why, since: changed, next_attempt } = object(breaker);
  return present({
    state, reason: text(reason), since: time(since), version: text(version), pace_ms: number(pace_ms), pressure: text(pressure),
    used_bytes: number(used_bytes), delivers: truth(delivers), counters: present({ delivered: number(object(counters).delivered) }),
    breaker: text(position) && present({ state: text(position), reason: text(why), since: time(changed), next_attempt: time(next_attempt) }),
  });
}

export function queueOf({ depth, limit, rate_per_s }) {
  if (number(depth) === undefined) throw new Error('a queue has no depth');
  return present({ depth, limit: number(limit), rate_per_s: number(rate_per_s) });
}

export function eventOf({ node, name: service, type, time: stamp, text: words, to }) {
  if (text(words) === undefined) throw new Error('an event has no text');
  return present({ ...nameOf({ node, name: service }), type: text(type), time: time(stamp), text: text(words), to: text(to) });
}

/** {what: a reading or a gap, status, reason, refused} of a row of /v1/dead-letters. */
export function deadLetterOf({ reading, gap, status, reason, refused }) {
  const { first, last, reason: why } = object(gap);
  const { sensor, value, unit } = object(reading);
  return {
    gap: gap === undefined ? undefined : { first: String(first), last: String(last), reason: text(why) ?? '' },
    reading: gap !== undefined ? undefined : { sensor: name(sensor, 'sensor'), value: value ?? '', unit: text(unit) ?? '' },
    status: number(status), reason: text(reason) ?? '', refused: time(refused),
  };
}

/** Calls `take` for each of `rows`, and `refuse(error)` for one that it throws at. */
export function takeEach(rows, take, refuse) {
  if (!Array.isArray(rows)) return refuse(new Error('the bridge gives no list'));
  for (const row of rows) {
    try {
      take(object(row));
    } catch (error) {
      refuse(error);
    }
  }
}
