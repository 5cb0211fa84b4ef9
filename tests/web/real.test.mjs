// The page of the real bridge: the demo runs, its API is made to fail, its bridge is killed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openPage, sees, startBrowser } from './browser.mjs';
import { startRealBridge } from './real_bridge.mjs';

const load = '.row[data-key="demo-host/load1"]';

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
    await sees(page, '#headline', /All is well|\d/);
    await page.locator('.row[data-key^="demo-weather/"]').first().waitFor();
    await page.locator('#node').selectOption('demo-host');
    await page.locator('.row[data-key^="demo-weather/"]').first().waitFor({ state: 'detached' });
    await page.locator('#stage-api button').click();
    await sees(page, '#stage-details', 'Delivered');
    const first = await page.locator('#stage-details').textContent();
    await page.waitForFunction((before) => document.querySelector('#stage-details').textContent !== before, first);
    await page.locator(`${load} path[d^=M]`).waitFor({ state: 'attached' });
    assert.deepEqual(page.complaints, []);
  });

  test('shows the breaker open as the API fails, and closed as it recovers', async () => {
    await sees(page, '#stage-api[data-breaker=closed]', '');
    await bridge.failApi('500');
    await sees(page, '#stage-api[data-breaker=open]', 'retry', 30_000);
    await sees(page, '#verdict:is([data-level=warning], [data-level=critical])', '');
    await sees(page, '#events', 'OPEN');
    await bridge.failApi('none');
    await sees(page, '#stage-api[data-breaker=closed]', '', 60_000);
    await sees(page, '#events', 'CLOSED');
  });

  test('goes on when the bridge was killed and is back', async () => {
    bridge.killBridge();
    await sees(page, '#connection[data-state=lost]', 'connection lost');
    await sees(page, '#verdict[data-level=critical] #headline', 'The bridge does not answer');
    bridge.startBridge();
    await sees(page, '#connection[data-state=live]', 'live', 30_000);
    await page.locator('#verdict:not([data-level=critical])').waitFor();
  });

  test('plots what the store has, also of before the restart', async () => {
    await page.locator('#node').selectOption('demo-weather');
    await page.locator('.row[data-key="demo-weather/temperature"] .pick').click();
    await page.locator('#series .summary').filter({ hasText: /^.+ to .+ °C, mean .+ °C, [\d,]+ points$/ }).waitFor();
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
