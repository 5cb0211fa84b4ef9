// Pictures of the page, for people to look at: node tests/web/pictures.mjs FOLDER [part of a name]. ./dev web --pictures FOLDER.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openPage, sees, startBrowser } from './browser.mjs';
import { startFixture } from './fixture.mjs';
import { situations, sizes, worldOf } from './worlds.mjs';

const folder = new URL('../../services/sensor-http-bridge/page/', import.meta.url);
const screens = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 }, readme: { width: 1200, height: 800 } };
const both = ['phone', 'desk'];
const [out = 'build/web/pictures', wanted = ''] = process.argv.slice(2);

await mkdir(out, { recursive: true });
const browser = await startBrowser();
let made = 0;

async function take(bridge, name, { screen, colorScheme, hash = '', act = async () => {}, whole = false }) {
  const file = `${name}-${screen}-${colorScheme}.png`;
  if (!file.includes(wanted)) return;
  const page = await openPage(browser, bridge.url + hash, { viewport: screens[screen], colorScheme });
  await sees(page, '#connection', 'live');
  await page.locator('.row path[d]').first().waitFor({ state: 'attached' });
  await act(page);
  await page.waitForTimeout(1500); // the small pictures come two at a time
  await page.screenshot({ path: join(out, file), fullPage: whole });
  made += 1;
  await page.context().close();
}

for (const count of sizes) {
  for (const situation of situations) {
    const bridge = await startFixture({ page: folder, world: worldOf(count, situation) });
    for (const screen of both) for (const colorScheme of ['light', 'dark']) await take(bridge, `${count}-${situation}`, { screen, colorScheme });
    await bridge.stop();
  }
}
const bridge = await startFixture({ page: folder, world: worldOf(40, 'api-down') });
const plots = { plot: 'kitchen/attic.temperature', compare: 'kitchen/attic.temperature,kitchen/bath.temperature,kitchen/attic.humidity', truths: 'kitchen/attic.temperature,kitchen/bath.window,kitchen/heating.mode' };
for (const [name, keys] of Object.entries(plots)) {
  for (const screen of both) {
    for (const colorScheme of ['light', 'dark']) await take(bridge, name, { screen, colorScheme, hash: `#plot=${keys}`, act: (page) => page.locator('#plot canvas').waitFor() });
  }
}
await take(bridge, 'page', { screen: 'readme', colorScheme: 'light', hash: `#plot=${plots.compare}`, act: (page) => page.locator('#plot canvas').waitFor() });
await take(bridge, 'whole', { screen: 'phone', colorScheme: 'light', whole: true });
await bridge.stop();
await browser.close();
console.log(`${made} pictures in ${out}`);
