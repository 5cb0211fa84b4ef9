// The first line, silence, alerts and dead letters, in a real browser with canned answers behind the page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, afterEach, before, describe, test } from 'node:test';
import { openPage, sees, startBrowser } from './browser.mjs';
import { node, startFixture, status } from './fixture.mjs';
import { situations, worldOf } from './worlds.mjs';

const folder = new URL('../../services/sensor-http-bridge/page/', import.meta.url);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rowOf = (sensor) => `.row[data-key="${node}/${sensor}"]`;
const phone = { width: 360, height: 780 };

describe('the first line of the page', () => {
  let browser;
  let bridge;
  let page;
  before(async () => { browser = await startBrowser(); });
  after(() => browser.close());
  afterEach(async () => {
    await page?.context().close();
    await bridge.stop();
  });
  const open = async (world, options) => {
    bridge = await startFixture({ page: folder, world });
    page = await openPage(browser, bridge.url, options);
    await sees(page, '#connection', 'live');
    await page.locator('.row').first().waitFor();
  };

  test('says that all is well, with the age of the newest reading as it is', async () => {
    await open(worldOf(40, 'healthy'));
    await sees(page, '#verdict[data-level=well] #headline', /^All is well: 40 sensors, the newest \d+ s ago, everything delivered$/);
    const first = await page.locator('#headline').textContent();
    await page.waitForFunction((before) => document.querySelector('#headline').textContent !== before, first);
    assert.equal(await page.locator('#spoken').textContent(), 'All is well', 'what is read out does not change each second');
    assert.equal(await page.title(), 'Sensor Project');
    assert.deepEqual(page.complaints, []);
  });

  test('says what is not, once, with what to do; and within five seconds of the change', async () => {
    await open(worldOf(40, 'healthy'));
    await sees(page, '#headline', 'All is well');
    const began = Date.now();
    const { verdict } = worldOf(40, 'api-down');
    bridge.push('verdict', verdict);
    await sees(page, '#verdict[data-level=warning] #headline', 'deliveries fail (no answer within 10 s); 6,612 readings wait');
    assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
    await sees(page, '#problems .advice', 'tried again by themselves');
    const said = await page.locator('#verdict').evaluate((all) => [...all.children].filter(({ id }) => id !== 'spoken').map((part) => part.innerText).join(' '));
    assert.equal(said.split('readings wait').length - 1, 1, said);
    assert.match(await page.locator('#spoken').textContent(), /^deliveries fail/);
    assert.match(await page.title(), /^! deliveries fail/);
    bridge.push('verdict', worldOf(40, 'healthy').verdict);
    await sees(page, '#verdict[data-level=well] #headline', 'All is well');
    assert.equal(await page.locator('#problems li').count(), 0);
  });

  test('lists three problems, and the rest for who asks', async () => {
    const world = worldOf(40, 'sensor-dead');
    world.verdict.problems = Array.from({ length: 7 }, (_, at) => ({ ...world.verdict.problems[0], object: `s${at}`, what: `s${at} is silent` }));
    world.verdict.more = 5;
    await open(world);
    await sees(page, '#problems li', 's2 is silent');
    assert.equal(await page.locator('#problems li').count(), 3);
    await sees(page, '#more-problems summary', '9 more');
    await page.locator('#more-problems summary').click();
    await sees(page, '#problems-behind li', 's6 is silent');
  });

  test('of an older bridge is made of what the services say', async () => {
    await open(undefined);
    await sees(page, '#verdict[data-level=well] #headline', 'All is well: 7 sensors, the newest');
    bridge.push('status', status('sensor-persistence', { state: 'degraded', reason: 'the disk is full' }));
    await sees(page, '#verdict[data-level=warning] #headline', 'sensor-persistence: the disk is full; 12 readings wait');
    bridge.push('status', status('sensor-publisher', { state: 'down' }));
    await sees(page, '#verdict[data-level=critical] #headline', '2 problems');
    assert.match(await page.locator('#problems li').first().textContent(), /^sensor-publisher is down/, 'the worst first');
    assert.equal(await page.locator('#alerts-box').isVisible(), false);
    assert.deepEqual(page.complaints, []);
  });

  test('is told by a bridge that says nothing any more, within five seconds', async () => {
    await open(worldOf(3, 'healthy'));
    await sees(page, '#headline', 'All is well');
    let began;
    await page.route('**/livez', (route) => { began ??= Date.now(); return new Promise(() => {}); });
    await sees(page, '#verdict[data-level=critical] #headline', 'The bridge does not answer');
    assert.ok(Date.now() - began < 3000, `${Date.now() - began} ms after it was asked, which it is after 2 s`);
  });

  test('has silent sensors first, with since when and how often they came, until they are back', async () => {
    await open(worldOf(40, 'sensor-dead'));
    const first = page.locator('.group').first();
    assert.equal(await first.locator('h3').textContent(), 'Silent');
    assert.deepEqual(await first.locator('.pick').allTextContents(), ['attic.temperature', 'greenhouse.co2']);
    await sees(page, `${rowOf('attic.temperature')} .silence`, /^since .+ \(23 min ago\); it came every 10 s$/);
    assert.equal(await page.locator(rowOf('attic.temperature')).count(), 1, 'and nowhere else');
    bridge.push('reading', { node, name: 'greenhouse.co2', sensor: 'greenhouse.co2', value: 600, unit: '[ppm]', time: new Date().toISOString() });
    await page.locator(`.group[data-kind=device] ${rowOf('greenhouse.co2')}`).waitFor();
    bridge.push('silent', { node, name: 'sensor-publisher', known: 40, more: 0, silent: [{ node, sensor: 'cellar.co2', since: new Date(Date.now() + 1000).toISOString(), interval_ms: 10_000 }] });
    await page.locator(`.group[data-kind=silent] ${rowOf('cellar.co2')}`).waitFor();
    bridge.push('silent', { node, name: 'sensor-publisher', known: 40, more: 0, silent: [] });
    await page.locator(`.group[data-kind=device] ${rowOf('cellar.co2')}`).waitFor();
    assert.deepEqual(page.complaints, []);
  });

  test('has the flow in one row on a phone, and colour only where something waits', async () => {
    await open(worldOf(40, 'api-down'), { viewport: phone });
    await sees(page, '#stage-store[data-level=warning] .figure', '6,612 wait');
    await sees(page, '#stage-api[data-level=warning] .figure', /retry \d+ s/);
    const boxes = await page.locator('#flow li').evaluateAll((rows) => rows.map((row) => ({ top: row.offsetTop, level: row.dataset.level, fits: [...row.querySelectorAll('.title, .figure')].every((text) => text.scrollWidth <= text.clientWidth) })));
    assert.equal(new Set(boxes.map(({ top }) => top)).size, 1, 'one row');
    assert.deepEqual(boxes.map(({ level }) => level), ['well', 'well', 'warning', 'warning']);
    assert.ok(boxes.every(({ fits }) => fits), 'nothing is cut off');
    const { width, shown } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, shown: innerWidth }));
    assert.ok(width <= shown, `${width} px wide on ${shown}`);
  });

  test('leaves room for 40 sensors on two screens of a phone', async () => {
    await open(worldOf(40, 'healthy'), { viewport: { width: 390, height: 844 } });
    await sees(page, '#headline', 'All is well');
    const bottom = await page.locator('#sensors').evaluate((list) => list.getBoundingClientRect().bottom + scrollY);
    console.log(`40 sensors end at ${bottom.toFixed(0)} px of a phone`);
    assert.ok(bottom <= 2 * 844, `${bottom} px`);
  });

  test('shows alerts, and has one acknowledged', async () => {
    const world = worldOf(40, 'sensor-dead');
    world.alerts.push({ ...world.alerts[0], name: 'old', state: 'resolved', text: 'cellar.co2 is silent', ended: new Date().toISOString() });
    await open(world);
    await sees(page, '#alerts li[data-state=firing]', 'attic.temperature is silent');
    await sees(page, '#alerts li[data-state=resolved]', /over after 23 min/);
    await page.getByRole('button', { name: `Acknowledge sensor_silent.${node}.attic.temperature` }).click();
    await page.waitForTimeout(100);
    assert.deepEqual(bridge.orders, [['/v1/alerts', { alert: 'acknowledge', name: `sensor_silent.${node}.attic.temperature` }]]);
    bridge.push('alert', { ...world.alerts[0], acknowledged: new Date().toISOString() });
    await sees(page, '#alerts li', 'acknowledged');
    await page.locator('#event-filter').fill('greenhouse');
    await page.locator('#alerts li', { hasText: 'attic' }).waitFor({ state: 'detached' });
    assert.equal(await page.locator('#alerts li').count(), 1);
  });

  test('finds an event by its text', async () => {
    await open(worldOf(3, 'healthy'));
    for (const text of ['the broker is back', 'one reading was refused']) bridge.push('event', { node, name: 'sensor-publisher', type: 'x', time: new Date().toISOString(), text });
    await sees(page, '#events li', 'the broker is back');
    await page.locator('#event-filter').fill('REFUSED');
    await page.locator('#events li', { hasText: 'broker' }).waitFor({ state: 'hidden' });
    assert.equal(await page.locator('#events li:visible').count(), 1);
    await page.locator('#event-filter').fill('nothing like it');
    await sees(page, '#no-events', 'No event has this text.');
  });

  test('sends dead letters again and deletes them, for a token that may', async () => {
    const world = worldOf(3, 'healthy');
    const letter = (id) => ({ id, destination: 'api', status: 422, reason: 'no such sensor', refused: new Date().toISOString(), refusals: 1, waits: false, reading: { sensor: `bad${id}`, value: 1, unit: '' } });
    world.deadLetters = [letter(7), letter(9)];
    await open(world);
    await page.getByRole('button', { name: 'Send again: bad7 1' }).click();
    page.on('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: 'Delete: bad9 1' }).click();
    await page.getByRole('button', { name: 'Send all again' }).click();
    await page.waitForTimeout(200);
    assert.deepEqual(bridge.orders.map(([, order]) => order), [{ action: 'requeue', ids: [7] }, { action: 'purge', ids: [9] }, { action: 'requeue', all: true }]);
    bridge.answers['/v1/access'] = () => ({ name: 'guest', scopes: ['read'] });
    await page.reload();
    await sees(page, '#dead-letters tr', 'no such sensor');
    assert.equal(await page.locator('#dead-letters button').count(), 0);
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const situation of situations) {
      test(`breaks no rule of accessibility when ${situation}, ${colorScheme}`, async () => {
        await open(worldOf(40, situation), { colorScheme });
        bridge.push('event', { node, name: 'sensor-http-bridge', type: 'breaker', time: new Date().toISOString(), text: 'Circuit breaker OPEN', to: 'open' });
        await page.locator('#stage-api button').click();
        for (const sensor of ['attic.humidity', 'bath.window', 'heating.mode']) await page.locator(`${rowOf(sensor)} .pick`).click({ modifiers: ['Shift'] });
        await page.locator('#plot canvas').waitFor();
        await page.locator('#texts li').first().waitFor();
        await page.locator('#services-box summary').click();
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((one) => one.html).join(' ')}`), []);
        assert.deepEqual(page.complaints, []);
      });
    }
  }

  test('can be used by the keyboard alone, and shows where it is', async () => {
    await open(worldOf(3, 'healthy'));
    const pick = page.locator(`${rowOf('bme280.temperature')} .pick`);
    await pick.focus();
    await page.keyboard.press('Enter');
    await page.locator('#plot canvas').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'panel-title');
    await page.keyboard.press('Escape');
    await page.locator('#panel').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'temperature', 'back where it was');
    const controls = await page.locator('button:visible, input:visible, select:visible, summary:visible').all();
    assert.ok(controls.length > 10);
    for (const control of controls) {
      await control.focus();
      await page.keyboard.press('Shift'); // focus by keyboard is what has to be seen
      const seen = await control.evaluate((one) => [one, one.closest('.row') ?? one].some((box) => getComputedStyle(box).outlineStyle !== 'none'));
      assert.ok(seen, await control.evaluate((one) => one.outerHTML));
    }
  });
});
