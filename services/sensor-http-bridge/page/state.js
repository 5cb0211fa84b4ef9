// What the page knows: a function of what came before and one event. Pure.
import { eventOf, nameOf, queueOf, readingOf, statusOf, takeEach } from './payload.js';

const mostEvents = 100;
const mostSensors = 10_000;
const mostServices = 2_000;

/** @returns {{sensors: Map, services: Map, events: Array, refused: number}} keyed by "<node>/<name>"; what could not be taken */
export function emptyState() {
  return { sensors: new Map(), services: new Map(), events: [], refused: 0 };
}

/** Takes /v1/sensors at `now` (ms): what is stored gives way to what is newer. */
export function takeSensors(state, answer, now) {
  takeEach(answer.sensors, (row) => takeReading(state, row, now), () => { state.refused += 1; });
}

/** Takes /v1/status, heard at `now` (ms): it has all services, and one that it lacks is gone. */
export function takeStatus(state, answer, now) {
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
      takeReading(state, data, now);
      break;
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

function takeReading(state, row, now) {
  const reading = readingOf(row);
  const key = `${reading.node}/${reading.sensor}`;
  const known = state.sensors.get(key);
  if (known === undefined && state.sensors.size >= mostSensors) throw new Error(`there are more than ${mostSensors} sensors`);
  if (known !== undefined && known.at > reading.at && known.at <= now + believableAhead) return;
  if (known !== undefined && known.at < futureBegins(now) && reading.at >= futureBegins(now)) return;
  state.sensors.set(key, { key, ...reading });
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

/** How a service is: up, degraded, down, or silent when it has said nothing for 25 s (it speaks every 10 s). */
export function conditionOf(service, now) {
  if (service?.status === undefined) return 'unknown';
  if (service.status.state === 'down') return 'down';
  return now - service.heard > 25_000 ? 'silent' : service.status.state;
}

/** The service of a machine; another machine's where it has none, as one store may serve many publishers. */
export function serviceFor(state, node, name) {
  return state.services.get(`${node}/${name}`) ?? [...state.services.values()].find((one) => one.name === name);
}

const bridgeName = 'sensor-http-bridge';

/** The bridges of a machine, {bridge, called}: the one without a name first, and then those that have one, by name. */
function bridgesOf(state, node) {
  const bridge = serviceFor(state, node, bridgeName);
  const named = [...state.services.values()]
    .filter((one) => one.node === (bridge?.node ?? node) && one.name.startsWith(`${bridgeName}-`))
    .map((one) => ({ bridge: one, called: one.name.slice(bridgeName.length + 1) }))
    .sort((a, b) => (a.called < b.called ? -1 : 1));
  return bridge === undefined && named.length > 0 ? named : [{ bridge, called: '' }, ...named];
}

/**
 * The stages that readings of one machine pass, in order: {name, title, condition, flows}, and what of depth, pace, breaker,
 * reason, ... there is to say. `connected`: this page hears the bridge.
 */
export function flowOf(state, node, now, connected) {
  const service = (name) => serviceFor(state, node, name);
  const publisher = service('sensor-publisher');
  const store = service('sensor-persistence');
  const bridges = bridgesOf(state, node);
  const isWell = (one) => ['up', 'degraded'].includes(conditionOf(one, now));
  const breakerOf = (one) => one?.status?.breaker?.state ?? 'closed';
  const isIdle = (bridge) => bridge?.status?.delivers === false; // it has no destination
  const delivers = ({ bridge }) => isWell(bridge) && breakerOf(bridge) !== 'open' && !isIdle(bridge);
  return [
    {
      name: 'publisher', title: 'Publisher', condition: conditionOf(publisher, now),
      depth: publisher?.queue?.depth, waits: 'in the outbox', pace: publisher?.status?.pace_ms,
      pressure: publisher?.status?.pressure, breaker: publisher?.status?.breaker, reason: publisher?.status?.reason,
      flows: isWell(publisher) && breakerOf(publisher) !== 'open',
    },
    {
      name: 'broker', title: 'Broker',
      condition: !connected || state.services.size === 0 ? 'unknown' : isWell(publisher) || isWell(store) || bridges.some(({ bridge }) => isWell(bridge)) ? 'up' : 'silent',
      flows: isWell(store),
    },
    {
      name: 'store', title: 'Store', condition: conditionOf(store, now), depth: store?.queue?.depth, waits: 'to be delivered',
      bytes: store?.status?.used_bytes, reason: store?.status?.reason,
      flows: isWell(store) && bridges.some(delivers),
    },
    ...bridges.map(({ bridge, called }) => ({
      name: called ? `api-${called}` : 'api', idle: isIdle(bridge),
      title: called ? `Bridge ${called}` : isIdle(bridge) ? 'Bridge' : 'Bridge to the API',
      condition: conditionOf(bridge, now), breaker: bridge?.status?.breaker, delivered: bridge?.status?.counters?.delivered,
      rate: bridge?.queue?.rate_per_s, reason: bridge?.status?.reason, flows: false,
    })),
  ];
}

/** Ranges of the plots: name and length in ms. */
export const ranges = [
  ['10 min', 600_000], ['1 h', 3_600_000], ['24 h', 86_400_000], ['7 d', 604_800_000], ['30 d', 2_592_000_000],
  ['1 y', 31_536_000_000],
];
const firstRange = 3_600_000;

/** A range's name in the page's address: "1 y" is "1y". */
const inAddress = (name) => name.replace(' ', '');

/** What the page's address says after its #, as "#machine=kitchen&range=1y": the machine, '' for any, and the range in ms. */
export function choicesOf(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const range = ranges.find(([name]) => inAddress(name) === said.get('range'));
  return { machine: said.get('machine') ?? '', range: range?.[1] ?? firstRange };
}

/** The same the other way round. */
export function hashOf({ machine, range }) {
  const [name] = ranges.find(([, length]) => length === range);
  return `#${new URLSearchParams({ ...(machine === '' ? {} : { machine }), range: inAddress(name) })}`;
}

/** The step of buckets, in s, that gives about one for each of `pixels`. */
export function stepFor(range, pixels) {
  return Math.max(1, Math.ceil(range / 1000 / Math.max(pixels, 50)));
}
