// The page's pure modules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageText, spanText, valueText } from '../../services/sensor-http-bridge/page/format.js';
import { conditionOf, emptyState, flowOf, nodesOf, stepFor, takeEvent, takeSensors, takeStatus } from '../../services/sensor-http-bridge/page/state.js';
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

test('spans have two units, ages one', () => {
  assert.equal(spanText(-5), '0 s');
  assert.equal(spanText(60_000), '1 min');
  assert.equal(spanText(200_000), '3 min 20 s');
  assert.equal(spanText(273_600_000), '3 d 4 h');
  assert.equal(ageText(1000), 'now');
  assert.equal(ageText(59_999), '59 s ago');
  assert.equal(ageText(90_000_000), '1 d ago');
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

test('a service that has fallen silent is shown so', () => {
  const state = emptyState();
  takeStatus(state, { services: [{ node: 'n', service: 'sensor-publisher', age_s: 5, status: { state: 'up' } }] }, 10_000);
  const service = state.services.get('n/sensor-publisher');
  assert.equal(conditionOf(service, 10_000), 'up');
  assert.equal(conditionOf(service, 31_000), 'silent');
  assert.equal(conditionOf(undefined, 0), 'unknown');
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

test('at most a hundred events are kept, the newest first', () => {
  const state = emptyState();
  for (let i = 0; i < 150; i += 1) takeEvent(state, { type: 'event', data: { text: i } }, 0);
  assert.equal(state.events.length, 100);
  assert.equal(state.events[0].text, 149);
});

test('a plot asks for about one bucket for each pixel', () => {
  assert.equal(stepFor(3_600_000, 600), 6);
  assert.equal(stepFor(1000, 600), 1);
  assert.equal(stepFor(3_600_000, 0), 72);
});
