import { deepStrictEqual, doesNotThrow, match, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SessionSizeError } from '../../src/index.js';
import { checkSize } from '../../src/values/session-size.js';
import { sizeOf } from '../../src/values/session-size.js';
import { NO_TEXTS } from '../../src/values/session-values.js';
import { anyText } from '../support/any-text.js';
import { idOf, setCookies } from '../support/browser.js';
import { RecordingStore } from '../support/recording-store.js';
import { type Page, site } from '../support/site.js';

/** `{"a":…}` as a session: 1 byte of key, and the text with its quotes. */
const ofSize = (bytes: number) => 'x'.repeat(bytes - 3);

const PAGES: Record<string, Page> = {
  '/small': ctx => { ctx.session = { a: 'x' }; },
  '/fits': ctx => { ctx.session.a = ofSize(1000); },
  '/large': ctx => { ctx.session.a = ofSize(1001); },
  '/add': ctx => { ctx.session.b = ofSize(500); },
  '/large-by-update': ctx => ctx.updateSession(session => { session.a = ofSize(1001); }),
  '/large-and-new-id': ctx => {
    ctx.session.a = ofSize(1001);
    ctx.sessionId = null;
  },
  '/large-with-cookie': ctx => {
    ctx.response.headers.set('Set-Cookie', 'theirs=1');
    ctx.session.a = ofSize(1001);
  },
  '/unicode': ctx => { ctx.session = { é: '😀'.repeat(300) }; },
  '/shrink': ctx => { ctx.session.a = ofSize(900); },
  '/remove': ctx => { delete ctx.session.a; },
  '/end': ctx => { ctx.session = null; },
  '/read': ctx => ctx.session,
};

describe('A session larger than maxBytes', () => {

  it('is refused to the byte, with a new session as with an old one', async () => {

    const { browser, errors, store } = site(PAGES, { store: new RecordingStore(), maxBytes: 1000 });
    strictEqual((await browser.get('/large')).status, 500);
    deepStrictEqual(store.takeCalls(), []);
    strictEqual(browser.cookies.size, 0);
    strictEqual((await browser.get('/fits')).status, 200);
    strictEqual((await browser.get('/large')).status, 500);
    const [error] = errors as SessionSizeError[];
    ok(error instanceof SessionSizeError);
    deepStrictEqual([error.httpStatus, error.code], [500, 'ERR_SESSION_SIZE']);
    strictEqual(error.message, 'The session would have 1001 bytes and maxBytes is 1000: its largest keys are session.a (1001)');

  });

  it('is counted in bytes of UTF-8', async () => {

    const bytes = 2 + 2 + 4 * 300;
    strictEqual((await site(PAGES, { maxBytes: bytes }).browser.get('/unicode')).status, 200);
    strictEqual((await site(PAGES, { maxBytes: bytes - 1 }).browser.get('/unicode')).status, 500);

  });

  it('leaves what was stored, the id and other cookies alone, by each way to store it', async () => {

    for (const path of ['/large', '/large-by-update', '/large-and-new-id', '/large-with-cookie']) {
      const { browser, store } = site(PAGES, { store: new RecordingStore(), maxBytes: 1000 });
      await browser.get('/small');
      const id = idOf(browser);
      store.takeCalls();
      const response = await browser.get(path);
      strictEqual(response.status, 500, path);
      deepStrictEqual(setCookies(response), path === '/large-with-cookie' ? ['theirs=1'] : []);
      deepStrictEqual(store.takeCalls(), ['load'], path);
      deepStrictEqual(await store.get(id), { a: 'x' });
      browser.cookies.delete('theirs');
      deepStrictEqual((await browser.get('/read')).body, { a: 'x' });
    }

  });

  it('is refused together with what is stored by now, not only with what the request had read', async () => {

    const store = new RecordingStore();
    const { browser } = site({
      ...PAGES,
      '/slow': async ctx => {
        await browser.clone().get('/add');
        await ctx.updateSession(session => { session.a = ofSize(600); });
      },
    }, { store, maxBytes: 1000 });
    await browser.get('/small');
    strictEqual((await browser.get('/slow')).status, 500);
    deepStrictEqual(await store.get(idOf(browser)), { a: 'x', b: ofSize(500) });

  });

  it('may shrink, and end', async () => {

    const store = new RecordingStore();
    const large = site(PAGES, { store });
    const strict = (browser: typeof large.browser) => {
      const there = site(PAGES, { store, maxBytes: 100 });
      for (const [name, value] of browser.cookies) there.browser.cookies.set(name, value);
      return there.browser;
    };
    await large.browser.get('/fits');
    const browser = strict(large.browser);
    strictEqual((await browser.get('/shrink')).status, 200);
    strictEqual((await browser.get('/add')).status, 500);
    strictEqual((await browser.get('/read')).status, 200);
    strictEqual((await browser.get('/end')).status, 200);
    deepStrictEqual(browser.cookies.size, 0);

  });

  it('is 1 MiB by default, and any size with Infinity', async () => {

    const pages: Record<string, Page> = {
      '/fits': ctx => { ctx.session.a = ofSize(1_048_576); },
      '/large': ctx => { ctx.session.a = ofSize(1_048_577); },
    };
    const { browser } = site(pages);
    strictEqual((await browser.get('/fits')).status, 200);
    strictEqual((await browser.get('/large')).status, 500);
    strictEqual((await site(pages, { maxBytes: Infinity }).browser.get('/large')).status, 200);

  });

});

describe('checkSize()', () => {

  it('names the largest keys, and neither values nor very long names', () => {

    const secret = JSON.stringify('secret'.repeat(100));
    const texts = new Map([['a', '1'], ['cart', secret + secret], ['x'.repeat(5000), '1'], ['b.c', secret], ['d', secret]]);
    throws(() => checkSize(NO_TEXTS, texts, 100), (error: SessionSizeError) => {
      match(error.message, /largest keys are session\.x{72}… \(5001\), session\.cart \(1208\), session\["b\.c"\] \(605\)$/);
      ok(!error.message.includes('secret'));
      return true;
    });

  });

  it('refuses a session that is larger than it may be and than it was, and no other', () => {

    const anyTexts = fc.array(fc.tuple(anyText(), anyText()), { maxLength: 5 }).map(entries => new Map(entries));
    fc.assert(fc.property(anyTexts, anyTexts, fc.integer({ min: 1, max: 100 }), (before, after, most) => {
      const bytes = (texts: Map<string, string>) => Buffer.from([...texts].flat().join('')).length;
      // Halves of a pair that are joined would become one character.
      fc.pre([...before, ...after].flat().every(text => text.isWellFormed()));
      strictEqual(sizeOf(after), bytes(after));
      const check = () => checkSize(before, after, most);
      if (bytes(after) > most && bytes(after) > bytes(before)) throws(check, SessionSizeError);
      else doesNotThrow(check);
    }));

  });

});
