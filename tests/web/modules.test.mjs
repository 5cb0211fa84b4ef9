// The page's pure modules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageText, spanText, valueText } from '../../services/sensor-http-bridge/page/format.js';
import { choicesOf, hashOf, ranges, sensibleRange } from '../../services/sensor-http-bridge/page/choices.js';
import { factsOf, figureOf } from '../../services/sensor-http-bridge/page/flow.js';
import { groupsOf, isMachineOwn } from '../../services/sensor-http-bridge/page/groups.js';
import { Names } from '../../services/sensor-http-bridge/page/names.js';
import { alertOf, eventOf, queueOf, readingOf, silentOf, statusOf, verdictOf } from '../../services/sensor-http-bridge/page/payload.js';
import { conditionOf, flowOf, levelOf } from '../../services/sensor-http-bridge/page/pipeline.js';
import { csvOf, extentOf, longestOf, pathOf, spansOf, stepFor, withGaps } from '../../services/sensor-http-bridge/page/series.js';
import { emptyState, nodesOf, silentSince, takeAlerts, takeEvent, takeSensors, takeStatus } from '../../services/sensor-http-bridge/page/state.js';
import { verdictFor } from '../../services/sensor-http-bridge/page/verdict.js';
import { EventParser } from '../../services/sensor-http-bridge/page/stream.js';

const text = (value, unit) => Object.values(valueText(value, unit)).join(' ').trim();

test('values are written with their unit, bytes and spans scaled', () => {
  assert.equal(text(21.46, 'Cel'), '21.46 °C');
  assert.equal(text(101325, 'Pa'), '101,330 Pa');
  assert.equal(text(1_610_612_736, 'By'), '1.5 GiB');
  assert.equal(text(1023, 'By'), '1,023 B');
  assert.equal(text(7500, 's'), '2 h 5 min');
  assert.equal(text(true, ''), 'true');
  assert.equal(text('door open', ''), 'door open');
});

test('numbers that nobody counts the digits of are powers of ten, and a unit is never more than a text', () => {
  assert.equal(text(1e308, 'Cel'), '1E308 °C');
  assert.equal(text(-1.5e300, 'By'), '-1.3642E288 TiB');
  assert.equal(text(5e-324, ''), '5E-324');
  assert.equal(text(0, ''), '0');
  assert.equal(text(1e300, 's'), '1E300 s');
  assert.equal(text(1, 'constructor'), '1 constructor');
  assert.equal(text(1, '__proto__'), '1 __proto__');
});

test('spans have two units, ages one', () => {
  assert.equal(spanText(-5), '0 s');
  assert.equal(spanText(60_000), '1 min');
  assert.equal(spanText(200_000), '3 min 20 s');
  assert.equal(spanText(273_600_000), '3 d 4 h');
  assert.equal(ageText(1000), 'now');
  assert.equal(ageText(59_999), '59 s ago');
  assert.equal(ageText(90_000_000), '1 d ago');
  assert.equal(ageText(-3_600_000), 'now');
  assert.equal(ageText(-90_000_000), 'dated 1 d ahead');
});

test('events are found in whatever pieces they come', () => {
  const stream = ': comment\n\nevent: reading\ndata: {"value":1}\n\nevent: status\r\ndata: {"a":\r\ndata: 2}\r\n\r\n';
  for (let size = 1; size <= stream.length; size += 1) {
    const heard = [];
    const parser = new EventParser((event) => heard.push(event));
    for (let at = 0; at < stream.length; at += size) parser.feed(stream.slice(at, at + size));
    assert.deepEqual(heard, [{ type: 'reading', data: { value: 1 } }, { type: 'status', data: { a: 2 } }], `in pieces of ${size}`);
  }
});

