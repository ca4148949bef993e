import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SessionOptions, MemoryStore } from '../../src/index.js';
import { setCookies } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { type Page, site } from '../support/site.js';
import { newName, warningsOf } from '../support/warnings.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/end': ctx => { ctx.session = null; },
  '/theirs': ctx => {
    ctx.response.headers.append('Set-Cookie', `${ctx.request.headers.get('x-name')}=theirs; Path=/`);
    ctx.response.headers.append('Set-Cookie', 'other=1');
    ctx.session = { userId: 5 };
  },
  '/save-first': async ctx => {
    ctx.session = { userId: 5 };
    await ctx.saveSession();
    ctx.session.more = true;
  },
};

function siteAt(origin: string | null, options: Omit<Partial<SessionOptions>, 'store'> = {}) {

  const name = options.cookieName ?? newName();
  const there = site(PAGES, { store: new MemoryStore(), ...options, cookieName: name });
  if (origin !== null) there.app.origin = origin;
  const visit = (path = '/create', headers: Record<string, string> = {}) => there.browser.clone().get(path, { headers });
  return { ...there, name, visit };

}

/** The codes of the warnings of visits, each of which sets a cookie. */
async function codesOf(origin: string | null, options: Omit<Partial<SessionOptions>, 'store'> = {}, headers: Record<string, string> = {}) {

  const { visit } = siteAt(origin, options);
  return (await warningsOf(() => visit('/create', headers))).map(({ code }) => code);

}

describe('A request that came over https, to an application that does not know it', () => {

  it('makes a warning, with the ways to set the origin', async () => {

    for (const headers of [
      { 'X-Forwarded-Proto': 'https' }, { 'X-Forwarded-Proto': 'HTTPS, http' }, { Forwarded: 'for=192.0.2.1;proto=https;host=a' },
      { Forwarded: 'for="[2001:db8::1]", proto="https"' },
    ] as Array<Record<string, string>>) {
      const { visit, name } = siteAt(null);
      const warnings = await warningsOf(() => visit('/create', headers));
      strictEqual(warnings.length, 1, JSON.stringify(headers));
      strictEqual(warnings[0].code, 'SESSION_ORIGIN');
      for (const word of [name, 'http://localhost', 'not Secure', 'CURVEBALL_ORIGIN', 'PUBLIC_URI', 'app.origin']) {
        ok(warnings[0].message.includes(word), `${warnings[0].message} – should say ${word}`);
      }
    }

  });

  it('makes one warning, however many requests there are', async () => {

    const { visit } = siteAt('http://app.example');
    const warnings = await warningsOf(async () => {
      await visit();
      for (let n = 0; n < 3; n++) await visit('/create', { 'X-Forwarded-Proto': 'https' });
      await visit();
    });
    deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_ORIGIN']);

  });

  it('makes this warning instead of those that would follow from the wrong origin', async () => {

    const https = { 'X-Forwarded-Proto': 'https' };
    deepStrictEqual(await codesOf('http://app.example', { cookieOptions: { secure: true, domain: 'shop.example' } }, https), ['SESSION_ORIGIN']);

  });

  it('makes no warning if no header says https, no cookie is sent, or the origin is https', async () => {

    const https = { 'X-Forwarded-Proto': 'https' };
    for (const headers of [{ 'X-Forwarded-Proto': 'http' }, { 'X-Forwarded-Proto': 'http, https' }, { Forwarded: 'proto=http' }, { 'X-Forwarded-Proto': 'httpsx' }, { Forwarded: 'for=https' }] as Array<Record<string, string>>) {
      deepStrictEqual(await codesOf(null, {}, headers), [], JSON.stringify(headers));
    }
    const { visit } = siteAt(null);
    deepStrictEqual(await warningsOf(() => visit('/read', https)), []);
    deepStrictEqual(await codesOf('https://app.example', {}, https), []);

  });

});

