// What the page knows: a function of what came before and one event. Pure.
import { alertOf, eventOf, nameOf, queueOf, readingOf, silentOf, statusOf, takeEach, verdictOf } from './payload.js';

const mostEvents = 300;
const mostAlerts = 1_200; // what the bridge serves, and what begins meanwhile
const mostSensors = 10_000;
const mostServices = 2_000;

/**
 * sensors, services: by "<node>/<name>". silent: what each service last said of silent sensors. alerts: by name, undefined
 * where there are none. verdict: the bridge's, undefined of an older one. refused: how much could not be taken.
 * changes: counts what changes which sensors there are, or which of them are silent.
 */
export function emptyState() {
  return {
    sensors: new Map(), services: new Map(), silent: new Map(), events: [], alerts: undefined, verdict: undefined,
    broker: undefined, newest: undefined, refused: 0, changes: 0,
  };
}

/** Takes /v1/sensors at `now` (ms): what is stored gives way to what is newer. */
export function takeSensors(state, answer, now) {
  takeEach(answer.sensors, (row) => takeReading(state, row, now, true), () => { state.refused += 1; });
}

/** Takes /v1/alerts, whose list may be the whole of it. */
export function takeAlerts(state, answer) {
  state.alerts = new Map();
  takeEach(answer?.alerts ?? answer, (row) => takeAlert(state, row), () => { state.refused += 1; });
}

function takeAlert(state, row) {
  const alert = alertOf(row);
  state.alerts ??= new Map();
  if (!state.alerts.has(alert.name) && state.alerts.size >= mostAlerts) {
    const over = [...state.alerts.values()].filter(({ state: how }) => how === 'resolved').sort((a, b) => (a.ended ?? 0) - (b.ended ?? 0));
    if (over.length === 0) throw new Error(`there are more than ${mostAlerts} alerts`);
    state.alerts.delete(over[0].name);
  }
  state.alerts.set(alert.name, alert);
}

/** Takes /v1/status, heard at `now` (ms): it has all services, and one that it lacks is gone. */
export function takeStatus(state, answer, now) {
  if (typeof answer.broker?.connected === 'boolean') state.broker = answer.broker.connected;
  if (Array.isArray(answer.services)) {
    const there = new Set(answer.services.map((row) => `${row?.node}/${row?.service}`));
    for (const key of state.services.keys()) if (!there.has(key)) state.services.delete(key);
  }
  const take = (row) => {
    const status = row.status === undefined ? undefined : statusOf(row.status ?? {});
    const queue = row.queue === undefined ? undefined : queueOf(row.queue ?? {});
    const service = serviceOf(state, nameOf(row));
    if (status !== undefined) Object.assign(service, { status, heard: now - (Number(row.age_s) || 0) * 1000 });
    if (queue !== undefined) service.queue = queue;
  };
  takeEach(answer.services, take, () => { state.refused += 1; });
}

/** Takes one event of /v1/events, heard at `now` (ms). A status that says nothing but whose it is: that service is gone. Throws for one that is not what it must be; nothing changes then. */
export function takeEvent(state, { type, data }, now) {
  switch (type) {
    case 'reading':
      takeReading(state, data, now, false);
      break;
    case 'verdict':
      state.verdict = verdictOf(data);
      note(state, 'verdict', silentIn(state, now));
      break;
    case 'silent': {
      const { node, name } = nameOf(data);
      takeSilent(state, `${node}/${name}`, Object.keys(data).length === 2 ? [] : silentOf(data));
      break;
    }
    case 'alert': {
      if (data.state === 'cleared') state.alerts?.delete(data.name);
      else takeAlert(state, data);
      break;
    }
    case 'status': {
      if (Object.keys(data).length === 2) {
        const { node, name } = nameOf(data);
        state.services.delete(`${node}/${name}`);
        break;
      }
      const status = statusOf(data);
      Object.assign(serviceOf(state, nameOf(data)), { status, heard: now });
      break;
    }
    case 'queue': {
      const queue = queueOf(data);
      serviceOf(state, nameOf(data)).queue = queue;
      break;
    }
    case 'event':
      state.events.unshift(eventOf(data));
      state.events.length = Math.min(state.events.length, mostEvents);
      break;
    default: // of a newer bridge
  }
}