test('the newest reading stays, whatever comes late', () => {
  const state = emptyState();
  const reading = (value, time) => ({ node: 'n', sensor: 's', value, unit: '', time });
  const now = Date.parse('2026-01-01T00:00:03Z');
  takeEvent(state, { type: 'reading', data: reading(2, '2026-01-01T00:00:02Z') }, now);
  takeSensors(state, { sensors: [reading(1, '2026-01-01T00:00:01Z')] }, now);
  assert.equal(state.sensors.get('n/s').value, 2);
  assert.deepEqual(nodesOf(state), ['n']);
});

test('a reading from the future gives way to the next one', () => {
  const state = emptyState();
  const now = Date.parse('2026-01-01T00:00:03Z');
  const take = (value, time) => takeEvent(state, { type: 'reading', data: { node: 'n', sensor: 's', value, unit: '', time } }, now);
  take(1, '2030-01-01T00:00:00Z');
  take(2, '2026-01-01T00:00:02Z');
  take(3, '2026-01-01T00:00:01Z');
  assert.equal(state.sensors.get('n/s').value, 2);
});

test('a reading from more than a day ahead takes the place of no other', () => {
  const state = emptyState();
  const now = Date.parse('2026-01-01T00:00:00Z');
  const take = (value, time) => takeEvent(state, { type: 'reading', data: { node: 'n', sensor: 's', value, unit: '', time } }, now);
  const shown = () => state.sensors.get('n/s').value;
  take(1, '2036-01-01T00:00:00Z');
  assert.equal(shown(), 1, 'there is no other');
  take(2, '2036-01-01T00:00:01Z');
  assert.equal(shown(), 2, 'nor one that is better');
  take(3, '2025-12-31T00:00:00Z');
  take(4, '2036-01-01T00:00:02Z');
  assert.equal(shown(), 3);
  take(5, '2026-01-01T23:59:59Z');
  assert.equal(shown(), 5, 'up to a day is taken as it is told');
});

test('a service that has fallen silent is shown so', () => {
  const state = emptyState();
  takeStatus(state, { services: [{ node: 'n', service: 'sensor-publisher', age_s: 5, status: { state: 'up' } }] }, 10_000);
  const service = state.services.get('n/sensor-publisher');
  assert.equal(conditionOf(service, 10_000), 'up');
  assert.equal(conditionOf(service, 31_000), 'silent');
  assert.equal(conditionOf(undefined, 0), 'unknown');
});

test('a service that the bridge has no longer is gone', () => {
  const state = emptyState();
  const row = (node) => ({ node, service: 'sensor-persistence', age_s: 1, status: { state: 'up' } });
  takeStatus(state, { services: [row('former'), row('present')] }, 0);
  takeStatus(state, { services: [row('present')] }, 0);
  assert.deepEqual([...state.services.keys()], ['present/sensor-persistence']);
  takeEvent(state, { type: 'status', data: { node: 'former', name: 'sensor-persistence', state: 'up' } }, 0);
  takeEvent(state, { type: 'status', data: { node: 'former', name: 'sensor-persistence' } }, 0);
  assert.deepEqual([...state.services.keys()], ['present/sensor-persistence']);
  takeStatus(state, {}, 0);
  assert.equal(state.services.size, 1, 'that says nothing');
});

test('readings flow where both ends are well and no breaker is open', () => {
  const state = emptyState();
  const say = (name, more) => takeEvent(state, { type: 'status', data: { node: 'n', name, state: 'up', ...more } }, 0);
  const flows = () => flowOf(state, 'n', 0, true).map((stage) => stage.flows);
  say('sensor-publisher', {});
  say('sensor-persistence', {});
  assert.deepEqual(flows(), [true, true, false, false]);
  say('sensor-http-bridge', { breaker: { state: 'closed' } });
  assert.deepEqual(flows(), [true, true, true, false]);
  say('sensor-http-bridge', { state: 'degraded', breaker: { state: 'open' } });
  assert.deepEqual(flows(), [true, true, false, false]);
});

