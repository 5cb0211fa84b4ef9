// The page in a real browser, with canned answers behind it: what it shows, and that it stays well.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { openPage, sees, startBrowser } from './browser.mjs';
import { node, startFixture, status } from './fixture.mjs';

const folder = new URL('../../services/sensor-http-bridge/page/', import.meta.url);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const temperature = 'article[aria-label^="bme280.temperature"]';
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
    await sees(page, 'article[aria-label^="new.sensor"] .value', '7');
    assert.deepEqual(page.complaints, []);
  });

  test('does not go back to an older reading', async () => {
    await open();
    bridge.push('reading', { ...reading('bme280.temperature', 1), time: '2020-01-01T00:00:00.000Z' });
    bridge.push('reading', reading('marker', 5));
    await sees(page, 'article[aria-label^="marker"] .value', '5');
    assert.notEqual(await page.locator(`${temperature} .value`).textContent(), '1');
  });

  test('turns the breaker open and closed', async () => {
    await open();
    await sees(page, '#stage-api .lines', 'breaker closed');
    bridge.push('status', breaker('open'));
    await sees(page, '#stage-api[data-breaker=open] .lines', /breaker open for \d+ s, next attempt in \d+ s: timeout/);
    assert.equal(await page.locator('#stage-store').getAttribute('data-flows'), 'false', 'the arrow to the API stands still');
    bridge.push('status', breaker('closed'));
    await sees(page, '#stage-api[data-breaker=closed] .lines', 'breaker closed');
  });

  test('shows pace, depths and events', async () => {
    await open();
    await sees(page, '#stage-publisher .lines', 'reads every 10 s');
    bridge.push('status', status('sensor-publisher', { pace_ms: 30000 }));
    await sees(page, '#stage-publisher .lines', 'reads every 30 s');
    bridge.push('queue', { node, name: 'sensor-persistence', depth: 4321, high: 10000, limit: 0, oldest_s: 1, rate_per_s: 1, pressure: false });
    await sees(page, '#stage-store .lines', '4,321 to be delivered');
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

  test('draws 100,000 readings within a second', async () => {
    await open();
    await page.locator(`${temperature} button`).click();
    await page.locator(`${temperature} input[type=checkbox]`).check();
    await sees(page, `${temperature} .summary`, '100,000 points', 30_000);
    const [measure] = await page.evaluate(() => performance.getEntriesByName('plot of 100000 points').map((entry) => entry.duration));
    console.log(`plot of 100,000 points: ${measure.toFixed(0)} ms`);
    assert.ok(measure < 1000, `took ${measure} ms`);
  });

  test('plots a small picture for every number, over the range that is chosen', async () => {
    await open();
    await page.locator(`${temperature} canvas`).waitFor();
    assert.equal(await page.locator('article[aria-label^="garage.door"] canvas').count(), 0, 'a text has no plot');
    const asked = page.waitForRequest((request) => request.url().includes('/v1/readings'));
    await page.getByText('7 d', { exact: true }).click();
    const query = new URL((await asked).url()).searchParams;
    assert.equal(Date.parse(query.get('to')) - Date.parse(query.get('from')), 7 * 86_400_000);
  });

  test('opens with the machine and the range that its address says, and keeps what is chosen there', async () => {
    const other = { ...reading('greenhouse.co2', 5, ''), node: 'attic' };
    bridge.answers['/v1/sensors'] = () => ({ sensors: [other, reading('bme280.temperature', 20)], truncated: false });
    const asked = [];
    page = await openPage(browser, 'about:blank');
    page.on('request', (request) => asked.push(new URL(request.url())));
    await page.goto(`${bridge.url}#machine=kitchen&range=1y`);
    await page.locator(`${temperature} canvas`).waitFor();
    assert.equal(await page.locator('#node').inputValue(), 'kitchen', 'not the first of all');
    const { searchParams } = asked.find(({ pathname }) => pathname === '/v1/readings');
    assert.equal(Date.parse(searchParams.get('to')) - Date.parse(searchParams.get('from')), 365 * 86_400_000);
    await page.locator('#node').selectOption('attic');
    await page.getByText('24 h', { exact: true }).click();
    assert.equal(new URL(page.url()).hash, '#machine=attic&range=24h');
    await page.reload();
    await page.locator('article[aria-label^="greenhouse.co2"]:not([hidden])').waitFor();
    assert.ok(await page.locator('#range label', { hasText: '24 h' }).locator('input').isChecked());
    assert.deepEqual(page.complaints, []);
  });

  test('shows what came in batches, and draws a plot again once that is more than a step of it', async () => {
    const day = 86_400_000;
    const past = (days, value) => ({ ...reading('weather', value), time: new Date(Date.now() - days * day).toISOString() });
    let newest = past(300, 1);
    bridge.answers['/v1/sensors'] = () => ({ sensors: [newest], truncated: false });
    page = await openPage(browser, 'about:blank');
    await page.clock.install();
    let asked = 0;
    page.on('request', (request) => { asked += request.url().includes('fn=mean') ? 1 : 0; });
    await page.goto(`${bridge.url}#range=1y`);
    await page.locator('article[aria-label^="weather"] canvas').waitFor();
    const again = page.waitForRequest((request) => request.url().includes('fn=mean'), { timeout: 5_000 });
    newest = past(200, 2); // of which no event tells, as of a batch
    await page.clock.runFor(11_000);
    await sees(page, 'article[aria-label^="weather"] .value', '2');
    await again;
    const before = asked;
    newest = past(199.9, 3);
    await page.clock.runFor(11_000);
    await sees(page, 'article[aria-label^="weather"] .value', '3');
    newest = past(199.8, 4);
    await page.clock.runFor(11_000);
    await sees(page, 'article[aria-label^="weather"] .value', '4');
    assert.equal(asked, before, 'hours are less than one step of the plot');
  });

  test('draws a single reading as a dot, and says where a range has none', async () => {
    const one = { node, sensor: 'bme280.temperature', unit: '', time: new Date(Date.now() - 1_800_000).toISOString(), value: 20, count: 1 };
    bridge.answers['/v1/readings'] = (query) => ({ buckets: query.get('sensor') === one.sensor ? [one] : [], truncated: false });
    await open();
    await page.waitForFunction((card) => {
      const canvas = document.querySelector(`${card} canvas`);
      return canvas !== null && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte > 0);
    }, temperature);
    const words = (card) => page.locator(`${card} .plot`).evaluate((plot) => getComputedStyle(plot, '::after').content);
    assert.equal(await words(temperature), 'none');
    assert.equal(await words('article[aria-label^="bme280.humidity"]'), '"nothing in this range"');
  });

  test('names the machine of an event where there are several', async () => {
    const event = (from) => ({ node: from, name: 'sensor-publisher', type: 'pace', time: new Date().toISOString(), text: `slow, says ${from}` });
    await open();
    bridge.push('event', event(node));
    await sees(page, '#events li:first-child', `slow, says ${node}`);
    assert.equal(await page.locator('#events li:first-child span').textContent(), 'sensor-publisher');
    bridge.push('reading', { ...reading('attic.load', 1, ''), node: 'attic' });
    bridge.push('event', event('attic'));
    await sees(page, '#events li:first-child', 'slow, says attic');
    assert.equal(await page.locator('#events li:first-child span').textContent(), 'attic sensor-publisher');
  });

  test('says that the bridge is away, and goes on when it is back', async () => {
    await open();
    await bridge.stop();
    await sees(page, '#connection[data-state=lost]', 'connection lost');
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
    assert.equal(await page.locator('#dead-letters-summary').isVisible(), false);
    assert.equal(await page.locator('#token-problem').isVisible(), false);
    await page.locator('#token').fill('wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await sees(page, '#token-problem', 'did not take the token: a token with the scope read is needed');
    await page.locator('#token').fill('secret');
    await page.getByRole('button', { name: 'Open' }).click();
    await sees(page, `${temperature} .unit`, '°C');
    assert.equal(await page.locator('#token-form').isVisible(), false);
    assert.equal(await page.locator('#dead-letters-summary').isVisible(), true);
  });

  test('says the reason of an open breaker once', async () => {
    await open();
    const reason = 'no answer within 10 s';
    bridge.push('status', status('sensor-http-bridge', { state: 'degraded', reason: `circuit breaker open: ${reason}`, breaker: { state: 'open', reason } }));
    await sees(page, '#stage-api .lines', reason);
    assert.equal((await page.locator('#stage-api .lines').textContent()).split(reason).length - 1, 1);
    bridge.push('status', status('sensor-http-bridge', { state: 'degraded', reason: 'store: no answer', breaker: { state: 'closed', reason: '' } }));
    await sees(page, '#stage-api .lines', 'store: no answer');
  });

  test('marks a number that is old, and no text, which may come seldom', async () => {
    bridge.answers['/v1/sensors'] = () => ({ truncated: false, sensors: [['old', 1, 7.2e6], ['new', 1, 6e5], ['door', 'shut', 7.2e6], ['ahead', 1, -9e8]]
      .map(([sensor, value, age]) => ({ node, sensor, value, unit: '', time: new Date(Date.now() - age).toISOString() })) });
    await open();
    const age = (sensor) => page.locator(`article[aria-label^="${sensor} "] .age`);
    await sees(page, 'article[aria-label^="old "] .age', '2 h ago');
    await sees(page, 'article[aria-label^="ahead "] .age', 'dated 10 d ahead');
    const marks = await Promise.all(['old', 'new', 'door', 'ahead'].map((sensor) => age(sensor).getAttribute('data-old')));
    assert.deepEqual(marks, ['true', 'false', 'false', 'true']);
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
    assert.deepEqual(await page.locator('#node option').allTextContents(), ['attic', node]);
  });

  test('takes what a sensor says for text', async () => {
    await open();
    bridge.push('reading', reading('evil', '<img src=x onerror=alert(1)>', '<b>'));
    await sees(page, 'article[aria-label^="evil"] .value', '<img src=x');
    assert.equal(await page.locator('article img, article b').count(), 0);
  });

  test('goes on when a message is not what it must be, and says how many were', async () => {
    await open();
    const rowOf = (more) => JSON.stringify({ ...reading('odd', 1), ...more });
    const odd = [
      ['reading', '{"value":'], ['reading', 'NaN'], ['reading', '{"node":"kitchen","name":"odd","sensor":"odd","value":NaN}'], ['reading', 'null'], ['reading', '[]'],
      ['reading', '{}'], ['reading', rowOf({ value: null })], ['reading', rowOf({ value: {} })], ['reading', rowOf({ time: 'never' })],
      ['reading', '{"node":"kitchen","name":"odd","sensor":"odd","value":1e999,"time":"2026-01-15T16:09:35Z"}'],
      ['reading', rowOf({ sensor: '<img src=x onerror=alert(1)>' })],
      ['status', JSON.stringify({ node, name: 'sensor-http-bridge', state: {} })], ['status', JSON.stringify({ node: null, name: 'x', state: 'up' })],
      ['queue', JSON.stringify({ node, name: 'sensor-persistence', depth: {} })], ['event', JSON.stringify({ node, name: 'x' })],
    ];
    for (const [type, text] of odd) bridge.pushText(type, text);
    bridge.pushText('of-a-newer-bridge', '{"anything":1}');
    bridge.push('status', status('sensor-http-bridge', { breaker: null, reason: null, since: null, counters: 7, version: {} }));
    bridge.push('status', status('a-service-of-another', { state: 'degraded', reason: '<b>bold</b>' }));
    bridge.push('event', { node, name: 'x', text: '<img src=x onerror=alert(1)>', type: { a: 1 }, time: 'never' });
    bridge.push('reading', reading('marker', 5));
    await sees(page, 'article[aria-label^="marker"] .value', '5');
    await sees(page, '#services tr', '<b>bold</b>');
    await sees(page, '#events li', '<img src=x');
    await sees(page, '#connection', `live; ${odd.length} messages are not as they must be`);
    assert.equal(await page.locator('main img, main b').count(), 0);
    assert.equal(bridge.listeners(), 1, 'the stream goes on');
    assert.deepEqual(page.complaints, []);
  });

  test('shows and plots numbers as large as there are', async () => {
    const [low, high] = [-Number.MAX_VALUE, Number.MAX_VALUE];
    const values = [1e308, high, low, -1e308, 5e-324, 0, 7, null, 'text'];
    bridge.answers['/v1/readings'] = (query) => {
      const from = Date.parse(query.get('from'));
      const rows = values.map((value, at) => ({ node, sensor: query.get('sensor'), unit: '', time: new Date(from + at * 60_000).toISOString(), value, count: 1, stream: 's', seq: at + 1 }));
      return query.has('step') ? { buckets: rows, truncated: false } : { readings: rows, truncated: false };
    };
    await open();
    bridge.push('reading', reading('bme280.temperature', high));
    await sees(page, `${temperature} .value`, '1.7977E308');
    await page.locator(`${temperature} button`).click();
    await sees(page, `${temperature} .summary`, '-1.7977E308 °C to 1.7977E308 °C');
    bridge.push('reading', reading('bme280.temperature', 3));
    await sees(page, `${temperature} .value`, '3');
    const { width, shown } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, shown: innerWidth }));
    assert.ok(width <= shown, `${width} px wide on ${shown}`);
    assert.deepEqual(page.complaints, []);
  });

  test('lists dead letters whatever one of them lacks', async () => {
    bridge.answers['/v1/dead-letters'] = () => ({ truncated: false, dead_letters: [null, {}, { reading: {} }, { gap: null }, { gap: { first: 1, last: 5, reason: 'max_rows' }, reason: '<b>' }] });
    await open();
    await sees(page, '#dead-letters tr', 'gap 1 to 5: max_rows');
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`breaks no rule of accessibility when ${colorScheme}`, async () => {
      await open({ colorScheme });
      bridge.push('status', breaker('open'));
      await sees(page, '#stage-api .lines', 'breaker open');
      await page.locator(`${temperature} button`).click();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((one) => one.html).join(' ')}`), []);
      await page.screenshot({ path: `build/web/${colorScheme}.png` });
    });
  }

  test('fits a phone', async () => {
    await open({ viewport: { width: 360, height: 780 } });
    await sees(page, `${temperature} .unit`, '°C');
    const { width, shown } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, shown: innerWidth }));
    assert.ok(width <= shown, `${width} px wide on ${shown}`);
    await page.screenshot({ path: 'build/web/phone.png' });
  });

  test('shows the whole of a long reason on a phone', async () => {
    await open({ viewport: { width: 390, height: 844 } });
    const reason = `the driver fails: ${'/usr/local/lib/sensor-project/'.repeat(8)} ended`;
    bridge.push('status', status('sensor-publisher', { state: 'degraded', reason }));
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
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(bridge.url);
    await sees(page, `${temperature} .unit`, '°C');
    await page.locator(`${temperature} canvas`).waitFor();
    const bytes = await page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .filter((file) => !new URL(file.name).pathname.startsWith('/v1/'))
      .reduce((sum, file) => sum + file.decodedBodySize, 0));
    console.log(`the page: ${bytes} bytes`);
    assert.ok(bytes > 0 && bytes < mostBytes, `${bytes} bytes`);
    assert.deepEqual(complaints, []);
  });
});
