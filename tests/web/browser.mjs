// Debian's Chromium, headless, and pages in it that remember what went wrong.
import { chromium } from 'playwright-core';

/** Without the switches that keep it from asking servers of its own. */
export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

/** What an older bridge does not have: the browser says so, and the page does without. */
const mayBeMissing = /\/v1\/(verdict|alerts|access)$/;

/** Whether a message of the console is a complaint. */
export function isComplaint(message) {
  return message.type() === 'error' && !mayBeMissing.test(message.location().url);
}

/** A page at `url`; `page.complaints` has what the console called an error, and what was thrown. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => isComplaint(message) && page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  await page.goto(url);
  return page;
}

/** Waits until `text` stands in what `selector` finds. */
export async function sees(page, selector, text, timeout = 10_000) {
  await page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout });
}