test('a bridge without a destination says so, is well, and nothing flows to it', () => {
  const state = emptyState();
  const say = (name, more) => takeEvent(state, { type: 'status', data: { node: 'n', name, state: 'up', ...more } }, 0);
  say('sensor-persistence', {});
  say('sensor-http-bridge', { delivers: false, reason: 'no destination: readings are kept in the store', counters: { delivered: 0 } });
  const stages = flowOf(state, 'n', 0, true);
  const bridge = stages.at(-1);
  assert.deepEqual([bridge.condition, bridge.idle, figureOf(bridge, 0), levelOf(bridge)], ['up', true, 'none', 'well']);
  assert.deepEqual(factsOf(bridge.services[0], 0, false), [['sensor-http-bridge', 'up'], ['It says', 'no destination: readings are kept in the store']]);
  assert.equal(stages.at(-2).flows, false);
  assert.match(verdictFor(state, { state: 'live' }, 0).headline, /everything stored$/);
  say('sensor-http-bridge', { delivers: true, counters: { delivered: 0 } });
  assert.deepEqual(factsOf(flowOf(state, 'n', 0, true).at(-1).services[0], 0, false).at(-1), ['Delivered', '0']);
});

test('each bridge of a machine is a stage of its own, and the store flows while one of them delivers', () => {
  const state = emptyState();
  const say = (name, more) => takeEvent(state, { type: 'status', data: { node: 'n', name, state: 'up', ...more } }, 0);
  const ends = () => flowOf(state, 'n', 0, true).slice(2).map(({ name, title, flows, condition }) => [name, title, flows, condition]);
  say('sensor-persistence', {});
  say('sensor-http-bridge-weather', { breaker: { state: 'closed' } });
  assert.deepEqual(ends(), [['store', 'Store', true, 'up'], ['api-weather', 'weather', false, 'up']]);
  say('sensor-http-bridge', { state: 'degraded', breaker: { state: 'open' } });
  say('sensor-http-bridge-archive', { state: 'down', breaker: { state: 'closed' } });
  assert.deepEqual(ends(), [
    ['store', 'Store', true, 'up'], ['api', 'API', false, 'degraded'],
    ['api-archive', 'archive', false, 'down'], ['api-weather', 'weather', false, 'up'],
  ]);
  say('sensor-http-bridge-weather', { state: 'degraded', breaker: { state: 'open' } });
  assert.equal(ends()[0][2], false);
});

test('at most 300 events are kept, the newest first', () => {
  const state = emptyState();
  for (let i = 0; i < 350; i += 1) takeEvent(state, { type: 'event', data: { node: 'kitchen', name: 'a', text: `${i}` } }, 0);
  assert.equal(state.events.length, 300);
  assert.equal(state.events[0].text, '349');
});

test('a plot asks for about one bucket for each pixel', () => {
  assert.equal(stepFor(3_600_000, 600), 6);
  assert.equal(stepFor(1000, 600), 1);
  assert.equal(stepFor(3_600_000, 0), 72);
});

test('an event that is not what it must be is refused, and the next one is taken', () => {
  const heard = [];
  const refused = [];
  const parser = new EventParser((event) => {
    if (event.data.value === 13) throw new Error('not this one');
    heard.push(event.data.value);
  }, (error) => refused.push(error));
  for (const data of ['{"value":1}', '{"value":', 'NaN', '{"value":NaN}', 'null', '[]', '"text"', '7', '{"value":13}', '{"value":2}'])
    parser.feed(`event: reading\ndata: ${data}\n\n`);
  assert.deepEqual(heard, [1, 2]);
  assert.equal(refused.length, 8);
  assert.throws(() => { for (;;) parser.feed('x'.repeat(100_000)); }, /without an end/);
});