describe('A Secure cookie on an origin of plain http', () => {

  it('makes a warning, however it became Secure', async () => {

    for (const options of [
      { cookieOptions: { secure: true } },
      { cookieName: `__Host-${newName()}`, cookieOptions: { secure: 'auto' } },
      { cookieName: `__Secure-${newName()}`, cookieOptions: { secure: true } },
      { cookieOptions: { secure: 'auto', sameSite: 'none' } },
    ] as Array<Partial<SessionOptions>>) {
      const { visit, name } = siteAt('http://app.example:8080', options);
      const warnings = await warningsOf(async () => {
        await visit();
        await visit();
      });
      deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_COOKIE_SECURE']);
      ok(warnings[0].message.includes(name) && warnings[0].message.includes('http://app.example:8080'));
    }

  });

  it('makes no warning for the own machine, where browsers accept it', async () => {

    for (const origin of ['http://localhost', 'http://localhost:3000', 'http://shop.localhost', 'http://127.0.0.1:80', 'http://127.8.8.8', 'http://[::1]:3000', 'https://app.example']) {
      deepStrictEqual(await codesOf(origin, { cookieOptions: { secure: true } }), [], origin);
    }
    deepStrictEqual(await codesOf('http://app.example'), []);
    deepStrictEqual(await codesOf('http://app.example', { cookieOptions: { secure: 'auto' } }), []);
    deepStrictEqual(await codesOf('http://localhost.example', { cookieOptions: { secure: true } }), ['SESSION_COOKIE_SECURE']);
    deepStrictEqual(await codesOf('http://127.0.0.1.example', { cookieOptions: { secure: true } }), ['SESSION_COOKIE_SECURE']);

  });

  it("is written with secure: 'auto' by the origin, and always with a name or attribute that demands it", async () => {

    const lineAt = async (origin: string, options: Partial<SessionOptions>) => setCookies(await siteAt(origin, options).visit())[0];
    const auto = { cookieOptions: { secure: 'auto' } } as const;
    ok(!/Secure/.test(await lineAt('http://localhost', auto)));
    match(await lineAt('https://app.example', auto), /; Secure;/);
    match(await lineAt('http://localhost', { cookieName: '__Host-CB', ...auto }), /^__Host-CB=\w+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    match(await lineAt('http://localhost', { cookieOptions: { secure: 'auto', partitioned: true, priority: 'high' } }), /; Secure; Partitioned; Priority=High;/);

  });

});

describe('A cookie for another domain than the origin\'s', () => {

  it('makes a warning', async () => {

    for (const [origin, domain] of [
      ['https://app.example', 'other.example'], ['https://app.example', 'www.app.example'], ['https://xapp.example', 'app.example'],
      ['http://localhost:3000', 'app.example'], ['https://192.0.2.1', '0.2.1.example'],
    ]) {
      deepStrictEqual(await codesOf(origin, { cookieOptions: { domain } }), ['SESSION_COOKIE_DOMAIN'], `${origin} ${domain}`);
    }

  });

  it('makes no warning if the host is in the domain', async () => {

    for (const domain of ['app.example', '.app.example', 'APP.example', 'example']) {
      deepStrictEqual(await codesOf('https://app.example', { cookieOptions: { domain } }), [], domain);
      deepStrictEqual(await codesOf('https://www.app.example:8443', { cookieOptions: { domain } }), [], domain);
    }

  });

});

describe('A handler that sets a cookie of our name', () => {

  it('gets a warning that its cookie was replaced: only one of a name is sent', async () => {

    const { visit, name } = siteAt('https://app.example');
    const warnings = await warningsOf(async () => {
      const lines = setCookies(await visit('/theirs', { 'X-Name': name }));
      deepStrictEqual(lines.map(line => line.split('=')[0]), [name, 'other']);
      ok(!lines[0].includes('theirs'));
      await visit('/theirs', { 'X-Name': name });
    });
    deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_COOKIE_REPLACED']);
    ok(warnings[0].message.includes(name));

  });

  it('gets no warning about other names, or about what we have set ourselves', async () => {

    const { visit, name } = siteAt('https://app.example');
    deepStrictEqual(await warningsOf(async () => {
      await visit('/theirs', { 'X-Name': `${name}X` });
      await visit('/theirs', { 'X-Name': name.toLowerCase() });
      await visit('/save-first');
    }), []);

  });

});

describe('Ids of a store', () => {

  const storeWith = (newSessionId: () => string) => Object.assign(new MapStore(), { newSessionId: async () => newSessionId() });

  // Each reason is given once per process, whatever the store: the order counts.
  it('make no warning if they are long and differ', async () => {

    let n = 0;
    const { browser } = site(PAGES, { store: storeWith(() => `${++n}`.padStart(22, 'x')) });
    deepStrictEqual(await warningsOf(async () => {
      await browser.get('/create');
      await browser.clone().get('/create');
    }), []);
    deepStrictEqual(await codesOf(null), []);

  });

  it('make a warning without the id if they are short or repeat themselves', async () => {

    const short = site(PAGES, { store: storeWith(() => 'x'.repeat(21)) });
    const warnings = await warningsOf(async () => {
      await short.browser.get('/create');
      await short.browser.get('/end');
      await short.browser.get('/create');
    });
    deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_ID_SHORT', 'SESSION_ID_REPEATED']);
    ok(warnings.every(({ message }) => !message.includes('xxx')));

  });

});
