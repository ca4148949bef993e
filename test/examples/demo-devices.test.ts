import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { deviceLabel, maskedAddress } from '../../examples/demo/device.js';
import { inHeadlessShell } from '../support/browsers/in-browsers.js';
import { type RunningDemo, runDemo, signIn, signOut, visit, whoIsSignedIn } from './running-demo.js';

const test = inHeadlessShell();

const LAPTOP = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

test('lists the devices of a user on each of them, and marks the one that asks', async t => {

  const demo = await runDemo(t);
  const laptop = await device(t, demo, { userAgent: LAPTOP });
  const phone = await device(t, demo, { userAgent: PHONE });

  assert.deepEqual(await listed(laptop), [
    'Chrome on Linux This device 127.0.0.x · Last seen just now Signed in just now',
    'Safari on iPhone 127.0.0.x · Last seen just now Signed in just now Sign out',
  ]);
  assert.deepEqual((await listed(phone)).map(text => text.includes('This device')), [true, false]);
  assert.equal((await listed(await device(t, demo, { userAgent: PHONE }, 'Bob'))).length, 1);

});

test('signs another device out, whose open page notices within a second and says why, and no other', async t => {

  const demo = await runDemo(t);
  const laptop = await device(t, demo, { userAgent: LAPTOP });
  const phone = await device(t, demo, { userAgent: PHONE });
  const other = await device(t, demo, {}, 'Bob');
  await listed(laptop);
  await laptop.getByRole('button', { name: 'Sign out Safari on iPhone, 127.0.0.x' }).click();

  await phone.getByRole('alert').getByText('You have been signed out from another device.').waitFor({ timeout: 1000 });
  await laptop.getByRole('status').getByText('The device is signed out.').waitFor();
  await phone.getByRole('link', { name: 'Reload' }).click();
  await phone.getByRole('heading', { name: 'Sign in' }).waitFor();
  await phone.getByRole('status').getByText('You have been signed out from another device.').waitFor();
  assert.equal(await whoIsSignedIn(laptop), 'Ada');
  assert.equal(await whoIsSignedIn(other), 'Bob');
  assert.equal(await other.getByRole('alert').isVisible(), false);

});

test('signs out everywhere else', async t => {

  const demo = await runDemo(t);
  const here = await device(t, demo);
  const elsewhere = await Promise.all([device(t, demo), device(t, demo)]);
  assert.equal((await listed(here)).length, 3);
  await here.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await here.getByText('You are signed in nowhere else.').waitFor();

  for (const page of elsewhere) assert.equal(await whoIsSignedIn(page), '');
  assert.equal(await whoIsSignedIn(here), 'Ada');

});

test('ends no session by a handle of another user\'s session', async t => {

  const demo = await runDemo(t);
  const ada = await device(t, demo);
  await device(t, demo);
  await listed(ada);
  const bob = await device(t, demo, {}, 'Bob');
  await device(t, demo, {}, 'Bob');
  await listed(bob);
  const handle = await ada.locator('[name=handle]').inputValue();
  await bob.locator('[name=handle]').evaluate((input: HTMLInputElement, value) => { input.value = value; }, handle);
  await bob.locator('.devices button').click();
  await bob.getByText('The device was signed out already.').waitFor();

  assert.equal((await listed(ada)).length, 2);
  assert.equal((await listed(bob)).length, 2);

});

test('works without JavaScript', async t => {

  const demo = await runDemo(t);
  const here = await device(t, demo, { javaScriptEnabled: false });
  const elsewhere = await Promise.all([device(t, demo), device(t, demo)]);
  await listed(here);
  await here.locator('.devices button').first().click();
  await here.getByText('The device is signed out.').waitFor();
  assert.equal((await listed(here)).length, 2);
  await here.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await here.getByText('You are signed in nowhere else.').waitFor();
  assert.deepEqual(await Promise.all(elsewhere.map(whoIsSignedIn)), ['', '']);

});

test('ends the device that was not used for the longest time if a user has signed in on too many', async t => {

  const demo = await runDemo(t, { maxUserSessions: 1 });
  const first = await device(t, demo);
  await device(t, demo);
  await first.getByRole('alert').getByText('You have signed in on too many other devices').waitFor();
  await first.reload();
  await first.getByRole('status').getByText('You have signed in on too many other devices').waitFor();

});

test('has a way to sign out on every page of a signed-in user, also on error pages', async t => {

  const page = await device(t, await runDemo(t));
  await page.goto(new URL('/nowhere', page.url()).href);
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  await signOut(page);

  await page.goto(new URL('/nowhere', page.url()).href);
  assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 0);

});

test('shows the name of a device as text, never as markup', async t => {

  const demo = await runDemo(t, {
    pages: {
      '/last'(ctx) {
        ctx.authenticated({ metadata: { device: '<b>x</b>', address: '"><b>' } });
        ctx.response.body = 'done';
      },
    },
  });
  const page = await device(t, demo);
  // A page that checks the sign-in must not leave before the new cookie has arrived.
  await page.goto('about:blank');
  await page.goto(`${demo.origin}/last`);
  await page.goto(`${demo.origin}/devices`);
  await page.getByText('<b>x</b>').waitFor();
  assert.equal(await page.locator('.devices b').count(), 0);

});

it('names devices by the names that browsers give', () => {

  for (const [userAgent, label] of [
    [LAPTOP, 'Chrome on Linux'],
    [PHONE, 'Safari on iPhone'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0', 'Firefox on Windows'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge on Windows'],
    ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36', 'Samsung Internet on Android'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15', 'Safari on macOS'],
    ['Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko', 'Windows'],
    ['curl/8.14.1', 'Unknown device'],
    ['', 'Unknown device'],
    [null, 'Unknown device'],
  ] as const) assert.equal(deviceLabel(userAgent), label);

});

it('keeps only the network of an address', () => {

  for (const [address, masked] of [
    ['203.0.113.77', '203.0.113.x'],
    ['::ffff:203.0.113.77', '203.0.113.x'],
    ['2001:db8:85a3::8a2e:370:7334', '2001:db8:…'],
    ['fe80::1', 'fe80::…'],
    ['::1', '::…'],
    ['', 'unknown address'],
    [null, 'unknown address'],
  ] as const) assert.equal(maskedAddress(address), masked);

});

/** A signed-in visitor. */
async function device(t: TestContext, demo: RunningDemo, options?: BrowserContextOptions, name?: string): Promise<Page> {

  const page = await visit(t, demo, options);
  await signIn(page, name);
  return page;

}

/** Goes to the list, and returns its text for each device. */
async function listed(page: Page): Promise<string[]> {

  await page.goto(new URL('/devices', page.url()).href);
  const items = await page.locator('.devices li').allTextContents();
  return items.map(text => text.replace(/\s+/g, ' ').trim());

}
