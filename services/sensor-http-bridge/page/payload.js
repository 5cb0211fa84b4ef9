// What services and sensors say, taken by its fields: whatever else a payload has or lacks, the page can show what comes out of
// here. Pure. Each function throws an Error for what it cannot be.

const longestText = 1000;

const object = (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {});
const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const text = (value) => (typeof value === 'string' ? value.slice(0, longestText) : undefined);
const truth = (value) => (typeof value === 'boolean' ? value : undefined);
const positive = (value) => (number(value) > 0 ? value : undefined);
const moment = (value) => (Number.isNaN(Date.parse(text(value))) ? undefined : Date.parse(value));
const list = (value) => (Array.isArray(value) ? value : []);
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

/**
 * {node, sensor, value, unit, at (ms), unsynced}, and of a row of /v1/sensors interval: how often it comes (ms), and
 * silent: since when it is silent (ms), where it is.
 */
export function readingOf({ node, sensor, value, unit, time: stamp, clock, interval_ms, silent_since }) {
  const at = Date.parse(text(stamp));
  if (Number.isNaN(at)) throw new Error('a reading has no time');
  const taken = typeof value === 'boolean' ? value : number(value) ?? text(value);
  if (taken === undefined) throw new Error('a reading has no value');
  return present({
    node: name(node, 'node'), sensor: name(sensor, 'sensor'), value: taken, unit: text(unit) ?? '', at,
    unsynced: clock === 'unsynced', interval: positive(interval_ms), silent: moment(silent_since),
  });
}

export function statusOf(payload) {
  const { state, reason, since, version, pace_ms, pressure, used_bytes, delivers, destination, breaker, counters } = payload;
  if (!['up', 'degraded', 'down'].includes(state)) throw new Error('a status has no state');
  const { state: position, reason: why, since: changed, next_attempt } = object(breaker);
  return present({
    state, reason: text(reason), since: time(since), version: text(version), pace_ms: number(pace_ms), pressure: text(pressure),
    used_bytes: number(used_bytes), delivers: truth(delivers), destination: text(destination), counters: present({ delivered: number(object(counters).delivered) }),
    breaker: text(position) && present({ state: text(position), reason: text(why), since: time(changed), next_attempt: time(next_attempt) }),
  });
}

export function queueOf({ depth, limit, oldest_s, rate_per_s, pressure }) {
  if (number(depth) === undefined) throw new Error('a queue has no depth');
  return present({
    depth, limit: number(limit), oldest_s: number(oldest_s), rate_per_s: number(rate_per_s), pressure: truth(pressure),
  });
}

const mostProblems = 200;
const mostSilent = 1000; // in one message

/** {ok, headline, sensors, newest (ms), waiting, problems: worst first, more}: whether everything is all right. */
export function verdictOf({ ok, headline, sensors, newest, waiting, problems, more }) {
  if (truth(ok) === undefined || text(headline) === undefined) throw new Error('a verdict says nothing');
  const all = list(problems);
  const shown = all.slice(0, mostProblems);
  return present({
    ok, headline: text(headline), sensors: number(sensors), newest: moment(newest), waiting: number(waiting),
    problems: shown.map(problemOf), more: (number(more) ?? 0) + all.length - shown.length,
  });
}

function problemOf(row) {
  const { kind, severity, node, object: what, what: words, advice, since } = object(row);
  if (text(words) === undefined) throw new Error('a problem has no text');
  return {
    kind: text(kind) ?? '', severity: severity === 'critical' ? 'critical' : 'warning', node: text(node) ?? '',
    object: text(what) ?? '', what: text(words), advice: text(advice) ?? '', since: moment(since),
  };
}

/** [{node, sensor, since (ms), interval (ms)}]: the sensors that one service calls silent. */
export function silentOf({ silent }) {
  if (!Array.isArray(silent)) throw new Error('there is no list of silent sensors');
  return silent.slice(0, mostSilent).map((row) => {
    const { node, sensor, since, interval_ms } = object(row);
    const at = moment(since);
    if (at === undefined) throw new Error('a silent sensor has no time');
    return present({ node: name(node, 'node'), sensor: name(sensor, 'sensor'), since: at, interval: positive(interval_ms) });
  });
}

/** {name, node, state, severity, text, advice, since, ended, acknowledged (times or absent)} */
export function alertOf({ name: known, node, state, severity, text: words, advice, since, ended, acknowledged }) {
  if (text(known) === undefined || text(words) === undefined) throw new Error('an alert has no name or no text');
  return present({
    name: text(known), node: text(node) ?? '', state: state === 'firing' ? 'firing' : 'resolved',
    severity: severity === 'critical' ? 'critical' : 'warning', text: text(words), advice: text(advice) ?? '',
    since: time(since), ended: time(ended), acknowledged: acknowledged === true ? true : time(acknowledged),
  });
}

export function eventOf({ node, name: service, type, time: stamp, text: words, to }) {
  if (text(words) === undefined) throw new Error('an event has no text');
  return present({ ...nameOf({ node, name: service }), type: text(type), time: time(stamp), text: text(words), to: text(to) });
}

/** {id, waits: to be sent again, a reading or a gap, status, reason, refused} of a row of /v1/dead-letters. */
export function deadLetterOf({ id, reading, gap, status, reason, refused, waits }) {
  const { first, last, reason: why } = object(gap);
  const { sensor, value, unit } = object(reading);
  return {
    id: number(id), waits: waits === true,
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