test('of a payload only what the page shows is taken, and only as what it must be', () => {
  const reading = { node: 'kitchen', sensor: 'a', value: 1, time: '2026-01-15T16:09:35Z', more: {} };
  assert.deepEqual(readingOf(reading), { node: 'kitchen', sensor: 'a', value: 1, unit: '', at: 1768493375000, unsynced: false });
  for (const wrong of [{ value: undefined }, { value: null }, { value: {} }, { value: [] }, { value: Infinity }, { time: undefined }, { time: 'x' }, { time: 7 },
    { sensor: '<b>' }, { sensor: undefined }, { sensor: 7 }, { node: '' }, { node: {} }])
    assert.throws(() => readingOf({ ...reading, ...wrong }), JSON.stringify(wrong));
  assert.equal(readingOf({ ...reading, value: 'x'.repeat(5000) }).value.length, 1000);
  assert.equal(readingOf({ ...reading, unit: { evil: 1 } }).unit, '');
  for (const breaker of [null, 7, 'open', [], { state: 7 }, {}]) assert.equal(statusOf({ state: 'up', breaker }).breaker, undefined);
  assert.deepEqual(statusOf({ state: 'up', reason: {}, since: 'x', version: 7, counters: null, pace_ms: '1' }), { state: 'up', counters: {} });
  assert.throws(() => statusOf({}));
  assert.throws(() => statusOf({ state: 'evil' }));
  assert.throws(() => queueOf({ depth: null }));
  assert.throws(() => eventOf({ node: 'kitchen', name: 'a' }));
});

test('a row that is not what it must be is counted and leaves the others alone', () => {
  const state = emptyState();
  const row = (more) => ({ node: 'kitchen', service: 'sensor-persistence', ...more });
  takeStatus(state, { services: [null, 7, row({ status: null }), row({ queue: { depth: 'x' } }), row({ node: {} }), row({ status: { state: 'up' } })] }, 0);
  assert.equal(state.refused, 5);
  assert.deepEqual([...state.services.keys()], ['kitchen/sensor-persistence']);
  takeSensors(state, { sensors: 'none' }, 0);
  assert.equal(state.refused, 6);
  assert.throws(() => takeEvent(state, { type: 'status', data: { node: 'kitchen', name: 'evil', state: 7 } }, 0));
  assert.equal(state.services.size, 1, 'nothing of it is kept');
  for (let at = 0; at < 10_000; at += 1) takeEvent(state, { type: 'reading', data: { node: 'kitchen', sensor: `s${at}`, value: 1, time: '2026-01-15T16:09:35Z' } }, 0);
  assert.throws(() => takeEvent(state, { type: 'reading', data: { node: 'kitchen', sensor: 'more', value: 1, time: '2026-01-15T16:09:35Z' } }, 0));
});

test('the address says what is chosen, and gives it back', () => {
  const none = { machine: '', range: undefined, zoom: undefined, plot: [] };
  assert.deepEqual(choicesOf(''), none);
  assert.deepEqual(choicesOf('#machine=demo-weather&range=1y'), { ...none, machine: 'demo-weather', range: 31_536_000_000 });
  assert.deepEqual(choicesOf('#range=soon&x=1&from=2026-01-02&to=2026-01-01&plot=<b>,a/b/c'), none, 'what is not known is passed over');
  const all = { machine: 'a_b.c-1', range: 3_600_000, zoom: [Date.parse('2026-01-01'), Date.parse('2026-01-02')], plot: ['n/a', 'n/b.c'] };
  assert.equal(hashOf(all), '#machine=a_b.c-1&range=1h&from=2026-01-01T00:00:00.000Z&to=2026-01-02T00:00:00.000Z&plot=n/a,n/b.c');
  for (const [, range] of ranges) assert.deepEqual(choicesOf(hashOf({ ...all, range })), { ...all, range });
  assert.deepEqual(choicesOf(hashOf(none)), none);
  assert.equal(choicesOf(`#plot=${Array.from({ length: 50 }, (_, at) => `n/s${at}`).join()}`).plot.length, 6);
});

