// The stages that readings pass, made of what the services say. Pure.

/** How a service is: up, degraded, down, or silent when it has said nothing for 25 s (it speaks every 10 s). */
export function conditionOf(service, now) {
  if (service?.status === undefined) return 'unknown';
  if (service.status.state === 'down') return 'down';
  return now - service.heard > 25_000 ? 'silent' : service.status.state;
}

const worstFirst = ['down', 'silent', 'degraded', 'unknown', 'up'];
const bridgeName = 'sensor-http-bridge';

/** The services called `name` of a machine; another machine's where it has none, as one store may serve many. '': of all. */
function servicesFor(state, node, name) {
  const all = [...state.services.values()].filter((one) => one.name === name);
  if (node === '') return all;
  const own = state.services.get(`${node}/${name}`);
  return own === undefined ? all.slice(0, 1) : [own];
}

/** The bridges, by what they are called: the one without a name first. */
function bridgesFor(state, node) {
  const unnamed = servicesFor(state, node, bridgeName);
  const homes = new Set([node, ...unnamed.map((one) => one.node)]);
  const named = new Map();
  for (const one of state.services.values()) {
    if (!one.name.startsWith(`${bridgeName}-`) || (node !== '' && !homes.has(one.node))) continue;
    const called = one.name.slice(bridgeName.length + 1);
    named.set(called, [...(named.get(called) ?? []), one]);
  }
  const others = [...named.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return unnamed.length === 0 && others.length > 0 ? others : [['', unnamed], ...others];
}

const isWell = (one, now) => ['up', 'degraded'].includes(conditionOf(one, now));
const breakerOf = (one) => one?.status?.breaker?.state ?? 'closed';
export const isIdle = (bridge) => bridge?.status?.delivers === false; // it has no destination

/** One stage of several services of a kind: as bad as the worst, `worst`; what waits is the sum. */
function stageOf(name, title, services, now) {
  const conditions = services.map((one) => conditionOf(one, now));
  const condition = worstFirst.find((one) => conditions.includes(one)) ?? 'unknown';
  const worst = services.find((one) => conditionOf(one, now) === condition);
  const queues = services.map((one) => one.queue).filter((queue) => queue !== undefined);
  const sum = (of) => queues.reduce((total, queue) => total + (of(queue) ?? 0), 0);
  return {
    name, title, condition, worst, services,
    depth: queues.length === 0 ? undefined : sum((queue) => queue.depth), rate: sum((queue) => queue.rate_per_s),
    oldest: Math.max(0, ...queues.filter((queue) => queue.depth > 0).map((queue) => queue.oldest_s ?? 0)),
    breaker: worst?.status?.breaker?.state ?? '',
  };
}

function isBrokerAway({ verdict, broker }) {
  return verdict === undefined ? broker === false : verdict.problems.some(({ kind }) => kind === 'broker');
}

/**
 * The stages that readings of a machine pass, '' for all of them, in order: {name, title, condition, worst, services, depth, rate,
 * oldest (s), breaker, flows: readings can pass on}. `connected`: this page hears the bridge.
 */
export function flowOf(state, node, now, connected) {
  const publishers = servicesFor(state, node, 'sensor-publisher');
  const stores = servicesFor(state, node, 'sensor-persistence');
  const bridges = bridgesFor(state, node);
  const all = [...publishers, ...stores, ...bridges.flatMap(([, ones]) => ones)];
  const well = (ones) => ones.some((one) => isWell(one, now));
  const delivers = (one) => isWell(one, now) && breakerOf(one) !== 'open' && !isIdle(one);
  const heard = connected && state.services.size > 0;
  if (heard && isBrokerAway(state)) {
    // Of what is behind the broker nothing is known.
    return [['publisher', 'Publisher'], ['broker', 'Broker'], ['store', 'Store'], ['api', 'API']]
      .map(([name, title]) => ({ ...stageOf(name, title, [], now), condition: name === 'broker' ? 'down' : 'unknown', flows: false }));
  }
  return [
    { ...stageOf('publisher', 'Publisher', publishers, now), flows: publishers.some((one) => isWell(one, now) && breakerOf(one) !== 'open') },
    { ...stageOf('broker', 'Broker', [], now), condition: !heard ? 'unknown' : well(all) ? 'up' : 'silent', flows: well(stores) },
    { ...stageOf('store', 'Store', stores, now), flows: well(stores) && bridges.some(([, ones]) => ones.some(delivers)) },
    ...bridges.map(([called, ones]) => ({
      ...stageOf(called ? `api-${called}` : 'api', called || 'API', ones, now), idle: ones.length > 0 && ones.every(isIdle), flows: false,
    })),
  ];
}

const longWait = 60; // s; what waits for less is on its way

/** How a stage is for the eye: well, warning where something waits or is degraded, critical, or unknown. */
export function levelOf(stage) {
  if (stage.condition === 'down' || stage.condition === 'silent') return 'critical';
  if (stage.condition === 'unknown') return 'unknown';
  return stage.condition === 'degraded' || stage.breaker === 'open' || stage.oldest > longWait ? 'warning' : 'well';
}
