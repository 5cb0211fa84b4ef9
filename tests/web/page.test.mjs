// The page in a real browser, with canned answers behind it: what it shows, and that it stays well.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { isComplaint, openPage, sees, startBrowser } from './browser.mjs';
import { node, startFixture, status } from './fixture.mjs';

const folder = new URL('../../services/sensor-http-bridge/page/', import.meta.url);
const rowOf = (sensor, of = node) => `.row[data-key="${of}/${sensor}"]`;
const temperature = rowOf('bme280.temperature');
const mostBytes = 200 * 1000;

const reading = (sensor, value, unit = 'Cel') => ({ node, name: sensor, sensor, value, unit, time: new Date(Date.now() + 1000).toISOString() });
const breaker = (state) => status('sensor-http-bridge', {
  state: state === 'closed' ? 'up' : 'degraded', reason: state === 'closed' ? '' : 'the API does not answer',
  breaker: { state, reason: state === 'closed' ? '' : 'timeout', since: new Date().toISOString(), next_attempt: new Date(Date.now() + 60_000).toISOString() },
});

describe('the page', () => {
  let browser;
  let bridge;
  let page;
  before(async () => { browser = await startBrowser(); });
  after(() => browser.close());
  beforeEach(async () => { bridge = await startFixture({ page: folder }); });
  afterEach(async () => {
    await page?.context().close();
    await bridge.stop();
  });
  const open = async (options) => {
    page = await openPage(browser, bridge.url, options);
    await sees(page, '#connection', 'live');
  };

  test('shows each value as it comes, with its unit', async () => {
    await open();
    await sees(page, `${temperature} .unit`, '°C');
    bridge.push('reading', reading('bme280.temperature', 36.25));
    await sees(page, `${temperature} .value`, '36.25');
    bridge.push('reading', reading('new.sensor', 7, ''));
    await sees(page, `${rowOf('new.sensor')} .value`, '7');
    assert.deepEqual(page.complaints, []);
  });

  test('does not go back to an older reading', async () => {
    await open();
    bridge.push('reading', { ...reading('bme280.temperature', 1), time: '2020-01-01T00:00:00.000Z' });
    bridge.push('reading', reading('marker', 5));
    await sees(page, `${rowOf('marker')} .value`, '5');
    assert.notEqual(await page.locator(`${temperature} .value`).textContent(), '1');
  });

  test('turns the breaker open and closed', async () => {
    await open();
    await sees(page, '#stage-api[data-breaker=closed][data-level=well] .figure', 'up');
    bridge.push('status', breaker('open'));
    await sees(page, '#stage-api[data-breaker=open][data-level=warning] .figure', /retry \d+ s/);
    assert.equal(await page.locator('#stage-store').getAttribute('data-flows'), 'false', 'nothing flows to the API');
    assert.equal(await page.locator('#stage-details').isVisible(), false, 'what else there is to say is for who asks');
    await page.locator('#stage-api button').click();
    await sees(page, '#stage-details', /open for \d+ s, next attempt in \d+ s: timeout/);
    bridge.push('status', breaker('closed'));
    await sees(page, '#stage-api[data-breaker=closed][data-level=well] .figure', 'up');
    await page.locator('#stage-api button').click();
    await page.locator('#stage-details').waitFor({ state: 'hidden' });
  });

  test('shows pace, depths and events', async () => {
    await open();
    await sees(page, '#stage-publisher .figure', '3 wait');
    await page.locator('#stage-publisher button').click();
    await sees(page, '#stage-details', 'every 10 s');
    bridge.push('status', status('sensor-publisher', { pace_ms: 30000 }));
    await sees(page, '#stage-details', 'every 30 s');
    bridge.push('queue', { node, name: 'sensor-persistence', depth: 4321, high: 10000, limit: 0, oldest_s: 1, rate_per_s: 1, pressure: false });
    await sees(page, '#stage-store .figure', '4,321 wait');
    bridge.push('event', { node, name: 'sensor-http-bridge', type: 'breaker', time: new Date().toISOString(), text: 'Circuit breaker OPEN', to: 'open' });
    await sees(page, '#events li[data-to=open]', 'Circuit breaker OPEN');
  });

  test('lists dead letters with the reason of the API', async () => {
    bridge.answers['/v1/dead-letters'] = () => ({
      truncated: false,
      dead_letters: [{ id: 7, destination: 'api', status: 422, reason: 'no such sensor', refused: new Date().toISOString(), refusals: 1, waits: false, reading: reading('bad.sensor', 1) }],
    });
    await open();
    await sees(page, '#dead-letters tr', 'no such sensor');
  });

  test('names the machine of an event where there are several', async () => {
    const event = (from) => ({ node: from, name: 'sensor-publisher', type: 'pace', time: new Date().toISOString(), text: `slow, says ${from}` });
    await open();
    bridge.push('event', event(node));
    await sees(page, '#events li:first-child', `slow, says ${node}`);
    assert.equal(await page.locator('#events li:first-child .quiet').textContent(), 'sensor-publisher');
    bridge.push('reading', { ...reading('attic.load', 1, ''), node: 'attic' });
    bridge.push('event', event('attic'));
    await sees(page, '#events li:first-child', 'slow, says attic');
    assert.equal(await page.locator('#events li:first-child .quiet').textContent(), 'attic sensor-publisher');
  });

  test('says that the bridge is away, and goes on when it is back', async () => {
    await open();
    await bridge.stop();
    await sees(page, '#connection[data-state=lost]', 'connection lost');
    await sees(page, '#verdict[data-level=critical]', 'The bridge does not answer');
    bridge = await startFixture({ page: folder, port: bridge.port });
    await sees(page, '#connection', 'live', 20_000);
    bridge.push('reading', reading('bme280.temperature', 40.5));
    await sees(page, `${temperature} .value`, '40.5');
  });

  test('asks for a token only when one is needed, and keeps it to this tab', async () => {
    await bridge.stop();
    bridge = await startFixture({ page: folder, token: 'secret' });
    page = await openPage(browser, bridge.url);
    await page.locator('#token').fill('secret');
    await page.getByRole('button', { name: 'Open' }).click();
    await sees(page, '#connection', 'live');
    await sees(page, `${temperature} .unit`, '°C');
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  });

  test('says nothing of sensors to who has no token, and why one was not taken', async () => {
    await bridge.stop();
    bridge = await startFixture({ page: folder, token: 'secret' });
    page = await openPage(browser, bridge.url);
    await sees(page, '#connection', 'needs a token');
    assert.equal(await page.locator('#no-sensors').isVisible(), false, 'it would not be true');
    assert.equal(await page.locator('#verdict').isVisible(), false);
    assert.equal(await page.locator('#token-problem').isVisible(), false);
    await page.locator('#token').fill('wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await sees(page, '#token-problem', 'did not take the token: a token with the scope read is needed');
    await page.locator('#token').fill('secret');
    await page.getByRole('button', { name: 'Open' }).click();
    await sees(page, `${temperature} .unit`, '°C');
    assert.equal(await page.locator('#token-form').isVisible(), false);
    assert.equal(await page.locator('#verdict').isVisible(), true);
  });

  test('says the reason of an open breaker once', async () => {
    await open();
    const reason = 'no answer within 10 s';
    bridge.push('status', status('sensor-http-bridge', { state: 'degraded', reason: `circuit breaker open: ${reason}`, breaker: { state: 'open', reason } }));
    await page.locator('#stage-api button').click();
    await sees(page, '#stage-details', reason);
    assert.equal((await page.locator('#stage-details').textContent()).split(reason).length - 1, 1);
    bridge.push('status', status('sensor-http-bridge', { state: 'degraded', reason: 'store: no answer', breaker: { state: 'closed', reason: '' } }));
    await sees(page, '#stage-details', 'store: no answer');
  });

  test('marks a number that is old, and no text, which may come seldom', async () => {
    bridge.answers['/v1/sensors'] = () => ({ truncated: false, sensors: [['old', 1, 7.2e6], ['new', 1, 6e5], ['door', 'shut', 7.2e6], ['ahead', 1, -9e8]]
      .map(([sensor, value, age]) => ({ node, sensor, value, unit: '', time: new Date(Date.now() - age).toISOString() })) });
    await open();
    const age = (sensor) => page.locator(rowOf(sensor));
    await sees(page, `${rowOf('old')} .age`, '2 h ago');
    await sees(page, `${rowOf('ahead')} .age`, 'dated 10 d ahead');
    const marks = await Promise.all(['old', 'new', 'door', 'ahead'].map((sensor) => age(sensor).getAttribute('data-old')));
    assert.deepEqual(marks, ['', null, null, '']);
  });

  test('says that no name fits the filter, which is not that there is no sensor', async () => {
    await open();
    await sees(page, `${temperature} .unit`, '°C');
    await page.locator('#filter').fill('Attic');
    await sees(page, '#no-sensors', 'No sensor has "attic" in its name.');
  });

  test('shows a machine no longer under a name that it had, once the bridge has none of it', async () => {
    await open();
    bridge.push('status', status('sensor-http-bridge', { node: 'former' }));
    await page.locator('#node-choice').waitFor();
    await bridge.stop();
    bridge = await startFixture({ page: folder, port: bridge.port });
    await sees(page, '#connection', 'live', 20_000);
    await page.locator('#node-choice').waitFor({ state: 'hidden' });
    bridge.push('status', status('sensor-http-bridge', { node: 'attic' }));
    await page.locator('#node-choice').waitFor();
    assert.deepEqual(await page.locator('#node option').allTextContents(), ['all', 'attic', node]);
  });

  test('takes what a sensor says for text', async () => {
    await open();
    bridge.push('reading', reading('evil', '<img src=x onerror=alert(1)>', '<b>'));
    await sees(page, `${rowOf('evil')} .value`, '<img src=x');
    assert.equal(await page.locator('main img, main b').count(), 0);
  });

  test('goes on when a message is not what it must be, and says how many were', async () => {
    await open();
    const payloadOf = (more) => JSON.stringify({ ...reading('odd', 1), ...more });
    const odd = [
      ['reading', '{"value":'], ['reading', 'NaN'], ['reading', '{"node":"kitchen","name":"odd","sensor":"odd","value":NaN}'], ['reading', 'null'], ['reading', '[]'],
      ['reading', '{}'], ['reading', payloadOf({ value: null })], ['reading', payloadOf({ value: {} })], ['reading', payloadOf({ time: 'never' })],
      ['reading', '{"node":"kitchen","name":"odd","sensor":"odd","value":1e999,"time":"2026-01-15T16:09:35Z"}'],
      ['reading', payloadOf({ sensor: '<img src=x onerror=alert(1)>' })],
      ['status', JSON.stringify({ node, name: 'sensor-http-bridge', state: {} })], ['status', JSON.stringify({ node: null, name: 'x', state: 'up' })],
      ['queue', JSON.stringify({ node, name: 'sensor-persistence', depth: {} })], ['event', JSON.stringify({ node, name: 'x' })],
    ];
    for (const [type, text] of odd) bridge.pushText(type, text);
    bridge.pushText('of-a-newer-bridge', '{"anything":1}');
    bridge.push('status', status('sensor-http-bridge', { breaker: null, reason: null, since: null, counters: 7, version: {} }));
    bridge.push('status', status('a-service-of-another', { state: 'degraded', reason: '<b>bold</b>' }));
    bridge.push('event', { node, name: 'x', text: '<img src=x onerror=alert(1)>', type: { a: 1 }, time: 'never' });
    bridge.push('reading', reading('marker', 5));
    await sees(page, `${rowOf('marker')} .value`, '5');
    await page.locator('#services-box summary').click();
    await sees(page, '#services tr', '<b>bold</b>');
    await sees(page, '#events li', '<img src=x');
    await sees(page, '#connection', `live; ${odd.length} messages are not as they must be`);
    assert.equal(await page.locator('main img, main b').count(), 0);
    assert.equal(bridge.listeners(), 1, 'the stream goes on');
    assert.deepEqual(page.complaints, []);
  });

  test('lists dead letters whatever one of them lacks', async () => {
    bridge.answers['/v1/dead-letters'] = () => ({ truncated: false, dead_letters: [null, {}, { reading: {} }, { gap: null }, { gap: { first: 1, last: 5, reason: 'max_rows' }, reason: '<b>' }] });
    await open();
    await sees(page, '#dead-letters tr', 'gap 1 to 5: max_rows');
  });

  test('shows the whole of a long reason on a phone', async () => {
    await open({ viewport: { width: 390, height: 844 } });
    const reason = `the driver fails: ${'/usr/local/lib/sensor-project/'.repeat(8)} ended`;
    bridge.push('status', status('sensor-publisher', { state: 'degraded', reason }));
    await page.locator('#services-box summary').click();
    await sees(page, '#services tr', 'ended');
    const right = await page.locator('#services tr', { hasText: 'ended' }).locator('td').nth(1).evaluate((cell) => {
      const words = document.createRange();
      words.selectNodeContents(cell);
      return words.getBoundingClientRect().right;
    });
    assert.ok(right <= 390, `it ends at ${right} px`);
  });

  test('is small, and complains of nothing', async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => (message.type() === 'warning' || isComplaint(message)) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(bridge.url);
    await sees(page, `${temperature} .unit`, '°C');
    await page.locator(`${temperature} path[d]`).waitFor({ state: 'attached' });
    const bytes = await page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .filter((file) => !new URL(file.name).pathname.startsWith('/v1/'))
      .reduce((sum, file) => sum + file.decodedBodySize, 0));
    console.log(`the page: ${bytes} bytes`);
    assert.ok(bytes > 0 && bytes < mostBytes, `${bytes} bytes`);
    assert.deepEqual(complaints, []);
  });
});
