import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MemoryStore, UserSessions } from '@curveball/session';
import type { Page } from 'playwright-core';
import { inEachBrowser } from '../support/browsers/in-each-browser.js';
import { runDemo, secondTab, signIn, visit } from './running-demo.js';

/** https://github.com/dequelabs/axe-core, for a page. It only needs to be a text here. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** As a phone has it, and what a large screen has at 400 % (WCAG 2.2, 1.4.10). */
const NARROW = { width: 320, height: 640 };

const test = inEachBrowser();

test('has no page on which axe finds a fault, in light or dark, or that is too wide for a small screen', async t => {

  const store = new MemoryStore();
  const demo = await runDemo(t, { store });
  const page = await visit(t, demo, { viewport: NARROW });
  await checkPage(page, 'sign in');
  await page.getByLabel('Your name').fill(' ');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Please enter a name.').waitFor();
  await checkPage(page, 'sign in, with an error');

  await signIn(page);
  await signIn(await visit(t, demo));
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Your note is saved.').waitFor();
  await checkPage(page, 'home, with a message');
  await page.getByRole('link', { name: 'Manage your devices' }).click();
  await page.getByRole('heading', { name: 'Your devices' }).waitFor();
  await checkPage(page, 'devices');
  await page.goto(`${demo.origin}/prove`);
  await checkPage(page, 'proof');
  await page.goto(`${demo.origin}/nowhere`);
  await checkPage(page, 'error page');

  await page.goto(demo.origin);
  await new UserSessions(store).endAll('Ada');
  await page.getByRole('alert').waitFor();
  await checkPage(page, 'home, with a notice');

});

test('can be used by keyboard: in the order of the page, with a focus that is seen', async t => {

  const page = await visit(t, await runDemo(t));
  assert.equal(await focused(page), 'Your name');
  await page.keyboard.type('Ada');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();

  assert.deepEqual(await tabThrough(page), [
    'Session demo', 'Sign out', 'Click', 'Click 20 times at once', 'Your note', 'Save', 'Manage your devices', 'Open a second tab',
  ]);
  // In a tab of its own: the focus has gone on to the browser's controls, and Firefox shows none in a page then.
  const tab = await secondTab(page);
  await tab.goto(new URL('/devices', page.url()).href);
  assert.deepEqual(await tabThrough(tab), ['Session demo', 'Sign out', 'Back']);

});

test('puts the focus on messages, and into the field that has an error', async t => {

  const page = await visit(t, await runDemo(t));
  await page.getByLabel('Your name').fill(' ');
  await page.keyboard.press('Enter');
  await page.getByText('Please enter a name.').waitFor();
  assert.equal(await focused(page), 'Your name');
  const field = page.getByRole('textbox', { description: 'Please enter a name.' });
  assert.equal(await field.getAttribute('aria-invalid'), 'true');

  await signIn(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Your note is saved.').waitFor();
  assert.equal(await focused(page), 'Your note is saved.');

});

async function checkPage(page: Page, name: string): Promise<void> {

  await page.evaluate(AXE);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const faults = await page.evaluate(async () => {
      // @ts-expect-error The script above makes it.
      const { violations } = await axe.run();
      return violations.map(({ id, nodes }: { id: string; nodes: { html: string }[] }) => [id, ...nodes.map(({ html }) => html)]);
    });
    assert.deepEqual(faults, [], `${name}, ${colorScheme}`);
  }
  // In Firefox, a long page has a scroll bar, which leaves it less than the width of the window.
  const [width, seen, whole] = await page.evaluate(() => [innerWidth, document.documentElement.clientWidth, document.documentElement.scrollWidth]);
  assert.equal(width, NARROW.width, name);
  assert.equal(whole, seen, `${name}: nothing is beyond the edge`);

}

/** Presses the tab key until the focus leaves the page, and returns what had it. */
async function tabThrough(page: Page): Promise<string[]> {

  const names = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const name = await focused(page);
    if (name === null || names.length > 20) return names;
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle), 'none', name);
    names.push(name);
  }

}

/** The label or text of what has the focus; null if it is the page itself. */
async function focused(page: Page): Promise<string | null> {

  return page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement;
    if (element === document.body) return null;
    return (element.labels?.[0] ?? element).textContent?.trim() ?? '';
  });

}
