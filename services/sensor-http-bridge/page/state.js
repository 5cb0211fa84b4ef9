// What the page knows: a function of what came before and one event. Pure.

const mostEvents = 100;

/** @returns {{sensors: Map, services: Map, events: Array}} keyed by "<node>/<name>" */
export function emptyState() {
  return { sensors: new Map(), services: new Map(), events: [] };
}

/** Takes /v1/sensors at `now` (ms): what is stored gives way to what is newer. */
export function takeSensors(state, answer, now) {
  for (const row of answer.sensors) takeReading(state, row, now);
}

/** Takes /v1/status, heard at `now` (ms). */
export function takeStatus(state, answer, now) {
  for (const row of answer.services) {
    const service = serviceOf(state, row.node, row.service);
    if (row.status !== undefined) {
      service.status = row.status;
      service.heard = now - (row.age_s ?? 0) * 1000;
    }
    if (row.queue !== undefined) service.queue = row.queue;
  }
}

/** Takes one event of /v1/events, heard at `now` (ms). */
export function takeEvent(state, { type, data }, now) {
  switch (type) {
    case 'reading':
      takeReading(state, data, now);
      break;
    case 'status': {
      const service = serviceOf(state, data.node, data.name);
      service.status = data;
      service.heard = now;
      break;
    }
    case 'queue':
      serviceOf(state, data.node, data.name).queue = data;
      break;
    case 'event':
      state.events.unshift(data);
      state.events.length = Math.min(state.events.length, mostEvents);
      break;
    default: // of a newer bridge
  }
}

const believableAhead = 60_000; // ms; a reading from later than that was stamped by a clock that has been set since

function takeReading(state, { node, sensor, value, unit, time, clock }, now) {
  const key = `${node}/${sensor}`;
  const known = state.sensors.get(key);
  const at = Date.parse(time);
  if (known !== undefined && known.at > at && known.at <= now + believableAhead) return;
  state.sensors.set(key, { key, node, sensor, value, unit, at, unsynced: clock === 'unsynced' });
}

function serviceOf(state, node, name) {
  const key = `${node}/${name}`;
  if (!state.services.has(key)) state.services.set(key, { key, node, name });
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

/**
 * The stages that readings of one machine pass, in order: {name, title, condition, flows}, and what of depth, pace, breaker,
 * reason, ... there is to say. `connected`: this page hears the bridge.
 */
export function flowOf(state, node, now, connected) {
  const service = (name) => serviceFor(state, node, name);
  const publisher = service('sensor-publisher');
  const store = service('sensor-persistence');
  const bridge = service('sensor-http-bridge');
  const isWell = (one) => ['up', 'degraded'].includes(conditionOf(one, now));
  const breakerOf = (one) => one?.status?.breaker?.state ?? 'closed';
  return [
    {
      name: 'publisher', title: 'Publisher', condition: conditionOf(publisher, now),
      depth: publisher?.queue?.depth, waits: 'in the outbox', pace: publisher?.status?.pace_ms,
      pressure: publisher?.status?.pressure, breaker: publisher?.status?.breaker, reason: publisher?.status?.reason,
      flows: isWell(publisher) && breakerOf(publisher) !== 'open',
    },
    {
      name: 'broker', title: 'Broker',
      condition: !connected ? 'unknown' : isWell(publisher) || isWell(store) || isWell(bridge) ? 'up' : 'silent',
      flows: isWell(store),
    },
    {
      name: 'store', title: 'Store', condition: conditionOf(store, now), depth: store?.queue?.depth, waits: 'to be delivered',
      bytes: store?.status?.used_bytes, reason: store?.status?.reason,
      flows: isWell(store) && isWell(bridge) && breakerOf(bridge) !== 'open',
    },
    {
      name: 'api', title: 'Bridge to the API', condition: conditionOf(bridge, now), breaker: bridge?.status?.breaker,
      delivered: bridge?.status?.counters?.delivered, rate: bridge?.queue?.rate_per_s, reason: bridge?.status?.reason,
      flows: false,
    },
  ];
}

/** Ranges of the plots: name and length in ms. */
export const ranges = [
  ['10 min', 600_000], ['1 h', 3_600_000], ['24 h', 86_400_000], ['7 d', 604_800_000], ['30 d', 2_592_000_000],
  ['1 y', 31_536_000_000],
];
export const firstRange = 3_600_000;

/** The step of buckets, in s, that gives about one for each of `pixels`. */
export function stepFor(range, pixels) {
  return Math.max(1, Math.ceil(range / 1000 / Math.max(pixels, 50)));
}