const believableAhead = 60_000; // ms; a reading from later than that was stamped by a clock that has been set since

/** From when on a reading is the newest of its sensor only where there is no other, as in the store. */
export const futureBegins = (now) => now + 86_400_000;

function takeReading(state, row, now, isStored) {
  const reading = readingOf(row);
  const key = `${reading.node}/${reading.sensor}`;
  const known = state.sensors.get(key);
  if (known === undefined && state.sensors.size >= mostSensors) throw new Error(`there are more than ${mostSensors} sensors`);
  if (known !== undefined && known.at > reading.at && known.at <= now + believableAhead) return;
  if (known !== undefined && known.at < futureBegins(now) && reading.at >= futureBegins(now)) return;
  // A store that was away may date the silence before its newest reading; that it is silent is true all the same.
  const said = reading.silent === undefined ? undefined : Math.max(reading.silent, reading.at);
  const silent = isStored ? said : known?.silent < reading.at ? undefined : known?.silent;
  const taken = { key, ...reading, interval: reading.interval ?? known?.interval, silent };
  state.sensors.set(key, taken);
  if (reading.at < futureBegins(now)) state.newest = Math.max(state.newest ?? 0, reading.at);
  if (known === undefined || (silentSince(state, known) === undefined) !== (silentSince(state, taken) === undefined)) state.changes += 1;
}

/** What a service says of silent sensors. Of one that has no reading any more there is its name, and no value. */
function takeSilent(state, reporter, rows) {
  const former = state.silent.get(reporter) ?? new Map();
  const entries = new Map(rows.map((row) => [`${row.node}/${row.sensor}`, row]));
  for (const key of former.keys()) {
    if (!entries.has(key) && state.sensors.get(key)?.value === undefined) state.sensors.delete(key);
  }
  for (const [key, { node, sensor, since, interval }] of entries) {
    const known = state.sensors.get(key);
    if (known !== undefined) known.interval = interval ?? known.interval;
    else if (state.sensors.size < mostSensors) state.sensors.set(key, { key, node, sensor, value: undefined, unit: '', at: since, unsynced: false, interval });
  }
  note(state, reporter, entries);
}

function note(state, reporter, entries) {
  const former = state.silent.get(reporter) ?? new Map();
  if (former.size !== entries.size || [...entries.keys()].some((key) => !former.has(key))) state.changes += 1;
  state.silent.set(reporter, entries);
}

const surelySilent = 60_000; // ms

/** The silent sensors of the verdict; an object that is none stands for all of that device that say nothing. */
function silentIn({ verdict, sensors }, now) {
  const entries = new Map();
  for (const { node, object, since } of verdict.problems.filter(({ kind }) => kind === 'sensor_silent')) {
    if (sensors.has(`${node}/${object}`)) entries.set(`${node}/${object}`, { since: since ?? now });
    else for (const { key, at } of sensors.values()) if (key.startsWith(`${node}/${object}.`) && at < now - surelySilent) entries.set(key, { since: at });
  }
  return entries;
}

/** Since when (ms) a sensor is silent; undefined: it is not. What came of it later counts for more than what is said. */
export function silentSince(state, { key, at, silent }) {
  if (silent !== undefined && at <= silent) return silent;
  for (const entries of state.silent.values()) {
    const since = entries.get(key)?.since;
    if (since !== undefined && at <= since) return since;
  }
  return undefined;
}

function serviceOf(state, { node, name }) {
  const key = `${node}/${name}`;
  if (!state.services.has(key)) {
    if (state.services.size >= mostServices) throw new Error(`there are more than ${mostServices} services`);
    state.services.set(key, { key, node, name });
  }
  return state.services.get(key);
}

/** The machines that have been heard of, in order. */
export function nodesOf(state) {
  const nodes = new Set();
  for (const { node } of state.sensors.values()) nodes.add(node);
  for (const { node } of state.services.values()) nodes.add(node);
  return [...nodes].sort();
}
