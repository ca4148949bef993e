import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { inHeadlessShell } from '../support/browsers/in-browsers.js';
import { runDemo, signIn, visit } from './running-demo.js';

const test = inHeadlessShell();

/** A minute passes for the demo, not for the browser. */
function passMinute(t: TestContext): void {

  const { now } = Date;
  t.mock.method(Date, 'now', () => now() + 61_000);

}

async function prove(page: Page, name: string): Promise<void> {

  await page.getByRole('heading', { name: 'Is it still you?' }).waitFor();
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Go on' }).click();

}

test('asks who it is a minute after the sign-in, not before, and goes back to where the visitor was going', async t => {

  const demo = await runDemo(t);
  const page = await visit(t, demo);
  await signIn(page);
  passMinute(t);
  await page.getByRole('link', { name: 'Manage your devices' }).click();
  await prove(page, 'Bob');
  await page.getByText('You are signed in under another name.').waitFor();
  const [{ value }] = await page.context().cookies();

  await prove(page, 'Ada');
  await page.getByRole('heading', { name: 'Your devices' }).waitFor();
  assert.equal(page.url(), `${demo.origin}/devices`);
  assert.notEqual((await page.context().cookies())[0]?.value, value);
  await page.reload();
  await page.getByRole('heading', { name: 'Your devices' }).waitFor();
  assert.equal(await page.getByRole('alert').isVisible(), false, 'a new id is no end');

});

test('ends no device after the proof has become too old, but after another one', async t => {

  const demo = await runDemo(t);
  const page = await visit(t, demo);
  const other = await visit(t, demo);
  await signIn(other);
  await signIn(page);
  await page.getByRole('link', { name: 'Manage your devices' }).click();
  passMinute(t);

  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await page.getByText('Nothing was changed').waitFor();
  await other.reload();
  await other.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
  await page.getByRole('link', { name: 'Go on' }).click();
  await prove(page, 'Ada');
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await page.getByText('All other devices are signed out.').waitFor();

});

test('leads to no other site, and a visitor who is not signed in to the sign-in page', async t => {

  const demo = await runDemo(t);
  const page = await visit(t, demo);
  await page.goto(`${demo.origin}/devices`);
  await signIn(page);
  await page.goto(`${demo.origin}/prove?returnTo=${encodeURIComponent('//evil.example/')}`);
  await prove(page, 'Ada');
  await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
  assert.equal(page.url(), `${demo.origin}/`);

});
