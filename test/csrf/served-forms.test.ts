import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Response } from '@curveball/kernel';
import { encrypted, MemoryStore, type SessionOptions, type SessionStore } from '../../src/index.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { forgetForms, PAGES as FORMS, submit, tokenOf } from '../support/forms.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';
import { type Page, site } from '../support/site.js';

/*
 * A form that was served works until its visitor signs in or out. Answers to
 * requests that were sent at once reach the browser in either order.
 */

const PAGES: Record<string, Page> = {
  ...FORMS,
  '/cart': ctx => { ctx.session.cart = ['a book']; },
  '/flash': ctx => { ctx.session.flash = 'Saved'; },
  '/show-flash': ctx => {
    delete ctx.session.flash;
    return ctx.getCsrf();
  },
  '/empty': ctx => { ctx.session = null; },
  '/sign-in': ctx => {
    ctx.session.userId = 5;
    return ctx.getCsrf();
  },
  '/sign-in-new-id': ctx => {
    ctx.session.userId = 5;
    ctx.sessionId = null;
    return ctx.getCsrf();
  },
  '/sign-in-as-another': ctx => {
    ctx.session = { userId: 6 };
    return ctx.getCsrf();
  },
  '/sign-out': ctx => { ctx.session = null; },
};

const STORES: Record<string, () => SessionStore> = {
  'the memory store': () => new MemoryStore(),
  'a store behind a wire': () => new RecordingStore(),
  'a store with four methods': () => new MapStore(),
  'an encrypted store': () => encrypted(new MemoryStore(), { keys: [{ id: 'a', secret: 'x'.repeat(43) }] }),
};

/** Sends requests at once, and delivers their answers to the browser in the given order. */
async function atOnce(browser: Browser, paths: string[], order: number[]): Promise<Response[]> {

  const answers = await Promise.all(paths.map(path => browser.clone().get(path)));
  for (const index of order) for (const line of setCookies(answers[index] as Response)) browser.take(line);
  return answers;

}

const ORDERS = [[0, 1], [1, 0]];

for (const [name, makeStore] of Object.entries(STORES)) {

  for (const options of [{}, { user: 'userId' }] as Array<Partial<SessionOptions>>) {

    if (options.user && name === 'a store with four methods') continue;

    const open = () => site(PAGES, { store: makeStore(), ...options } as { store: SessionStore });

    describe(`A form that was served, on ${name}, ${options.user ? 'with' : 'without'} the option user`, () => {

      it('works, and replaces no session, if a script\'s first request puts something into the cart at the same time', async () => {

        for (const order of ORDERS) {
          const { browser } = open();
          const [page] = await atOnce(browser, ['/form', '/cart'], order);
          strictEqual(await submit(browser, page?.body), 200, String(order));
          deepStrictEqual((await browser.get('/read')).body, { cart: ['a book'] }, String(order));
        }

      });

      it('works if two first pages were requested at once', async () => {

        for (const order of ORDERS) {
          const { browser } = open();
          const pages = await atOnce(browser, ['/form', '/form'], order);
          notStrictEqual(pages[0]?.body, pages[1]?.body);
          for (const page of pages) strictEqual(await submit(browser, page.body), 200, String(order));
          await browser.get('/cart');
          for (const page of pages) strictEqual(await submit(browser, page.body), 200, String(order));
          const again = await browser.get('/form');
          deepStrictEqual(setCookies(again), [], 'one of them goes on');
          ok(pages.some(({ body }) => body === again.body));
        }

      });

      it('works if another request has begun a session since, and if that is emptied or moved', async () => {

        const { browser } = open();
        const token = await tokenOf(browser);
        for (const path of ['/cart', '/flash', '/show-flash', '/read']) {
          await browser.get(path);
          strictEqual(await submit(browser, token), 200, path);
          strictEqual(await tokenOf(browser), token, path);
        }

      });

      it('works if its page shows the session\'s only key and removes it', async () => {

        const { browser } = open();
        await browser.get('/flash');
        const token = await tokenOf(browser, '/show-flash');
        strictEqual(await submit(browser, token), 200);

      });

      it('works if the session was ended elsewhere a moment ago', async () => {

        const { browser } = open();
        await browser.get('/create');
        await browser.clone().get('/end');
        const token = await tokenOf(browser);
        strictEqual(await submit(browser, token), 200);
        strictEqual(await tokenOf(browser), token, 'also when it is loaded again');

      });

      it('works with the session\'s cookie alone, and with the form\'s alone', async () => {

        const { browser } = open();
        await browser.get('/cart');
        const token = await tokenOf(browser);
        const other = browser.clone();
        forgetForms(other);
        strictEqual(await submit(other, token), 200);
        browser.cookies.delete('CB');
        strictEqual(await submit(browser, token), 200);

      });

      it('is worthless after a sign-in, and the page of the sign-in has a form that works', async () => {

        for (const begin of [[], ['/cart']]) {
          const { browser } = open();
          for (const path of begin) await browser.get(path);
          const before = await tokenOf(browser);
          const token = await tokenOf(browser, options.user ? '/sign-in' : '/sign-in-new-id');
          strictEqual(await submit(browser, before), 403);
          strictEqual(await submit(browser, token), 200);
          strictEqual(await tokenOf(browser), token);
          deepStrictEqual((await browser.get('/read')).body, begin.length > 0 ? { cart: ['a book'], userId: 5 } : { userId: 5 });
        }

      });

      it('is worthless after a sign-out', async () => {

        const { browser } = open();
        await browser.get('/create');
        const before = await tokenOf(browser);
        await browser.get('/sign-out');
        strictEqual(await submit(browser, before), 403);
        strictEqual(await submit(browser, await tokenOf(browser)), 200);

      });

      it('accepts a second click of a sign-in, and both answers leave a session that works', async () => {

        for (const begin of [[], ['/cart']]) {
          const { browser } = open();
          for (const path of begin) await browser.get(path);
          const token = await tokenOf(browser);
          const second = browser.clone();
          await browser.get(options.user ? '/sign-in' : '/sign-in-new-id');
          strictEqual(await submit(second, token), 200);
        }

      });

    });

  }

}

