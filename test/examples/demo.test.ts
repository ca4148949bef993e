import assert from 'node:assert/strict';
import type { Context } from '@curveball/core';
import { MemoryStore } from '@curveball/session';
import type { Page } from 'playwright-core';
import { inHeadlessShell } from '../support/browsers/in-browsers.js';
import { inEachBrowser } from '../support/browsers/in-each-browser.js';
import { deferred } from '../support/events.js';
import { runDemo, secondTab, signIn, signOut, visit, whoIsSignedIn } from './running-demo.js';

const test = inEachBrowser({ keepsPages: true });
// What these show is the server's doing.
const testOnce = inHeadlessShell();

testOnce('signs in under any name, which never becomes markup', async t => {

  const page = await visit(t, await runDemo(t));
  const name = '<b>Ada</b> & "co" \'s';
  await signIn(page, name);

  assert.equal(await page.locator('h1').textContent(), `Hello, ${name}`);
  assert.equal(await page.locator('body').getAttribute('data-name'), name);
  assert.equal(await page.locator('main b').count(), 0);

});

testOnce('asks again for a name that is blank', async t => {

  const page = await visit(t, await runDemo(t));
  await page.getByLabel('Your name').fill('   ');
  assert.equal(await statusOf(page, '/sign-in', 'Sign in'), 422);

  await page.getByText('Please enter a name.').waitFor();
  await signIn(page);

});

testOnce('makes an id worthless at a sign-in that an attacker has planted, whether alive or made up', async t => {

  const begin = (ctx: Context) => {
    Object.assign(ctx.session, { cart: 'a book' });
    ctx.response.body = 'begun';
  };
  const demo = await runDemo(t, { pages: { '/begin': begin } });
  for (const planted of ['alive', 'made up']) {
    const attacker = await visit(t, demo);
    await attacker.goto(`${demo.origin}/begin`);
    const { value } = (await attacker.context().cookies()).find(({ name }) => name === 'CB') as { value: string };
    const id = planted === 'alive' ? value : value.replace(/.{20}$/, 'A'.repeat(20));
    const cookie = { name: 'CB', value: id, url: demo.origin };
    const page = await visit(t, demo);
    await page.context().addCookies([cookie]);
    await page.reload();
    await signIn(page);
    assert.notEqual((await page.context().cookies()).find(({ name }) => name === 'CB')?.value, id, planted);
    await attacker.context().addCookies([cookie]);
    assert.equal(await whoIsSignedIn(attacker), '', planted);
    await page.reload();
    await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
  }

});

test('gives the browser a new session id at sign-in, in a cookie that is kept from scripts and other sites', async t => {

  const page = await visit(t, await runDemo(t));
  const [before, ...none] = await page.context().cookies();
  assert.deepEqual(none, []);
  await signIn(page);

  const [{ value, ...cookie }, ...others] = await page.context().cookies();
  assert.deepEqual(others, []);
  assert.match(before.name, /^CB-form-\w$/);
  assert.notEqual(before.value, value);
  assert.deepEqual(cookie, {
    name: 'CB', domain: '127.0.0.1', path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Lax',
  });
  assert.equal(await page.evaluate(() => document.cookie), '');

});

test('remembers a device for 30 days if that is asked for, and else until the browser is closed', async t => {

  const demo = await runDemo(t);
  const page = await visit(t, demo);
  await page.getByLabel('Remember me').check();
  await signIn(page);
  const [{ expires }] = await page.context().cookies();
  assert.ok(Math.abs(expires - Date.now() / 1000 - 30 * 86_400) < 120);

  const other = await visit(t, demo);
  await signIn(other);
  const [{ expires: ends }] = await other.context().cookies();
  assert.equal(ends, -1);

});

testOnce('stays signed in over a reload, in a second tab and, if the store allows it, over a restart', async t => {

  const store = new MemoryStore();
  const demo = await runDemo(t, { store });
  const page = await visit(t, demo);
  await signIn(page);
  await page.reload();
  await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
  assert.equal(await whoIsSignedIn(page), 'Ada');

  await demo.stop();
  await runDemo(t, { store, port: demo.port });
  assert.equal(await whoIsSignedIn(page), 'Ada');

});

testOnce('keeps a note', async t => {

  const page = await visit(t, await runDemo(t));
  await signIn(page);
  await page.getByLabel('Your note').fill('</textarea>Buy milk');
  assert.equal(await statusOf(page, '/note', 'Save'), 303);
  await page.getByText('Your note is saved.').waitFor();

  await page.reload();
  assert.equal(await page.getByLabel('Your note').inputValue(), '</textarea>Buy milk');

});

test('refuses a form of another site, and changes nothing', async t => {

  const demo = await runDemo(t);
  const page = await visit(t, demo);
  await signIn(page);
  await page.route('http://localhost/', route => route.fulfill({
    contentType: 'text/html',
    body: `<form method="post" action="${demo.origin}/note"><input name="note" value="Forged"><button>Win a prize</button></form>`,
  }));
  await page.goto('http://localhost/');
  assert.equal(await statusOf(page, '/note', 'Win a prize'), 403);

  await page.getByRole('heading', { name: 'Nothing was changed' }).waitFor();
  await page.getByRole('link', { name: 'Go on' }).click();
  await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
  assert.equal(await page.getByLabel('Your note').inputValue(), '');

});

