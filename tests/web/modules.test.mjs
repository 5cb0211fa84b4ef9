// The page's pure modules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageText, spanText, valueText } from '../../services/sensor-http-bridge/page/format.js';
import { linesOf } from '../../services/sensor-http-bridge/page/flow.js';
import { eventOf, queueOf, readingOf, statusOf } from '../../services/sensor-http-bridge/page/payload.js';
import { choicesOf, conditionOf, emptyState, flowOf, hashOf, nodesOf, ranges, stepFor, takeEvent, takeSensors, takeStatus } from '../../services/sensor-http-bridge/page/state.js';
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
  assert.deepEqual([bridge.title, bridge.condition, bridge.idle], ['Bridge', 'up', true]);
  assert.deepEqual(linesOf(bridge, 0), ['no destination: readings are kept in the store']);
  assert.equal(stages.at(-2).flows, false);
  say('sensor-http-bridge', { delivers: true, counters: { delivered: 0 } });
  assert.deepEqual(linesOf(flowOf(state, 'n', 0, true).at(-1), 0), ['0 delivered']);
});

test('each bridge of a machine is a stage of its own, and the store flows while one of them delivers', () => {
  const state = emptyState();
  const say = (name, more) => takeEvent(state, { type: 'status', data: { node: 'n', name, state: 'up', ...more } }, 0);
  const ends = () => flowOf(state, 'n', 0, true).slice(2).map(({ name, title, flows, condition }) => [name, title, flows, condition]);
  say('sensor-persistence', {});
  say('sensor-http-bridge-weather', { breaker: { state: 'closed' } });
  assert.deepEqual(ends(), [['store', 'Store', true, 'up'], ['api-weather', 'Bridge weather', false, 'up']]);
  say('sensor-http-bridge', { state: 'degraded', breaker: { state: 'open' } });
  say('sensor-http-bridge-archive', { state: 'down', breaker: { state: 'closed' } });
  assert.deepEqual(ends(), [
    ['store', 'Store', true, 'up'], ['api', 'Bridge to the API', false, 'degraded'],
    ['api-archive', 'Bridge archive', false, 'down'], ['api-weather', 'Bridge weather', false, 'up'],
  ]);
  say('sensor-http-bridge-weather', { state: 'degraded', breaker: { state: 'open' } });
  assert.equal(ends()[0][2], false);
});

test('at most a hundred events are kept, the newest first', () => {
  const state = emptyState();
  for (let i = 0; i < 150; i += 1) takeEvent(state, { type: 'event', data: { node: 'kitchen', name: 'a', text: `${i}` } }, 0);
  assert.equal(state.events.length, 100);
  assert.equal(state.events[0].text, '149');
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

test('the address says machine and range, and gives them back', () => {
  assert.deepEqual(choicesOf(''), { machine: '', range: 3_600_000 });
  assert.deepEqual(choicesOf('#machine=demo-weather&range=1y'), { machine: 'demo-weather', range: 31_536_000_000 });
  assert.deepEqual(choicesOf('#range=soon&x=1'), { machine: '', range: 3_600_000 }, 'what is not known is passed over');
  assert.equal(hashOf({ machine: 'demo-weather', range: 31_536_000_000 }), '#machine=demo-weather&range=1y');
  for (const [, range] of ranges) {
    for (const machine of ['', 'a_b.c-1']) assert.deepEqual(choicesOf(hashOf({ machine, range })), { machine, range });
  }
});