describe('A form that was served, with the option user', () => {

  it('works if an anonymous session has ended', async () => {

    const { browser } = site(PAGES, { user: 'userId' });
    await browser.get('/cart');
    const token = await tokenOf(browser);
    await browser.get('/empty');
    strictEqual(idOf(browser), '');
    strictEqual(await submit(browser, token), 200);
    strictEqual(await tokenOf(browser), token);

  });

  it('is worthless for the next user, and for the one before', async () => {

    const { browser } = site(PAGES, { user: 'userId' });
    await browser.get('/create');
    const before = await tokenOf(browser);
    const token = await tokenOf(browser, '/sign-in-as-another');
    strictEqual(await submit(browser, before), 403);
    strictEqual(await submit(browser, token), 200);
    deepStrictEqual((await browser.get('/read')).body, { userId: 6 });

  });

});

describe('A form that was served, where ids are renewed', () => {

  for (const [whose, begin] of [['of a user', '/create'], ['of no one', '/cart']] as const) {

    it(`works however often the session ${whose} has got another id by itself`, async t => {

      t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
      const { browser } = site(PAGES, { user: 'userId', renewal: 60 });
      await browser.get(begin);
      const token = await tokenOf(browser);
      const ids = new Set([idOf(browser)]);
      for (let renewals = 0; renewals < 3; renewals++) {
        t.mock.timers.tick(61_000);
        await browser.clone().get('/read').then(answer => setCookies(answer).forEach(line => { browser.take(line); }));
        ids.add(idOf(browser));
        strictEqual(await submit(browser, token), 200, String(renewals));
        strictEqual(await tokenOf(browser), token);
        const alone = browser.clone();
        forgetForms(alone);
        strictEqual(await submit(alone, token), 200, 'with the session\'s cookie alone');
      }
      strictEqual(ids.size, 4);
      await browser.get('/new-id');
      strictEqual(await submit(browser, token), 403, 'a new id that was asked for');

    });

    it(`works if its own page has given the session ${whose} the new id`, async t => {

      t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
      const { browser } = site(PAGES, { user: 'userId', renewal: 60, grace: 30 });
      await browser.get(begin);
      t.mock.timers.tick(61_000);
      const before = browser.clone();
      const token = await tokenOf(browser);
      notStrictEqual(idOf(browser), idOf(before));
      strictEqual(await submit(browser, token), 200);
      strictEqual(await submit(before, await tokenOf(before)), 200, 'also with the former id');

    });

    it(`works if its page has saved a new id of the session ${whose}, and then changed something`, async () => {

      const { browser } = site({ ...PAGES, '/': async ctx => {
        ctx.sessionId = null;
        await ctx.saveSession();
        ctx.session.cart = 1;
        return ctx.getCsrf();
      } }, { user: 'userId', grace: 30 });
      await browser.get(begin);
      strictEqual(await submit(browser, await tokenOf(browser, '/')), 200);

    });

  }

});

describe('A form that was served through app.fetch(), which joins all cookies to one header', () => {

  it('takes nothing from the sign-in that comes after it', async () => {

    for (const options of [{}, { user: 'userId' }]) {
      const { app } = site(PAGES, options);
      const jar = new Map<string, string>();
      const visit = async (path: string, token = '') => {
        const headers = { 'Cookie': [...jar].map(pair => pair.join('=')).join('; '), 'X-CSRF-Token': token };
        const response = await app.fetch(new Request(`http://localhost${path}`, { headers }));
        // As a browser reads the one header: its first pair, and the rest as attributes.
        const [line] = response.headers.getSetCookie();
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line ?? '') ?? [];
        if (name !== undefined && value !== undefined) jar.set(name, value);
        if (name !== undefined && /max-age=0/i.test(line as string)) jar.delete(name);
        return { status: response.status, body: await response.text() };
      };
      const { body: before } = await visit('/form');
      strictEqual((await visit('/submit', before)).status, 200);
      const { body: token } = await visit(options.user ? '/sign-in' : '/sign-in-new-id');
      strictEqual((await visit('/submit', token)).status, 200);
      deepStrictEqual(JSON.parse((await visit('/read')).body), { userId: 5 });
      if (options.user) strictEqual((await visit('/submit', before)).status, 403);
      await visit('/sign-out');
      strictEqual(jar.has('CB'), false);
    }

  });

});
