// The page of the real bridge: the demo runs, its API is made to fail, its bridge is killed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openPage, sees, startBrowser } from './browser.mjs';
import { startRealBridge } from './real_bridge.mjs';

const load = 'article[aria-label="load1 on demo-host"]';

describe('the page of the real bridge', () => {
  let browser;
  let bridge;
  let page;
  before(async () => {
    browser = await startBrowser();
    bridge = await startRealBridge();
    await bridge.hasReadings();
    page = await openPage(browser, bridge.url);
  });
  after(async () => {
    await browser?.close();
    await bridge?.stop();
  });

  test('shows live values of both machines', async () => {
    await sees(page, '#connection', 'live');
    await page.locator('#node').selectOption('demo-weather');
    await page.locator('article[aria-label$=" on demo-weather"]').first().waitFor();
    await page.locator('#node').selectOption('demo-host');
    await sees(page, `${load} .age`, 'now');
    const first = await page.locator('#stage-api .lines').textContent();
    await page.waitForFunction((before) => document.querySelector('#stage-api .lines').textContent !== before, first);
    await page.locator(`${load} canvas`).waitFor();
    assert.deepEqual(page.complaints, []);
  });

  test('shows the breaker open as the API fails, and closed as it recovers', async () => {
    await sees(page, '#stage-api[data-breaker=closed]', 'breaker closed');
    await bridge.failApi('500');
    await sees(page, '#stage-api[data-breaker=open]', 'breaker open', 30_000);
    await sees(page, '#events', 'OPEN');
    await bridge.failApi('none');
    await sees(page, '#stage-api[data-breaker=closed]', 'breaker closed', 60_000);
    await sees(page, '#events', 'CLOSED');
  });

  test('goes on when the bridge was killed and is back', async () => {
    bridge.killBridge();
    await sees(page, '#connection[data-state=lost]', 'connection lost');
    bridge.startBridge();
    await sees(page, '#connection[data-state=live]', 'live', 30_000);
    await sees(page, `${load} .age`, 'now');
  });

  test('plots what the store has, also of before the restart', async () => {
    await page.locator('#node').selectOption('demo-weather');
    await page.getByText('10 min', { exact: true }).click();
    const temperature = page.locator('article[aria-label="temperature on demo-weather"]');
    await temperature.getByRole('button', { name: 'Enlarge' }).click();
    await temperature.locator('.summary').filter({ hasText: /^\d+ points, .+ to .+ °C$/ }).waitFor();
    await page.screenshot({ path: 'build/web/real.png' });
    assert.deepEqual(page.complaints.filter((text) => !text.includes('ERR_')), [], 'but for the bridge being away');
  });

  test('serves everything with a content security policy', async () => {
    for (const path of ['', 'assets/page.js', 'assets/page.css']) {
      const { headers, status } = await fetch(bridge.url + path);
      assert.equal(status, 200, path);
      assert.match(headers.get('content-security-policy'), /default-src 'none'/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
  });
});