testOnce('demands its token from browsers that do not say where a form comes from', async t => {

  const page = await visit(t, await runDemo(t));
  await signIn(page);
  const token = await page.locator('form[action="/note"] [name=csrf-token]').inputValue();
  for (const [sent, status] of [['', 403], [token.replace(/^./, first => first === 'x' ? 'y' : 'x'), 403], [token, 303]] as const) {
    // With the cookies of the page, and without the headers that a page's own requests have.
    const answer = await page.request.post(new URL('/note', page.url()).href, {
      form: { 'csrf-token': sent, 'note': sent }, maxRedirects: 0,
    });
    assert.equal(answer.status(), status);
  }
  await page.reload();
  assert.equal(await page.getByLabel('Your note').inputValue(), token);

});

testOnce('counts 20 clicks at once as 20, also if two have read the same count: they take turns', async t => {

  const store = new MemoryStore();
  const { load, update } = store;
  const page = await visit(t, await runDemo(t, { store }));
  await signIn(page);
  await page.getByRole('button', { name: 'Click', exact: true }).click();
  await page.getByText('1 of 1 counted').waitFor();

  // The first two both read 1 before either of them writes.
  const bothHaveRead = deferred();
  let reads = 0;
  let conflicts = 0;
  Object.assign(store, {
    async load(id: string) {
      const found = load.call(store, id);
      if (++reads === 2) bothHaveRead.resolve();
      await bothHaveRead.promise;
      return found;
    },
    update(...args: Parameters<typeof update>) {
      const answer = update.apply(store, args);
      if (answer === 'conflict') conflicts++;
      return answer;
    },
  });
  await page.getByRole('button', { name: 'Click 20 times at once' }).click();
  await page.getByText('20 of 20 counted').waitFor();

  assert.equal(await page.getByLabel('Clicks').textContent(), '21');
  await page.reload();
  assert.equal(await page.getByLabel('Clicks').textContent(), '21');
  // Within a process, no attempt is stored in vain.
  assert.equal(conflicts, 0);

});

test('signs out, and "back" does not show the old page', async t => {

  const asked: string[] = [];
  const page = await visit(t, await runDemo(t, {
    async first(ctx, next) {
      await next();
      asked.push(`${ctx.method} ${ctx.path} ${ctx.response.status}`);
    },
  }));
  await signIn(page);
  // Firefox has one entry for pages that follow each other under one address.
  const answer = await page.goto(new URL('/devices', page.url()).href);
  assert.equal(answer?.headers()['cache-control'], 'no-store');
  await signOut(page);
  assert.equal(await whoIsSignedIn(page), '');

  asked.length = 0;
  await page.goBack();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.ok(asked.includes('GET /devices 303'), asked.join());
  assert.equal(await page.getByText('Your devices').count(), 0);

});

testOnce('notices that another tab has signed out', async t => {

  const page = await visit(t, await runDemo(t));
  await signIn(page);
  await signOut(await secondTab(page));

  await page.getByRole('alert').getByText('You have signed out in another tab.').waitFor();
  await page.getByRole('link', { name: 'Reload' }).click();
  await page.getByLabel('Your name').waitFor();

});

testOnce('answers the requests of a signed-out tab without signing a user in', async t => {

  const page = await visit(t, await runDemo(t));
  await signIn(page);
  const third = await secondTab(page);
  await signOut(await secondTab(page));

  await page.getByRole('button', { name: 'Click 20 times at once' }).click();
  await page.getByText('0 of 20 counted').waitFor();
  assert.equal(await statusOf(page, '/note', 'Save'), 403);
  await page.getByRole('heading', { name: 'Nothing was changed' }).waitFor();
  // No user is signed in any more, which is the purpose of its button.
  assert.equal(await statusOf(third, '/sign-out', 'Sign out'), 303);
  assert.equal(await whoIsSignedIn(page), '');

});

testOnce('reports that the session ended while a form was under way', async t => {

  const store = new MemoryStore();
  const { update } = store;
  const page = await visit(t, await runDemo(t, { store }));
  await signIn(page);
  Object.assign(store, {
    update(...args: Parameters<typeof update>) {
      store.end(args[0]);
      return update.apply(store, args);
    },
  });
  assert.equal(await statusOf(page, '/note', 'Save'), 409);
  await page.getByRole('heading', { name: 'Your session has changed' }).waitFor();

});

testOnce('shows a page while the store is down, and keeps its users signed in', async t => {

  const store = new MemoryStore();
  const { load } = store;
  const page = await visit(t, await runDemo(t, { store }));
  await signIn(page);
  t.mock.method(console, 'error', () => {});
  Object.assign(store, {
    load() {
      throw new Error('down');
    },
  });
  assert.equal((await page.reload())?.status(), 503);
  await page.getByRole('heading', { name: 'Back in a moment' }).waitFor();

  Object.assign(store, { load });
  await page.getByRole('link', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();

});

// By WebDriver BiDi, playwright can't turn JavaScript off.
testOnce('works without JavaScript', async t => {

  const page = await visit(t, await runDemo(t), { javaScriptEnabled: false });
  await signIn(page);
  assert.equal(await statusOf(page, '/clicks', 'Click'), 303);
  await page.getByLabel('Clicks').getByText('1').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Click 20 times at once' }).isVisible(), false);
  await page.getByLabel('Your note').fill('By hand');
  assert.equal(await statusOf(page, '/note', 'Save'), 303);
  await page.getByText('Your note is saved.').waitFor();
  assert.equal(await page.getByLabel('Your note').inputValue(), 'By hand');
  await signOut(page);

});

/** Presses a button, and returns the status of the answer to its form. */
async function statusOf(page: Page, path: string, button: string): Promise<number> {

  const answer = page.waitForResponse(response => new URL(response.url()).pathname === path);
  await page.getByRole('button', { name: button, exact: true }).click();
  return (await answer).status();

}
