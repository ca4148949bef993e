import assert from 'node:assert/strict';
import { MemoryStore, type SessionEnd, UserSessions } from '@curveball/session';
import type { Page } from 'playwright-core';
import { inHeadlessShell } from '../support/browsers/in-browsers.js';
import { runDemo, secondTab, signIn, signOut, visit } from './running-demo.js';

const test = inHeadlessShell();

test('says once what was done, on whichever page comes next, and after a sign-out', async t => {

  const page = await visit(t, await runDemo(t));
  await signIn(page);
  assert.equal(await page.locator('#messages').count(), 0);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').getByText('Your note is saved.').waitFor();
  await page.reload();
  assert.equal(await page.locator('#messages').count(), 0);

  await signOut(page);
  await page.getByRole('status').getByText('You are signed out.').waitFor();
  await page.reload();
  assert.equal(await page.locator('#messages').count(), 0);

});

test('says on the sign-in page why a visitor is there', async t => {

  const store = new MemoryStore();
  const page = await visit(t, await runDemo(t, { store }));
  const { now } = Date;
  const ends: Record<Exclude<SessionEnd, 'limit'>, [text: string, end: () => Promise<unknown>]> = {
    'signed-out': ['You have signed out in another tab.', () => keepingCookie(page, signOut)],
    'revoked': ['You have been signed out from another device.', () => new UserSessions(store).endAll('Ada')],
    'moved': ['Your session has changed in another tab.', () => keepingCookie(page, prove)],
    'expired': ['You were away for too long', async () => t.mock.method(Date, 'now', () => now() + 2 * 86_400_000)],
  };
  for (const [text, end] of Object.values(ends)) {
    await signIn(page);
    await end();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('status').getByText(text).waitFor();
  }

});

test('notices that another tab has signed in, when the visitor comes back to this one', async t => {

  const page = await visit(t, await runDemo(t));
  await signIn(await secondTab(page));
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.getByRole('alert').getByText('You have signed in as Ada in another tab.').waitFor();

});

async function prove(page: Page): Promise<void> {

  await page.goto(new URL('/prove', page.url()).href);
  await page.getByLabel('Your name').fill('Ada');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();

}

/** Puts the cookie back that an action in another tab replaces: as a request had it that was slow. */
async function keepingCookie(page: Page, action: (tab: Page) => Promise<void>): Promise<void> {

  const cookies = await page.context().cookies();
  await action(await secondTab(page));
  await page.context().clearCookies();
  await page.context().addCookies(cookies);

}
