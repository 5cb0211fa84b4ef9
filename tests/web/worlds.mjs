// What a bridge says in households of several sizes, when all is well and when something is not.
import { node, status } from './fixture.mjs';

const minute = 60_000;
const rooms = ['attic', 'bath', 'bedroom', 'cellar', 'garage', 'greenhouse', 'kitchen', 'living'];
const kinds = [['temperature', 20, 3, 'Cel'], ['humidity', 48, 12, '%'], ['co2', 640, 90, '[ppm]'], ['pressure', 1013, 6, 'hPa']];
const own = [['load1', 0.4, 0.2, ''], ['memory.available', 1.6e9, 4e8, 'By'], ['cpu.temperature', 48, 6, 'Cel'], ['disk.root.free', 2.1e10, 1e9, 'By'], ['uptime', 4e5, 0, 's']];

/** `count` sensors: [name, middle, swing, unit], or [name, value] of a boolean or a text. */
function household(count) {
  if (count <= 3) return [kinds[0], kinds[1]].map(([name, ...more]) => [`bme280.${name}`, ...more]).concat([own[0]]);
  const all = [...own, ['garage.door', false], ['bath.window', true], ['heating.mode', 'eco']];
  for (let house = 0; all.length < count; house += 1) {
    for (const room of rooms) {
      for (const [kind, ...more] of kinds) if (all.length < count) all.push([house === 0 ? `${room}.${kind}` : `${room}${house}.${kind}`, ...more]);
    }
  }
  return all;
}

export const sizes = [3, 40, 2000];
export const situations = ['healthy', 'api-down', 'sensor-dead', 'broker-away'];

/** {sensors, services, verdict, alerts, deadLetters, connected, known} as the paths under /v1/ answer. */
export function worldOf(count, situation) {
  const now = Date.now();
  const dead = situation === 'sensor-dead' ? (count <= 3 ? ['bme280.temperature'] : ['attic.temperature', 'greenhouse.co2']) : [];
  const known = household(count);
  const sensors = known.map(([sensor, middle, swing, unit]) => {
    const silentSince = dead.includes(sensor) ? now - 23 * minute : undefined;
    return {
      node, sensor, unit: unit ?? '', value: swing === undefined ? middle : Number((middle + swing * Math.sin(now / 7_200_000 + sensor.length)).toFixed(2)),
      time: new Date(silentSince ?? now - 1500).toISOString(), interval_ms: 10_000, ...(silentSince ? { silent_since: new Date(silentSince).toISOString() } : {}),
    };
  });
  const down = situation === 'api-down';
  const problems = {
    healthy: [],
    'api-down': [{
      kind: 'breaker_open', severity: 'warning', node, object: 'api', what: 'deliveries fail (no answer within 10 s); 6,612 readings wait',
      advice: 'They are tried again by themselves, and nothing is lost. What went wrong: journalctl -u sensor-http-bridge -n 20', since: new Date(now - 4 * minute).toISOString(),
    }],
    'sensor-dead': dead.map((sensor) => ({
      kind: 'sensor_silent', severity: 'warning', node, object: sensor, what: `${sensor} is silent; it came every 10 s`,
      advice: `Look at its cable, its power, and what reads it. If it is gone for good: sensorctl sensor forget ${sensor}`, since: new Date(now - 23 * minute).toISOString(),
    })),
    'broker-away': [{
      kind: 'broker', severity: 'critical', node, object: '', what: 'there is no connection to the broker',
      advice: 'Publishers keep what they read until it is back. Why it is away: systemctl status sensor-broker', since: new Date(now - minute).toISOString(),
    }],
  }[situation];
  const headline = {
    healthy: `All is well: ${count} sensors, the newest 2 s ago, everything delivered`,
    'api-down': 'deliveries fail; 6,612 readings wait; all else is well',
    'sensor-dead': `${dead.length} of ${count} sensors ${dead.length === 1 ? 'is' : 'are'} silent; all else is well`,
    'broker-away': 'there is no connection to the broker; all else is not known',
  }[situation];
  const away = situation === 'broker-away' ? 75 : 1;
  const row = (service, more, queue) => {
    const { node: _, name: __, ...payload } = status(service, more);
    return { node, service, age_s: away, status: payload, ...(queue === undefined ? {} : { queue: { high: 10_000, limit: 1_000_000, oldest_s: 0.4, rate_per_s: 9.9, pressure: false, ...queue } }) };
  };
  const breaker = down ? { state: 'open', reason: 'no answer within 10 s', since: new Date(now - 4 * minute).toISOString(), next_attempt: new Date(now + 33_500).toISOString() } : { state: 'closed', reason: '' };
  return {
    known: Object.fromEntries(known.map(([sensor, ...more]) => [sensor, more])), sensors, connected: situation !== 'broker-away', deadLetters: [],
    services: [
      row('sensor-publisher', { pace_ms: 10_000, breaker: { state: 'closed', reason: '' } }, { depth: 0 }),
      row('sensor-persistence', { used_bytes: 48_300_000 }, down ? { depth: 6612, oldest_s: 240 } : { depth: 0 }),
      row('sensor-http-bridge', { state: down ? 'degraded' : 'up', reason: down ? 'circuit breaker open: no answer within 10 s' : '', destination: 'api', breaker, counters: { delivered: 81_234 } }),
      row('sensor-alerts', {}),
    ],
    verdict: { ok: problems.length === 0, headline, sensors: count, newest: new Date(now - 1500).toISOString(), waiting: down ? 6612 : 0, problems, more: 0, time: new Date(now).toISOString() },
    alerts: problems.map(({ kind, object, what, ...more }) => ({ ...more, name: [kind, node, object].filter(Boolean).join('.'), state: 'firing', kind, object, text: what, ended: null, acknowledged: null, time: new Date(now).toISOString() })),
  };
}
