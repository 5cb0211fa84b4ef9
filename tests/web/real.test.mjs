// The page of the real bridge: the demo runs, its API is made to fail, its bridge is killed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openPage, sees, startBrowser } from './browser.mjs';

const build = new URL('../../build/dev/', import.meta.url).pathname;
const load = 'article[aria-label="host.load_1m on demo-host"]';

describe('the page of the real bridge', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sensor-web-'));
  const children = [];
  let browser;
  let page;
  let url;
  let configuration; // of the bridge

  const start = (program, ...args) => {
    const child = spawn(join(build, program), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    children.push(child);
    return child;
  };
  /** The API is told how to fail: see tests/reference_api/reference_api.hpp. */
  const fail = async (mode) => {
    const api = /url = "(http:\/\/[^/]+)/.exec(readFileSync(configuration, 'utf8'))[1];
    await fetch(`${api}/fault`, { method: 'POST', body: JSON.stringify({ mode }) });
  };

  before(async () => {
    browser = await startBrowser();
    const demo = start('tests/rig/sensor_demo', '--for', '10min', '--keep', folder);
    let said = '';
    for await (const text of demo.stderr) {
      said += text;
      url = /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0];
      if (url !== undefined) break;
    }
    assert.ok(url !== undefined, `the demo named no page: ${said}`);
    configuration = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))).find((name) => /http-bridge[^/]*\.toml$/.test(name));
    page = await openPage(browser, url);
  });
  after(async () => {
    await browser.close();
    for (const child of children.filter((one) => one.exitCode === null && one.signalCode === null)) {
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('shows live values of both machines', async () => {
    await sees(page, '#connection', 'live');
    await page.locator('#node').selectOption('demo-host');
    await sees(page, `${load} .age`, 'now');
    const first = await page.locator('#stage-api .lines').textContent();
    await page.waitForFunction((before) => document.querySelector('#stage-api .lines').textContent !== before, first);
    await page.locator(`${load} canvas`).waitFor();
    await page.locator('#node').selectOption('demo-weather');
    await sees(page, 'article[aria-label="weather.temperature on demo-weather"] .unit', '°C');
    assert.deepEqual(page.complaints, []);
    await page.locator('#node').selectOption('demo-host');
    await page.screenshot({ path: 'build/web/page.png' });
  });

  test('shows the breaker open as the API fails, and closed as it recovers', async () => {
    await sees(page, '#stage-api[data-breaker=closed]', 'breaker closed');
    await fail('500');
    await sees(page, '#stage-api[data-breaker=open]', 'breaker open', 30_000);
    await sees(page, '#events', 'OPEN');
    await fail('none');
    await sees(page, '#stage-api[data-breaker=closed]', 'breaker closed', 60_000);
    await sees(page, '#events', 'CLOSED');
  });

  test('goes on when the bridge was killed and is back', async () => {
    execFileSync('pkill', ['-KILL', '-f', configuration]);
    await sees(page, '#connection[data-state=lost]', 'connection lost');
    start('services/sensor-http-bridge/sensor-http-bridge', '--config', configuration);
    await sees(page, '#connection[data-state=live]', 'live', 30_000);
    await sees(page, `${load} .age`, 'now');
  });

  test('serves everything with a content security policy', async () => {
    for (const path of ['', 'assets/page.js', 'assets/page.css']) {
      const { headers, status } = await fetch(url + path);
      assert.equal(status, 200, path);
      assert.match(headers.get('content-security-policy'), /default-src 'none'/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
  });
});