test('a range is chosen by itself so that there is something in it', () => {
  const now = 1e12;
  const hour = 3_600_000;
  const rangeOf = (...sensors) => sensibleRange(sensors, now) / hour;
  assert.equal(rangeOf({ at: now, interval: 10_000 }), 1);
  assert.equal(rangeOf({ at: now, interval: 15 * 60_000 }), 24, 'of one that comes seldom');
  assert.equal(rangeOf({ at: now - 3 * 24 * hour }), 7 * 24, 'of one that is silent');
  assert.equal(rangeOf({ at: now - 3e11 }), 365 * 24);
  assert.equal(rangeOf({ at: now }, { at: now - 2 * hour }), 24, 'the longest of several');
});

const said = (state, node, sensor, at, more = {}) => takeSensors(state, { sensors: [{ node, sensor, value: 1, unit: '', time: new Date(at).toISOString(), ...more }] }, at);
const isSilent = (state, key) => silentSince(state, state.sensors.get(key)) !== undefined;

test('a sensor is silent as long as somebody says so and nothing comes of it', () => {
  const state = emptyState();
  said(state, 'n', 'a', 1000);
  const say = (name, ...silent) => takeEvent(state, { type: 'silent', data: { node: 'n', name, known: 2, silent, more: 0 } }, 0);
  const a = { node: 'n', sensor: 'a', since: new Date(1000).toISOString(), interval_ms: 10 };
  say('sensor-publisher', a);
  say('sensor-persistence', a);
  assert.ok(isSilent(state, 'n/a'));
  assert.equal(state.sensors.get('n/a').interval, 10);
  say('sensor-publisher');
  assert.ok(isSilent(state, 'n/a'), 'the store still says so');
  said(state, 'n', 'a', 2000);
  assert.ok(!isSilent(state, 'n/a'));
  say('sensor-persistence', { ...a, sensor: 'gone' });
  assert.equal(state.sensors.get('n/gone').value, undefined, 'it has no reading any more');
  assert.ok(isSilent(state, 'n/gone'));
  takeEvent(state, { type: 'silent', data: { node: 'n', name: 'sensor-persistence' } }, 0);
  assert.ok(!state.sensors.has('n/gone'), 'forgotten');
  said(state, 'n', 'a', 3000, { silent_since: new Date(3000).toISOString(), interval_ms: 10_000 });
  assert.equal(silentSince(state, state.sensors.get('n/a')), 3000, 'so says /v1/sensors');
  said(state, 'n', 'late', 5000, { silent_since: new Date(3000).toISOString() });
  assert.equal(silentSince(state, state.sensors.get('n/late')), 5000, 'though it dates that before its newest reading');
  takeEvent(state, { type: 'reading', data: { node: 'n', name: 'a', sensor: 'a', value: 2, unit: '', time: new Date(4000).toISOString() } }, 4000);
  assert.ok(!isSilent(state, 'n/a'));
  assert.equal(state.sensors.get('n/a').interval, 10_000);
});

test('what the verdict calls silent is silent on the page, too: a sensor, or those of a device that say nothing', () => {
  const state = emptyState();
  const now = 600_000;
  for (const [sensor, at] of [['co2', 1000], ['bme280.a', 1000], ['bme280.b', now], ['bme2801.c', 1000]]) said(state, 'n', sensor, at);
  const say = (...objects) => takeEvent(state, { type: 'verdict', data: { ok: false, headline: 'x', problems: objects.map((object) => ({ kind: 'sensor_silent', node: 'n', object, what: 'w', since: new Date(1000).toISOString() })) } }, now);
  const silent = () => [...state.sensors.keys()].filter((key) => isSilent(state, key));
  say('co2', 'bme280', 'never.heard');
  assert.deepEqual(silent(), ['n/co2', 'n/bme280.a']);
  const { changes } = state;
  say('co2', 'bme280', 'never.heard');
  assert.equal(state.changes, changes, 'nothing has changed');
  say();
  assert.deepEqual(silent(), []);
  assert.ok(state.changes > changes);
});

