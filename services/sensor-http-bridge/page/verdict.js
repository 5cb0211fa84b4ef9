// Whether everything is all right, for the first line of the page. The bridge says it; what an older bridge does not say is
// made of what the services say. Pure.
import { ageText, countText, spanText } from './format.js';
import { conditionOf, isIdle } from './pipeline.js';
import { silentSince } from './state.js';

const conditions = { down: 'is down', silent: 'says nothing', degraded: 'is degraded' };

/**
 * {level: well, warning, critical or unknown; headline; problems: [{severity, node, what, advice, since}], worst first; more}.
 * `link`: {state: connecting, live or lost; since (ms)}, of this page to the bridge.
 */
export function verdictFor(state, link, now) {
  if (link.state === 'lost') return lost(link);
  if (state.verdict === undefined && state.services.size === 0 && state.sensors.size === 0)
    return { level: 'unknown', headline: link.state === 'live' ? 'Nothing has been heard of yet' : 'Asking the bridge', problems: [], more: 0 };
  if (state.verdict === undefined) return judged(state, now);
  const { ok, headline, problems, more } = state.verdict;
  if (ok) return { level: 'well', headline: wellText(state, now), problems: [], more: 0 };
  const level = problems.some(({ severity }) => severity === 'critical') ? 'critical' : 'warning';
  return { level, headline, problems, more };
}

function lost({ since }) {
  const advice = 'Is the machine on, and does sensor-http-bridge run? This page goes on by itself once it answers.';
  const what = 'The bridge does not answer; below is what was last heard';
  return { level: 'critical', headline: what, problems: [{ severity: 'critical', node: '', what, advice, since }], more: 0 };
}

/** The bridge's own words, but with the age of the newest reading as it is now. */
function wellText(state, now) {
  const { headline, newest = 0 } = state.verdict;
  const last = Math.max(newest, state.newest ?? 0);
  return last === 0 ? headline : headline.replace(/the newest [^,;]*/, `the newest ${freshText(now - last)}`);
}

const freshText = (ms) => (ms < 2000 ? '1 s ago' : ageText(ms));

/** The same, from what each service says. */
function judged(state, now) {
  const problems = [...state.services.values()].flatMap((one) => problemsOf(one, now));
  const silent = [...state.sensors.values()].filter((sensor) => silentSince(state, sensor) !== undefined).length;
  if (silent > 0) problems.push({ severity: 'warning', node: '', what: countOf(silent, 'sensor is silent', 'sensors are silent'), advice: '' });
  problems.sort((a, b) => rank(a) - rank(b));
  if (problems.length > 0) {
    const level = problems[0].severity;
    return { level, headline: countOf(problems.length, 'problem', 'problems'), problems, more: 0 };
  }
  return { level: 'well', headline: `All is well: ${parts(state, now).join(', ')}`, problems, more: 0 };
}

const rank = ({ severity }) => (severity === 'critical' ? 0 : 1);
const countOf = (number, one, several) => `${countText(number)} ${number === 1 ? one : several}`;

function parts(state, now) {
  const bridges = [...state.services.values()].filter(({ name }) => name.startsWith('sensor-http-bridge'));
  const waiting = [...state.services.values()].reduce((sum, { queue }) => sum + (queue?.depth ?? 0), 0);
  const delivered = bridges.length > 0 && bridges.every(isIdle) ? 'everything stored' : 'everything delivered';
  const newest = state.newest === undefined ? [] : [`the newest ${freshText(now - state.newest)}`];
  return [countOf(state.sensors.size, 'sensor', 'sensors'), ...newest, waiting === 0 ? delivered : `${countText(waiting)} on the way`];
}

function problemsOf(service, now) {
  const condition = conditionOf(service, now);
  const { node, name, status, queue } = service;
  const since = status?.since === undefined ? undefined : Date.parse(status.since);
  if (condition === 'down' || condition === 'silent')
    return [{ severity: 'critical', node, what: `${name} ${conditions[condition]}`, advice: `systemctl status ${name} says why.`, since: condition === 'silent' ? service.heard : since }];
  if (condition !== 'degraded') return [];
  if (status.breaker?.state === 'open') return [{ severity: 'warning', node, what: openText(service, now), advice: '', since }];
  const waits = queue?.depth > 0 ? `; ${countOf(queue.depth, 'reading waits', 'readings wait')}` : '';
  return [{ severity: 'warning', node, what: `${name}: ${status.reason || 'degraded'}${waits}`, advice: '', since }];
}

/** "API does not answer; next attempt in 33 s" */
function openText({ name, status: { breaker, destination } }, now) {
  const whom = name.startsWith('sensor-http-bridge') ? destination ?? 'API' : 'The broker';
  const next = breaker.next_attempt === undefined ? '' : `; next attempt in ${spanText(Date.parse(breaker.next_attempt) - now)}`;
  return `${whom} does not take readings: ${breaker.reason || 'breaker open'}${next}`;
}
