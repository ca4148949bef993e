import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { MemoryStore, UserSessions } from '@curveball/session';
import type { Page } from 'playwright-core';
import { launchChromium } from '../support/browsers/chromium.js';
import { inBrowsers } from '../support/browsers/in-browsers.js';
import { runDemo, secondTab, signIn, signOut, visit } from './running-demo.js';

/*
 * Browsers keep pages in memory as they were left, and "back" shows them without a
 * request: neither no-store nor Clear-Site-Data prevents that for sure. Firefox keeps
 * no page of the demo, as test/browser/kept-pages.test.ts shows.
 */

const test = inBrowsers({ Chromium: launchChromium }, { keepsPages: true });

/** Signs a visitor in, who then leaves for a page that does not use the session. */
async function leavePage(t: TestContext, store = new MemoryStore()) {

  const sent: string[] = [];
  const demo = await runDemo(t, {
    store,
    async first(ctx, next) {
      sent.push(`${ctx.method} ${ctx.path}`);
      await next();
    },
    pages: {
      '/elsewhere': ctx => {
        ctx.response.type = 'text/html';
        ctx.response.body = '<!doctype html><title>Elsewhere</title><h1>Elsewhere</h1>';
      },
    },
  });
  const page = await visit(t, demo);
  // Records the text of a page that is shown again as it was left.
  await page.context().addInitScript(() => {
    window.addEventListener('pageshow', event => {
      if (event.persisted) sessionStorage.setItem('kept', document.querySelector('h1')?.textContent ?? 'nothing');
    });
  });
  await signIn(page);
  await page.goto(`${demo.origin}/elsewhere`);
  sent.length = 0;
  return { page, sent, origin: demo.origin };

}

async function goBack(page: Page): Promise<void> {

  await page.goBack({ waitUntil: 'commit' });
  await page.getByRole('heading', { name: /Hello|Sign in/ }).waitFor();

}

test('"back" asks the server again for a page that the browser has kept', async t => {

  const { page, sent } = await leavePage(t);
  await goBack(page);
  await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
  await page.waitForFunction(() => sessionStorage.getItem('kept') !== null);
  assert.ok(sent.includes('GET /'));

});

test('"back" does not show the old page when another device has ended the session', async t => {

  const store = new MemoryStore();
  const { page } = await leavePage(t, store);
  await new UserSessions(store).endAll('Ada');
  await goBack(page);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.getByText('Hello, Ada').count(), 0);
  assert.notEqual(await page.evaluate(() => sessionStorage.getItem('kept')), null, 'the browser had kept it');

});

test('"back" does not show the old page when another tab has signed out', async t => {

  const { page, origin } = await leavePage(t);
  const other = await secondTab(page);
  await other.goto(origin);
  await signOut(other);
  await goBack(page);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.getByText('Hello, Ada').count(), 0);

});