const fakeStorage = (kept = {}) => ({ kept, getItem: (key) => kept[key] ?? null, setItem: (key, text) => { kept[key] = text; } });
const shown = (groups) => groups.map(({ title, rows }) => `${title}: ${rows.map(({ label }) => label).join(' ')}`);

test('sensors stand in groups: silent ones, rooms, devices, others, and the machine at the end', () => {
  const state = emptyState();
  for (const sensor of ['load1', 'memory.used', 'bme280.temperature', 'bme280.humidity', 'alone.x', 'co2', 'b10.a', 'b10.b', 'b9.a', 'b9.b']) said(state, 'n', sensor, 1000);
  said(state, 'n', 'bme280.pressure', 1000, { silent_since: new Date(1000).toISOString() });
  const names = new Names(fakeStorage());
  assert.deepEqual(shown(groupsOf(state, '', names)), ['Silent: bme280.pressure', 'b9: a b', 'b10: a b', 'bme280: humidity temperature', 'Others: alone.x co2', 'This machine: load1 memory.used']);
  names.nameSensor('n/co2', ' Air ', 'Kitchen');
  names.nameGroup('n/bme280', 'Garden');
  assert.deepEqual(shown(groupsOf(state, '', names)), ['Silent: bme280.pressure', 'Kitchen: Air', 'b9: a b', 'b10: a b', 'Garden: humidity temperature', 'Others: alone.x', 'This machine: load1 memory.used']);
  assert.deepEqual(shown(groupsOf(state, '', names, 'kitch')), ['Kitchen: Air']);
  assert.deepEqual(shown(groupsOf(state, '', names, 'garden')), ['Garden: humidity temperature']);
  said(state, 'm', 'load1', 1000);
  assert.deepEqual(shown(groupsOf(state, '', names)).slice(-2), ['Machine m: load1', 'Machine n: load1 memory.used'], 'several machines are told apart');
  assert.deepEqual(shown(groupsOf(state, 'm', names)), ['This machine: load1']);
  for (const own of ['cpu.temperature', 'cpu_thermal.temp1', 'disk.root.free', 'uptime', 'cpu.cpu-cpu0.host-pi.usage_idle']) assert.ok(isMachineOwn(own), own);
  for (const other of ['bme280.temperature', 'memorial', 'temp.uptime']) assert.ok(!isMachineOwn(other), other);
});

test('names last, go when they are empty, and never stop the page', () => {
  const storage = fakeStorage();
  const names = new Names(storage);
  names.nameSensor('n/a', 'x'.repeat(500), 'Attic');
  names.nameSensor('n/b', 'B', ' ');
  assert.equal(new Names(storage).nameOf('n/a').length, 60);
  assert.deepEqual(new Names(storage).rooms(), ['Attic']);
  names.nameSensor('n/a', '', '');
  assert.equal(new Names(storage).nameOf('n/a'), undefined);
  for (const text of ['{', 'null', '[]', '7', '{"sensors":7,"rooms":{"a":{}}}']) {
    const odd = new Names(fakeStorage({ 'sensor-project-names': text }));
    assert.deepEqual([odd.nameOf('a'), odd.rooms()], [undefined, []], text);
  }
  const full = new Names({ getItem: () => { throw new Error('no'); }, setItem: () => { throw new Error('full'); } });
  full.nameSensor('n/a', 'A', '');
  assert.equal(full.nameOf('n/a'), 'A', 'as long as the page is open');
});

