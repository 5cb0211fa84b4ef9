// Rows, names and plots, in a real browser with canned answers behind the page; and that it stays quick.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import { openPage, sees, startBrowser } from './browser.mjs';
import { node, startFixture } from './fixture.mjs';
import { worldOf } from './worlds.mjs';

const folder = new URL('../../services/sensor-http-bridge/page/', import.meta.url);
const rowOf = (sensor, of = node) => `.row[data-key="${of}/${sensor}"]`;
const temperature = rowOf('bme280.temperature');
const day = 86_400_000;
const reading = (sensor, value, more = {}) => ({ node, name: sensor, sensor, value, unit: '', time: new Date(Date.now() + 1000).toISOString(), ...more });
const lengthOf = (url) => Date.parse(url.searchParams.get('to')) - Date.parse(url.searchParams.get('from'));

describe('the plots of the page', () => {
  let browser;
  let bridge;
  let page;
  before(async () => { browser = await startBrowser(); });
  after(() => browser.close());
  afterEach(async () => {
    await page?.context().close();
    await bridge.stop();
  });
  const open = async (world, hash = '', options = {}) => {
    bridge = await startFixture({ page: folder, world });
    page = await openPage(browser, 'about:blank', options);
    page.asked = [];
    page.on('request', (request) => request.url().includes('/v1/readings') && page.asked.push(new URL(request.url())));
    await page.goto(bridge.url + hash);
    await sees(page, '#connection', 'live');
    await page.locator('.row').first().waitFor();
  };
  const choose = (sensor, ...modifiers) => page.locator(`${rowOf(sensor)} .pick`).click({ modifiers });
  const key = (sensor) => `${node}/${sensor}`;

  test('draw 100,000 readings within a second', async () => {
    await open();
    await choose('bme280.temperature');
    await page.locator('#every').check();
    await sees(page, '#series .summary', '100,000 points', 30_000);
    const [measure] = await page.evaluate(() => performance.getEntriesByName('plot of 100000 points').map((entry) => entry.duration));
    console.log(`plot of 100,000 points: ${measure.toFixed(0)} ms`);
    assert.ok(measure < 1000, `took ${measure} ms`);
  });

  test('are small pictures of every number, over the range that is chosen', async () => {
    await open();
    await page.locator(`${temperature} path[d^=M]`).waitFor({ state: 'attached' });
    assert.ok(page.asked.every((url) => lengthOf(url) === 3_600_000), 'an hour by itself');
    assert.equal(await page.locator(`${rowOf('garage.door')} .spark`).isVisible(), false, 'a text has none');
    page.asked.length = 0;
    await page.locator('#range').selectOption('7 d');
    await page.waitForTimeout(300);
    assert.ok(page.asked.length > 0 && page.asked.every((url) => lengthOf(url) === 7 * day));
  });

  test('open with what the address says, and keep there what is chosen', async () => {
    await open(worldOf(40, 'healthy'), `#range=1y&plot=${key('attic.temperature')},${key('bath.temperature')}`);
    await page.locator('#plot canvas').waitFor();
    assert.deepEqual(await page.locator('#series .name').allTextContents(), ['attic.temperature', 'bath.temperature']);
    assert.ok(page.asked.some((url) => lengthOf(url) === 365 * day));
    await page.locator('#range').selectOption('24 h');
    await page.locator(`${rowOf('attic.co2')} .add`).click();
    assert.equal(new URL(page.url()).hash, `#range=24h&plot=${key('attic.temperature')},${key('bath.temperature')},${key('attic.co2')}`);
    await page.reload();
    await sees(page, '#panel-title', '3 sensors');
    assert.equal(await page.locator('#range').inputValue(), String(day));
    await page.getByRole('button', { name: 'Remove attic.co2 from the plot' }).click();
    await page.locator('#close-panel').click();
    assert.equal(new URL(page.url()).hash, '#range=24h');
    assert.equal(await page.locator('#panel').isVisible(), false);
    assert.deepEqual(page.complaints, []);
  });

  test('open with a machine that the address says', async () => {
    await open();
    const other = reading('greenhouse.co2', 5, { node: 'attic' });
    bridge.answers['/v1/sensors'] = () => ({ sensors: [other, reading('bme280.temperature', 20)], truncated: false });
    await page.goto('about:blank');
    await page.goto(`${bridge.url}#machine=kitchen&range=1y`);
    await page.locator(temperature).waitFor();
    await page.locator('#node-choice').waitFor();
    assert.equal(await page.locator('#node').inputValue(), 'kitchen');
    assert.equal(await page.locator('.row').count(), 1);
    await page.locator('#node').selectOption('attic');
    assert.equal(new URL(page.url()).hash, '#machine=attic&range=1y');
    await page.locator(rowOf('greenhouse.co2', 'attic')).waitFor();
    await page.locator('#node').selectOption('');
    await page.locator(temperature).waitFor();
    assert.equal(await page.locator('.row').count(), 2, 'all machines');
  });

  test('are zoomed by dragging, and the whole range is one click away', async () => {
    await open(worldOf(40, 'healthy'), `#plot=${key('attic.temperature')}`);
    await page.locator('#plot canvas').waitFor();
    const box = await page.locator('#plot .u-over').boundingBox();
    page.asked.length = 0;
    await page.mouse.move(box.x + box.width / 4, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await page.locator('#zoom-out').waitFor();
    const said = new URLSearchParams(new URL(page.url()).hash.slice(1));
    const length = Date.parse(said.get('to')) - Date.parse(said.get('from'));
    assert.ok(Math.abs(length - 900_000) < 60_000, `${length} ms of an hour's quarter`);
    await page.waitForFunction(() => true);
    assert.ok(page.asked.some((url) => Math.abs(lengthOf(url) - length) < 2), 'with the buckets of that stretch');
    await page.reload();
    await page.locator('#zoom-out').click();
    assert.equal(new URL(page.url()).hash, `#plot=${key('attic.temperature')}`);
  });

  test('show a boolean as a band, a text as a list, and save what is shown as CSV', async () => {
    await open(worldOf(40, 'healthy'));
    const began = Date.now() - 3_000_000;
    const rows = (sensor, values) => values.map((value, at) => ({ node, sensor, unit: '', value, stream: 's', seq: at + 1, time: new Date(began + at * 600_000).toISOString() }));
    const canned = bridge.answers['/v1/readings'];
    const said = { 'bath.window': [true, true, false, true], 'heating.mode': ['eco', 'away, "far"', '<img src=x onerror=alert(1)>'] };
    bridge.answers['/v1/readings'] = (query) => {
      const values = said[query.get('sensor')];
      if (values === undefined || query.has('step')) return canned(query);
      return { readings: query.get('order') === 'desc' ? [] : rows(query.get('sensor'), values), truncated: false };
    };
    await choose('bath.window');
    await sees(page, '#spans p', /^bath\.window: true for 40 min/);
    assert.equal(await page.locator('#plot').isVisible(), false);
    assert.equal(await page.locator('.truth span[data-value=true]').count(), 2);
    await choose('heating.mode', 'Shift');
    await sees(page, '#texts li:first-child', '<img src=x');
    assert.equal(await page.locator('#texts li').count(), 3);
    assert.equal(await page.locator('main img').count(), 0);
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#csv').click()]);
    const csv = await readFile(await download.path(), 'utf8');
    const lines = csv.trimEnd().split('\r\n');
    assert.equal(lines[0], 'time,node,sensor,value,lowest,highest,unit');
    assert.equal(lines[1], `${new Date(began).toISOString()},${node},bath.window,true,,,`);
    assert.equal(lines.length, 1 + 4 + 3);
    assert.ok(csv.includes('"away, ""far"""'));
    assert.deepEqual(page.complaints, [], 'the content security policy lets it');
  });

  test('say where a range has nothing, and draw one reading as a dot', async () => {
    await open();
    const one = { node, sensor: 'bme280.temperature', unit: '', time: new Date(Date.now() - 1_800_000).toISOString(), value: 20, count: 1 };
    bridge.answers['/v1/readings'] = (query) => ({ buckets: query.get('sensor') === one.sensor ? [one] : [], truncated: false });
    await choose('bme280.temperature');
    await page.waitForFunction(() => {
      const canvas = document.querySelector('#plot canvas');
      return canvas !== null && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte > 0);
    });
    await choose('bme280.humidity');
    await sees(page, '#series .summary', 'nothing in this range');
    assert.equal(await page.locator('#plot').getAttribute('aria-label'), 'nothing in this range');
  });

  test('are drawn again with what came in batches, once that is more than a step', async () => {
    const past = (days, value) => reading('weather', value, { time: new Date(Date.now() - days * day).toISOString() });
    let newest = past(300, 1);
    await open();
    bridge.answers['/v1/sensors'] = () => ({ sensors: [newest], truncated: false });
    await page.clock.install();
    await page.goto('about:blank');
    await page.goto(`${bridge.url}#range=1y`);
    await sees(page, `${rowOf('weather')} .value`, '1');
    await page.clock.runFor(1000);
    await page.locator(`${rowOf('weather')} path[d^=M]`).waitFor({ state: 'attached' });
    const before = page.asked.length;
    newest = past(200, 2); // of which no event tells, as of a batch
    await page.clock.runFor(13_000);
    await sees(page, `${rowOf('weather')} .value`, '2');
    await page.clock.runFor(2000);
    const after = page.asked.length;
    assert.equal(after, before + 1);
    newest = past(199.9, 3);
    await page.clock.runFor(13_000);
    await sees(page, `${rowOf('weather')} .value`, '3');
    await page.clock.runFor(2000);
    assert.equal(page.asked.length, after, 'hours are less than one step of it');
  });

  test('show numbers as large as there are', async () => {
    const [low, high] = [-Number.MAX_VALUE, Number.MAX_VALUE];
    const values = [1e308, high, low, -1e308, 5e-324, 0, 7, null, 'text'];
    await open();
    bridge.answers['/v1/readings'] = (query) => {
      const from = Date.parse(query.get('from'));
      return { truncated: false, buckets: values.map((value, at) => ({ node, sensor: query.get('sensor'), unit: '', time: new Date(from + at * 60_000).toISOString(), value, count: 1 })) };
    };
    bridge.push('reading', reading('bme280.temperature', high, { unit: 'Cel' }));
    await sees(page, `${temperature} .value`, '1.7977E308');
    await choose('bme280.temperature');
    await sees(page, '#series .summary', /^-1\.\d+E308 °C to 1\.\d+E308 °C/);
    const { width, shown } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, shown: innerWidth }));
    assert.ok(width <= shown, `${width} px wide on ${shown}`);
    assert.deepEqual(page.complaints, []);
  });

  test('and rows have the names and rooms that the owner gave, in this browser', async () => {
    await open(worldOf(40, 'healthy'));
    const titles = () => page.locator('.group h3').allTextContents();
    assert.deepEqual((await titles()).slice(-2), ['Others', 'This machine'], "the machine's own last");
    await choose('attic.temperature');
    await page.locator('#names-box summary').click();
    await page.locator('#friendly').fill('Under the roof');
    await page.locator('#room').fill('Upstairs');
    await page.getByRole('button', { name: 'Keep' }).first().click();
    await sees(page, `.group[data-kind=room] ${rowOf('attic.temperature')} .pick`, 'Under the roof');
    assert.equal((await titles())[0], 'Upstairs');
    await page.getByRole('button', { name: 'Rename bath' }).click();
    await page.locator('#group-name').fill('Bathroom');
    await page.locator('#rename-dialog button').first().click();
    await sees(page, '.group h3', 'Bathroom');
    await page.reload();
    await sees(page, `${rowOf('attic.temperature')} .pick`, 'Under the roof');
    await page.locator('#filter').fill('upst');
    await page.locator(rowOf('bath.co2')).waitFor({ state: 'detached' });
    assert.equal(await page.locator('.row').count(), 1, 'the search finds a room');
    assert.deepEqual(page.complaints, []);
  });

  test('and 2,000 rows stay smooth while 200 readings a second arrive', { timeout: 120_000 }, async () => {
    const world = worldOf(2000, 'healthy');
    await open(world, '', { viewport: { width: 1440, height: 900 } });
    await sees(page, '#headline', 'All is well');
    assert.equal(await page.locator('.row').count(), 2000);
    await page.evaluate(() => {
      globalThis.busy = [];
      new PerformanceObserver((list) => globalThis.busy.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' }); // what others compute does not count
    const used = async () => Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value])).TaskDuration;
    const [began, before] = [Date.now(), await used()];
    let pushed = 0;
    while (Date.now() - began < 5000) {
      for (; pushed < ((Date.now() - began) * 200) / 1000; pushed += 1) {
        const { sensor, unit } = world.sensors[(pushed * 7) % 1990 + 5];
        bridge.push('reading', reading(sensor, pushed, { unit }));
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const share = (await used() - before) / ((Date.now() - began) / 1000);
    const busy = await page.evaluate(() => globalThis.busy);
    const longest = Math.max(0, ...busy);
    console.log(`2,000 sensors, ${pushed} readings in 5 s: the page computes ${(100 * share).toFixed(0)} % of the time, its longest task ${longest.toFixed(0)} ms`);
    assert.ok(share < 0.5, `${share} of the time`);
    assert.ok(longest < 200, `a task of ${longest} ms`);
    const value = await page.evaluate(() => [...document.querySelectorAll('.row .value')].some(({ textContent }) => textContent === '900'));
    assert.ok(value, 'the values are shown');
  });
});
