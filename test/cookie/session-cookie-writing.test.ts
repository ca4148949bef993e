import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Headers } from '@curveball/kernel';
import type { CookieOptions } from '../../src/index.js';
import { settingsFrom } from '../../src/options.js';
import { SessionCookie } from '../../src/cookie/session-cookie.js';
import { idOf, setCookies } from '../support/browser.js';
import { type Page, site } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/end': ctx => { ctx.session = null; },
};

function cookieWith(cookieOptions: CookieOptions, cookieName = 'CB') {

  return new SessionCookie(settingsFrom({ store: 'memory', cookieName, cookieOptions }));

}

/** The cookie as written for plain http and for https. */
function written(cookieOptions: CookieOptions, cookieName?: string) {

  const cookie = cookieWith(cookieOptions, cookieName);
  const lines = (write: (headers: Headers) => void) => {
    const headers = new Headers();
    write(headers);
    return headers.get('Set-Cookie');
  };
  return {
    set: lines(headers => cookie.set(headers, 'id', false)),
    setSecure: lines(headers => cookie.set(headers, 'id', true)),
    clear: lines(headers => cookie.clear(headers, false)),
    clearSecure: lines(headers => cookie.clear(headers, true)),
  };

}

describe('Writing the cookie', () => {

  it('has the safe attributes by default, and nothing more', async () => {

    const { browser } = site(PAGES);
    deepStrictEqual(setCookies(await browser.get('/create')), [
      `CB=${idOf(browser)}; Path=/; HttpOnly; SameSite=Lax`,
    ]);

  });

  it('is Secure when the origin of the application is https', async () => {

    const { app, browser } = site(PAGES);
    app.origin = 'https://app.example';
    deepStrictEqual(setCookies(await browser.get('/create')), [
      `CB=${idOf(browser)}; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ]);
    deepStrictEqual(setCookies(await browser.get('/end')), [
      'CB=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    ]);

  });

  it('is cleared with the attributes that it was set with', () => {

    deepStrictEqual(written({ domain: 'app.example', path: '/shop', sameSite: 'none', secure: true, partitioned: true }), {
      set: 'CB=id; Domain=app.example; Path=/shop; HttpOnly; Secure; Partitioned; SameSite=None',
      setSecure: 'CB=id; Domain=app.example; Path=/shop; HttpOnly; Secure; Partitioned; SameSite=None',
      clear: 'CB=; Max-Age=0; Domain=app.example; Path=/shop; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; SameSite=None',
      clearSecure: 'CB=; Max-Age=0; Domain=app.example; Path=/shop; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; SameSite=None',
    });
    deepStrictEqual(written({ maxAge: 600 }), {
      set: 'CB=id; Max-Age=660; Path=/; HttpOnly; SameSite=Lax',
      setSecure: 'CB=id; Max-Age=660; Path=/; HttpOnly; Secure; SameSite=Lax',
      clear: 'CB=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
      clearSecure: 'CB=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    });
    // A browser ignores the end of a __Host- cookie that is not Secure.
    const { clear } = written({ secure: true }, '__Host-CB');
    strictEqual(clear, '__Host-CB=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax');

  });

  it('keeps the other defaults if one attribute is overridden', () => {

    strictEqual(written({ secure: true }).set, 'CB=id; Path=/; HttpOnly; Secure; SameSite=Lax');
    strictEqual(written({ secure: false }).setSecure, 'CB=id; Path=/; HttpOnly; SameSite=Lax');
    strictEqual(written({ httpOnly: false }).set, 'CB=id; Path=/; SameSite=Lax');
    strictEqual(written({ path: '/a' }).set, 'CB=id; Path=/a; HttpOnly; SameSite=Lax');
    strictEqual(written({ sameSite: false }).set, 'CB=id; Path=/; HttpOnly');
    strictEqual(written({ sameSite: undefined, path: undefined, httpOnly: undefined }).set, 'CB=id; Path=/; HttpOnly; SameSite=Lax');
    strictEqual(written({ priority: 'high' }).set, 'CB=id; Path=/; HttpOnly; Priority=High; SameSite=Lax');

  });

  it('accepts the options of the documentation', async () => {

    const { browser } = site(PAGES, {
      cookieName: 'MY_SESSION', expiry: 7200, cookieOptions: { secure: true, path: '/', sameSite: true },
    });
    const [line] = setCookies(await browser.get('/create'));
    ok(/^MY_SESSION=[0-9A-Za-z]{59}; Path=\/; HttpOnly; Secure; SameSite=Strict$/.test(line), line);

  });

  it('keeps the cookies that the application sets', async () => {

    const { browser } = site({
      '/one': ctx => {
        ctx.response.headers.set('Set-Cookie', 'CB2=theirs; Path=/');
        ctx.session = { a: 1 };
      },
      '/two': ctx => {
        ctx.response.headers.append('Set-Cookie', ['a=1', 'CBX=2']);
        ctx.session = null;
      },
    });
    const id = /^CB=([^;]+)/;
    const [ours, theirs, ...more] = setCookies(await browser.get('/one'));
    strictEqual(theirs, 'CB2=theirs; Path=/');
    ok(id.test(ours));
    deepStrictEqual(more, []);
    deepStrictEqual(setCookies(await browser.get('/two')).slice(1), ['a=1', 'CBX=2']);
    strictEqual(browser.cookies.has('CB'), false);

  });

  it('puts ours first and whole if app.fetch() joins all cookies to one', async () => {

    const others = ['theme=dark; Path=/', 'CB2=theirs'];
    const { app } = site({
      '/before': ctx => {
        ctx.response.headers.set('Set-Cookie', others);
        ctx.session = { userId: 5 };
      },
      '/after': async ctx => {
        ctx.session = { userId: 5 };
        await ctx.saveSession();
        ctx.response.headers.append('Set-Cookie', others);
      },
      '/read': ctx => ctx.session,
      '/end': ctx => {
        ctx.response.headers.set('Set-Cookie', others);
        ctx.session = null;
      },
    });
    const fetch = async (path: string, headers = {}) => {
      const response = await app.fetch(new Request(`http://localhost${path}`, { headers }));
      // The kernel leaves one header. A browser reads its first pair as the cookie, and the rest as attributes.
      const [pair, ...attributes] = response.headers.getSetCookie().slice(0, 1).join().split(/; */);
      return { pair, attributes, body: await response.text() };
    };
    for (const path of ['/before', '/after']) {
      const { pair, attributes } = await fetch(path);
      deepStrictEqual(attributes.slice(0, 3), ['Path=/', 'HttpOnly', 'SameSite=Lax'], path);
      ok(!attributes.slice(3).some(attribute => /^(HttpOnly|SameSite|Secure)/i.test(attribute)), path);
      deepStrictEqual(JSON.parse((await fetch('/read', { Cookie: pair })).body), { userId: 5 });
      const end = await fetch('/end', { Cookie: pair });
      strictEqual(end.pair, 'CB=');
      ok(end.attributes.includes('Max-Age=0') && end.attributes.includes('SameSite=Lax'));
      deepStrictEqual(JSON.parse((await fetch('/read', { Cookie: pair })).body), {});
    }

  });

  it('changes nothing if each cookie has a header of its own', () => {

    const sent = new Map<string, unknown>();
    const ofNode = { inner: {}, has: (name: string) => sent.has(name), getMany: (name: string) => sent.get(name), set: sent.set.bind(sent) };
    sent.set('set-cookie', ['theme=dark']);
    cookieWith({}).set(ofNode as unknown as Headers, 'id', false);
    deepStrictEqual(sent.get('Set-Cookie'), ['CB=id; Path=/; HttpOnly; SameSite=Lax', 'theme=dark']);

  });

  it('sends one cookie of our name, also if the application has written one', async () => {

    const { browser } = site({
      '/': ctx => {
        ctx.response.headers.set('Set-Cookie', 'CB=forged; Path=/');
        ctx.session = { a: 1 };
      },
    });
    const lines = setCookies(await browser.get('/'));
    strictEqual(lines.length, 1);
    ok(!lines[0].includes('forged'));

  });

  it('writes ids of any text so that a browser gives them back', () => {

    const headers = new Headers();
    cookieWith({}).set(headers, 'a b;c=d"é😀', false);
    strictEqual(headers.get('Set-Cookie'), 'CB=a%20b%3Bc%3Dd%22%C3%A9%F0%9F%98%80; Path=/; HttpOnly; SameSite=Lax');

  });

  it('says whether a browser would keep a cookie', () => {

    const cookie = cookieWith({}, 'N'.repeat(96));
    ok(cookie.fits('x'.repeat(4000)));
    ok(!cookie.fits('x'.repeat(4001)));
    // Three bytes for each of these.
    ok(!cookie.fits(' '.repeat(1334)));

  });

});