test('the verdict is the bridge\'s, with the age of the newest reading as it is now', () => {
  const state = emptyState();
  const live = { state: 'live', since: 0 };
  const say = (data) => takeEvent(state, { type: 'verdict', data }, 0);
  assert.equal(verdictFor(state, { state: 'connecting' }, 0).level, 'unknown');
  say({ ok: true, headline: 'All is well: 2 sensors, the newest 2 s ago, everything delivered', newest: new Date(1000).toISOString(), problems: [] });
  assert.equal(verdictFor(state, live, 31_000).headline, 'All is well: 2 sensors, the newest 30 s ago, everything delivered');
  assert.equal(verdictFor(state, live, 31_000).level, 'well');
  const problem = (severity) => ({ kind: 'disk', severity, node: 'n', object: '', what: 'w', advice: 'a', since: new Date(0).toISOString() });
  say({ ok: false, headline: 'two', problems: [problem('critical'), problem('warning')], more: 3 });
  assert.deepEqual([verdictFor(state, live, 0).level, verdictFor(state, live, 0).more], ['critical', 3]);
  say({ ok: false, headline: 'one', problems: [problem('warning')] });
  assert.equal(verdictFor(state, live, 0).level, 'warning');
  assert.equal(verdictFor(state, { state: 'lost', since: 5 }, 0).level, 'critical', 'what was heard before counts no longer');
});

test('without a broker nothing is known of what is behind it', () => {
  const state = emptyState();
  takeStatus(state, { broker: { connected: false }, services: [{ node: 'n', service: 'sensor-publisher', age_s: 90, status: { state: 'up' } }] }, 0);
  assert.deepEqual(flowOf(state, '', 0, true).map(({ condition }) => condition), ['unknown', 'down', 'unknown', 'unknown']);
  takeEvent(state, { type: 'verdict', data: { ok: true, headline: 'x', problems: [] } }, 0);
  assert.equal(flowOf(state, '', 0, true)[1].condition !== 'down', true, 'the verdict is newer');
});

test('what waits for the API is said once, where it waits', () => {
  const state = emptyState();
  for (const name of ['sensor-persistence', 'sensor-http-bridge']) {
    takeEvent(state, { type: 'status', data: { node: 'n', name, state: 'up' } }, 0);
    takeEvent(state, { type: 'queue', data: { node: 'n', name, depth: 70, rate_per_s: 9.9 } }, 0);
  }
  assert.deepEqual(flowOf(state, '', 0, true).slice(2).map((stage) => figureOf(stage, 0)), ['70 wait', '9.9/s']);
});

test('several machines are one flow, as bad as the worst of them', () => {
  const state = emptyState();
  const say = (node, name, more, depth) => {
    takeEvent(state, { type: 'status', data: { node, name, state: 'up', ...more } }, 0);
    takeEvent(state, { type: 'queue', data: { node, name, depth, oldest_s: depth } }, 0);
  };
  say('a', 'sensor-publisher', {}, 5);
  say('b', 'sensor-publisher', { state: 'degraded', reason: 'x' }, 7);
  const [publisher] = flowOf(state, '', 0, true);
  assert.deepEqual([publisher.condition, publisher.depth, levelOf(publisher), publisher.services.length], ['degraded', 12, 'warning', 2]);
  assert.equal(flowOf(state, 'a', 0, true)[0].condition, 'up');
  say('a', 'sensor-publisher', {}, 61);
  assert.equal(levelOf(flowOf(state, 'a', 0, true)[0]), 'warning', 'something waits for more than a minute');
});

test('a gap is no line, and what is sparse is no gap', () => {
  const columns = [[0, 10, 20, 100, 110], [1, 2, 3, 4, 5]];
  assert.deepEqual(withGaps(columns, 30), [[0, 10, 20, 60, 100, 110], [1, 2, 3, null, 4, 5]]);
  assert.equal(withGaps(columns, 90), columns);
  assert.ok(longestOf(columns[0], 1, 10_000) > 30 && longestOf(columns[0], 1, 10_000) < 31);
  assert.ok(longestOf(columns[0], 1, undefined) > 30, 'the usual interval, where nobody says');
  assert.ok(longestOf([0], 60, 1000) > 120, 'a bucket may be empty where a step is about an interval');
});

test('extents, spans, paths and CSV are what the columns say', () => {
  assert.deepEqual(extentOf([[1, 2, 3], [1, null, 3], [0, null, 2], [2, null, 9]]), { low: 0, high: 9, mean: 2, count: 2 });
  assert.equal(extentOf([[1], [null]]), undefined);
  assert.ok(Number.isFinite(extentOf([[1, 2], [Number.MAX_VALUE, -Number.MAX_VALUE]]).mean));
  assert.deepEqual(spansOf([[1, 2, 5], [true, true, false]], 9), [{ value: true, from: 1, to: 5 }, { value: false, from: 5, to: 9 }]);
  assert.deepEqual(spansOf([[], []], 9), []);
  assert.equal(pathOf([[0, 5, 10, 15], [0, 1, null, 1]], 0, 20, 80, 20), 'M0.0 19.0L20.0 1.0M60.0 1.0');
  assert.equal(pathOf([[0], [null]], 0, 20, 80, 20), '');
  assert.doesNotMatch(pathOf([[0, 1], [-Number.MAX_VALUE, Number.MAX_VALUE]], 0, 1, 80, 20), /NaN|Infinity/);
  const csv = csvOf([{ node: 'n', sensor: 's', unit: 'a,b', columns: [[0, 1], [1.5, null], [1, null], [2, null]] }, { node: 'n', sensor: 't', unit: '', columns: [[0], ['say "x"\n']] }]);
  assert.equal(csv, 'time,node,sensor,value,lowest,highest,unit\r\n1970-01-01T00:00:00.000Z,n,s,1.5,1,2,"a,b"\r\n1970-01-01T00:00:00.000Z,n,t,"say ""x""\n",,,\r\n');
});

test('verdicts, silence and alerts are taken by their fields, or not at all', () => {
  assert.throws(() => verdictOf({ ok: 1, headline: 'x' }));
  assert.throws(() => verdictOf({ ok: false, headline: 'x', problems: [{}] }));
  const many = verdictOf({ ok: false, headline: 'x', problems: Array.from({ length: 300 }, () => ({ what: 'w', severity: {}, since: 7 })), more: 1 });
  assert.deepEqual([many.problems.length, many.more, many.problems[0].severity], [200, 101, 'warning']);
  assert.throws(() => silentOf({ silent: {} }));
  assert.throws(() => silentOf({ silent: [{ node: 'n', sensor: '<b>', since: '2026-01-01T00:00:00Z' }] }));
  assert.throws(() => silentOf({ silent: [{ node: 'n', sensor: 's' }] }));
  assert.throws(() => alertOf({ name: 'x' }));
  assert.deepEqual(alertOf({ name: 'x', text: 't', state: 7, acknowledged: null, ended: null }), { name: 'x', node: '', state: 'resolved', severity: 'warning', text: 't', advice: '' });
  const state = emptyState();
  takeAlerts(state, { alerts: [{ name: 'a', text: 't', state: 'firing' }, null, {}] });
  assert.deepEqual([...state.alerts.keys(), state.refused], ['a', 2]);
  takeEvent(state, { type: 'alert', data: { name: 'a', state: 'cleared' } }, 0);
  assert.equal(state.alerts.size, 0, 'cleared');
});

test('alerts that are over give way to one that begins, the oldest first', () => {
  const state = emptyState();
  const over = (i) => ({ name: `o${i}`, text: 't', state: 'resolved', ended: new Date(1_000_000 + i).toISOString() });
  takeAlerts(state, { alerts: Array.from({ length: 1_200 }, (_, i) => over(i)) });
  takeEvent(state, { type: 'alert', data: { name: 'new', text: 't', state: 'firing' } }, 0);
  assert.equal(state.alerts.size, 1_200);
  assert.deepEqual(['new', 'o0', 'o1'].map((name) => state.alerts.has(name)), [true, false, true]);
});
