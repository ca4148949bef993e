import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CsrfError } from '../../src/index.js';
import { ATTACKER, type CsrfSite, type CsrfSiteOptions, cookieOf, csrfSite, formOf, type Headers, ORIGIN, SIBLING } from '../support/csrf-site.js';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** A site for the tests of one block. */
function shared(options: CsrfSiteOptions = {}) {

  const there = {} as { site: CsrfSite; cookie: string; token: string };
  before(async () => { there.site = await csrfSite(options); });
  beforeEach(async () => { Object.assign(there, await there.site.visitor()); });
  after(() => there.site.close());
  return there;

}

async function withSite(options: CsrfSiteOptions, test: (site: CsrfSite) => Promise<void>) {

  const site = await csrfSite(options);
  try {
    await test(site);
  } finally {
    await site.close();
  }

}

for (const order of ['before', 'after'] as const) {

  describe(`csrf() ${order} session()`, () => {

    const there = shared({ order, csrf: { trustedOrigins: ['https://trusted.test'] } });

    const post = async (headers: Headers, { cookie = true, body = '' } = {}) => (
      await there.site.send('POST', '/do', { ...FORM, ...(cookie ? { Cookie: there.cookie } : {}), ...headers }, body)
    ).status;

    const rows: Array<[name: string, headers: () => Headers, status: number, options?: { cookie?: boolean; body?: () => string }]> = [
      ['1: the application\'s own request', () => ({ 'Sec-Fetch-Site': 'same-origin', Origin: ORIGIN }), 200],
      ['1: what the visitor sends by himself', () => ({ 'Sec-Fetch-Site': 'none' }), 200],
      ['2: its own request from a page without referrers', () => ({ 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }), 200],
      ['3: an attacker\'s request', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: ATTACKER }), 403],
      ['3: a sandboxed frame, or a redirect through another site', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: 'null' }), 403],
      ['3: another site without Origin', () => ({ 'Sec-Fetch-Site': 'cross-site' }), 403],
      ['3: another site that claims the application\'s origin', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: ORIGIN }), 403],
      ['3: an attacker\'s request with a right token', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: ATTACKER, 'X-CSRF-Token': there.token }), 403],
      ['4: a sibling\'s request', () => ({ 'Sec-Fetch-Site': 'same-site', Origin: SIBLING }), 403],
      ['4: a request of an origin that is trusted', () => ({ 'Sec-Fetch-Site': 'same-site', Origin: 'https://trusted.test' }), 200],
      ['4: a request of a trusted origin on another site', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://trusted.test' }), 200],
      ['4: http of the trusted host', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: 'http://trusted.test' }), 403],
      ['5: the http page of the same host', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: ORIGIN.replace('https', 'http') }), 403],
      ['6: no Fetch Metadata, and the right Origin', () => ({ Origin: ORIGIN }), 200],
      ['6: no Fetch Metadata, and a trusted Origin', () => ({ Origin: 'https://trusted.test' }), 200],
      ['6: the right Origin behind a proxy that names another host', () => ({ Origin: ORIGIN, Host: 'internal:8080' }), 200],
      ['7: no Fetch Metadata, and another Origin', () => ({ Origin: ATTACKER }), 403],
      ['7: another Origin, and the Host that belongs to it', () => ({ Origin: ATTACKER, Host: 'attacker.test' }), 403],
      ['7: no Fetch Metadata, and no origin that has a name', () => ({ Origin: 'null' }), 403],
      ['8: neither header, and the token as a header', () => ({ 'X-CSRF-Token': there.token }), 200],
      ['8: neither header, and the token in the form', () => ({}), 200, { body: () => `csrf-token=${there.token}` }],
      ['9: neither header, and no token', () => ({}), 403],
      ['9: neither header, and a wrong token', () => ({ 'X-CSRF-Token': 'x'.repeat(43) }), 403],
      ['9: neither header, and the token twice in the form', () => ({}), 403, { body: () => `csrf-token=${there.token}&csrf-token=${there.token}` }],
      ['9: neither header, and the token twice as a header', () => ({ 'X-CSRF-Token': [there.token, there.token] }), 403],
      ['9: neither header, and a password that the browser remembers', () => ({ Authorization: 'Basic eDp5' }), 403, { cookie: false }],
      ['10: neither header and no cookie', () => ({}), 200, { cookie: false }],
      ['10: neither header, and a cookie of another application', () => ({ Cookie: 'balancer=3' }), 200, { cookie: false }],
      ['10: neither header, and a key that only a script can send', () => ({ Authorization: 'Bearer x' }), 200, { cookie: false }],
      ['14: an attacker signs the visitor in', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: ATTACKER }), 403, { cookie: false }],
      ['14: the same from an old browser', () => ({ Origin: ATTACKER }), 403, { cookie: false }],
      ['15: Sec-Fetch-Site twice counts as absent', () => ({ 'Sec-Fetch-Site': ['same-origin', 'same-origin'] }), 403],
      ['15: Sec-Fetch-Site twice, and a right Origin', () => ({ 'Sec-Fetch-Site': ['same-origin', 'cross-site'], Origin: ORIGIN }), 200],
      ['15: Sec-Fetch-Site with a comma counts as absent', () => ({ 'Sec-Fetch-Site': 'same-origin, cross-site' }), 403],
      ['15: Origin twice', () => ({ Origin: [ORIGIN, ORIGIN] }), 403],
      ['15: Origin twice, once another', () => ({ 'Sec-Fetch-Site': 'same-site', Origin: ['https://trusted.test', ATTACKER] }), 403],
    ];

    for (const [name, headers, status, { cookie = true, body = () => '' } = {}] of rows) {

      it(`row ${name}: ${status}`, async () => {

        const { site } = there;
        strictEqual(await post(headers(), { cookie, body: body() }), status);
        deepStrictEqual(site.handled, status === 200 ? ['POST /do'] : [], 'no handler runs');
        if (status === 200) return;
        const [error] = site.errors;
        ok(error instanceof CsrfError);
        strictEqual(site.events.length, 1);
        ok(!JSON.stringify(site.events).includes(there.token));
      });

    }

    it('does not use the store if the headers refuse', async () => {

      await post({ 'Sec-Fetch-Site': 'cross-site', Origin: ATTACKER });
      await post({ Origin: ATTACKER });
      deepStrictEqual(there.site.store.takeCalls(), order === 'before' ? [] : ['load', 'load']);

    });

    it('sets no cookie, stores nothing and refreshes nothing for a refused request', async () => {

      const { site, cookie } = there;
      const refused = [
        await site.send('POST', '/create', { 'Sec-Fetch-Site': 'cross-site' }),
        await site.send('POST', '/form', { Origin: ATTACKER }),
        await site.send('POST', '/end', { Cookie: cookie }),
        await site.send('POST', '/new-id', { Cookie: cookie, 'Sec-Fetch-Site': 'same-site' }),
      ];
      for (const { status, headers } of refused) {
        strictEqual(status, 403);
        strictEqual(headers['set-cookie'], undefined);
      }
      deepStrictEqual(site.store.takeCalls().filter(call => call !== 'load'), []);

    });

    it('judges every method but GET, HEAD and OPTIONS', async () => {

      const { site, cookie } = there;
      const all = ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'MKCOL', 'LINK', 'REPORT', 'TRACE', 'QUERY'];
      const headers = { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site', Origin: ATTACKER };
      for (const method of all) {
        // An older Node does not know QUERY.
        const { status } = await site.send(method, '/do', headers).catch(() => ({ status: 403 }));
        ok(status === 403 || (method === 'QUERY' && status === 400), `${method}: ${status}`);
      }
      deepStrictEqual(site.handled, []);
      for (const method of ['GET', 'HEAD', 'OPTIONS']) strictEqual((await site.send(method, '/do', headers)).status, 200, method);

    });

    it('does not look at the type of the content', async () => {

      const types = [
        undefined, 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', 'TEXT/PLAIN', 'application/json',
        'application/json; charset=utf-8', 'Application/JSON', 'text/plain; x=application/json', 'application/csp-report', 'application/graphql', '; x',
      ];
      for (const type of types) {
        for (const [headers, status] of [
          [{ 'Sec-Fetch-Site': 'cross-site' }, 403], [{ Origin: ATTACKER }, 403], [{}, 403],
          [{ 'Sec-Fetch-Site': 'same-origin' }, 200], [{ 'X-CSRF-Token': there.token }, 200],
        ] as const) {
          const { status: got } = await there.site.send('POST', '/do', {
            Cookie: there.cookie, ...headers, ...(type === undefined ? {} : { 'Content-Type': type }),
          }, '{}');
          strictEqual(got, status, `${type} ${JSON.stringify(headers)}`);
        }
      }

    });

    it('accepts no header as a proof that a page can send without asking', async () => {

      const claims = { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest', Referer: `${ORIGIN}/`, 'X-Forwarded-Host': 'attacker.test' };
      strictEqual(await post(claims), 403);
      strictEqual(await post({ ...claims, 'Sec-Fetch-Site': 'cross-site' }), 403);

    });

    it('rows 11 to 13: judges WebSockets by Origin, and closes those that it refuses', async () => {

      const { site, cookie, token } = there;
      strictEqual(await site.open({ Cookie: cookie, Origin: ORIGIN }), 'welcome');
      strictEqual(await site.open({ Cookie: cookie, Origin: ORIGIN, 'Sec-Fetch-Site': 'same-origin' }), 'welcome');
      strictEqual(await site.open({}), 'welcome');
      strictEqual(await site.open({ Cookie: cookie, 'X-CSRF-Token': token }), 'welcome');
      site.handled.length = 0;
      for (const headers of [
        { Origin: SIBLING }, { Origin: SIBLING, 'Sec-Fetch-Site': 'same-site' }, { Origin: ATTACKER }, { Origin: 'null' },
        {}, { 'X-CSRF-Token': 'x' }, { Origin: ORIGIN, 'Sec-Fetch-Site': 'cross-site' },
      ] as Headers[]) strictEqual(await site.open({ Cookie: cookie, ...headers }), 1008, JSON.stringify(headers));
      deepStrictEqual(site.handled, []);

    });

    it('refuses the token of another session, of an id that moved away, of an ended session and of an unknown id', async () => {

      const { site, cookie, token } = there;
      const other = await site.visitor();
      const send = async (headers: Headers) => (await site.send('POST', '/do', headers)).status;
      strictEqual(await send({ Cookie: cookie, 'X-CSRF-Token': other.token }), 403);
      const moved = cookieOf(await site.send('GET', '/new-id', { Cookie: cookie })) as string;
      strictEqual(await send({ Cookie: moved, 'X-CSRF-Token': token }), 403);
      await site.send('GET', '/end', { Cookie: moved });
      strictEqual(await send({ Cookie: moved, 'X-CSRF-Token': token }), 403);
      strictEqual(await send({ Cookie: `CB=${'x'.repeat(43)}`, 'X-CSRF-Token': token }), 403);

    });

    it('reports what it refused, and no secret', async () => {

      const { site, cookie, token } = there;
      await site.send('POST', '/do?secret=1', { Cookie: cookie, 'Sec-Fetch-Site': 'same-site', Origin: SIBLING, 'X-CSRF-Token': token });
      deepStrictEqual(site.events, [{ reason: 'same-site', method: 'POST', path: '/do', origin: SIBLING, site: 'same-site', report: false }]);

    });

  });

}

describe('csrf({ exempt })', () => {

  const there = shared({ csrf: { exempt: ['/hook', ctx => ctx.request.headers.get('X-Signature') === 'right', (() => Promise.resolve(true)) as never] } });
  const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: ATTACKER };

  it('lets a path through, and reports that', async () => {

    const { site } = there;
    strictEqual((await site.send('POST', '/hook?x=1', foreign)).status, 200);
    deepStrictEqual(site.events.map(({ reason, path }) => [reason, path]), [['exempt', '/hook']]);

  });

  it('exempts nothing but that path', async () => {

    for (const path of ['/hook/', '//hook', '/Hook', '/hook/../admin', '/x/../hook', '/hook/.', '/%68ook', '/hook%2f', '/hook/%2e%2e/admin', '/hook;x', '/hooks', '/', '/hook%00', '*', '/hook%23', '/do?/hook']) {
      strictEqual((await there.site.send('POST', path, foreign)).status, 403, path);
    }
    deepStrictEqual(there.site.handled, []);

  });

  it('exempts the requests for which a function returns true, and does not accept a promise for that', async () => {

    strictEqual((await there.site.send('POST', '/do', { ...foreign, 'X-Signature': 'right' })).status, 200);
    strictEqual((await there.site.send('POST', '/do', { ...foreign, 'X-Signature': 'wrong' })).status, 403);

  });

});

describe('csrf({ guard })', () => {

  const there = shared({ csrf: { guard: ctx => ctx.path === '/sign-out' || ctx.request.headers.get('Sec-Fetch-Dest') === 'image' } });

  it('judges the paths that it guards, also if the request sends nothing', async () => {

    const { site, cookie, token } = there;
    const get = async (headers: Headers, method = 'GET') => (await site.send(method, '/sign-out', { Cookie: cookie, ...headers })).status;
    const navigation = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    strictEqual(await get({ ...navigation, 'Sec-Fetch-Site': 'cross-site' }), 403);
    strictEqual(await get({ ...navigation, 'Sec-Fetch-Site': 'same-site' }), 403);
    strictEqual(await get({ ...navigation, 'Sec-Fetch-Site': 'same-origin' }), 200);
    strictEqual(await get({ ...navigation, 'Sec-Fetch-Site': 'none' }), 200);
    strictEqual(await get({ 'Sec-Fetch-Site': 'cross-site' }, 'HEAD'), 403);
    strictEqual(await get({}), 403);
    strictEqual(await get({ 'X-CSRF-Token': token }), 200);
    strictEqual((await site.send('GET', '/do', { 'Sec-Fetch-Site': 'cross-site' })).status, 200);

  });

  it('keeps images from pages of other sites', async () => {

    const image = { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' };
    strictEqual((await there.site.send('GET', '/photo', { ...image, 'Sec-Fetch-Site': 'cross-site' })).status, 403);
    const { status, headers } = await there.site.send('GET', '/photo', { ...image, 'Sec-Fetch-Site': 'same-origin' });
    strictEqual(status, 200);
    match(headers.vary as string, /Sec-Fetch-Site/);

  });

});

describe('A refusal', () => {

  const there = shared();
  const detailOf = async (headers: Headers) => {
    there.site.errors.length = 0;
    strictEqual((await there.site.send('POST', '/do', { ...FORM, Cookie: there.cookie, ...headers })).status, 403);
    return (there.site.errors[0] as CsrfError).detail;
  };

  it('names the application\'s origin if that of the request is another', async () => {

    for (const origin of ['http://localhost:8500', ATTACKER, 'null']) {
      strictEqual(await detailOf({ Origin: origin }), `The Origin header does not name an origin that may send such requests: the application's own is ${ORIGIN} (app.origin)`);
    }

  });

  it('names a header that would help if there is none, and that header does help', async () => {

    for (const token of [{}, { 'X-CSRF-Token': 'x' }] as Headers[]) {
      match(await detailOf(token), /^(No CSRF token was found|The CSRF token is incorrect).*\. A tool can send "Origin: https:\/\/app\.victim\.test"$/);
    }
    strictEqual((await there.site.send('POST', '/do', { ...FORM, Cookie: there.cookie, Origin: ORIGIN })).status, 200);

  });

  it('shows nothing of the session, its cookie or its token', async () => {

    const [, id] = there.cookie.split('=');
    for (const headers of [{ Origin: ATTACKER }, {}, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }] as Headers[]) {
      const detail = await detailOf(headers);
      ok(!detail.includes(id as string) && !detail.includes(there.token));
    }

  });

});

describe('csrf({ requireToken })', () => {

  const there = shared({ csrf: { requireToken: true } });

  it('demands the token also if the headers are right', async () => {

    const { site, cookie, token } = there;
    const own = { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin', Origin: ORIGIN };
    strictEqual((await site.send('POST', '/do', own)).status, 403);
    strictEqual((await site.send('POST', '/do', { ...own, 'X-CSRF-Token': token })).status, 200);
    strictEqual((await site.send('POST', '/do')).status, 403);
    strictEqual((await site.send('POST', '/do', { Cookie: cookie, 'X-CSRF-Token': token, Origin: ATTACKER })).status, 403);
    strictEqual((await site.send('GET', '/do')).status, 200);

  });

  it('closes a WebSocket with the error of an exemption, or of what comes after it where there is no session', async () => {

    for (const options of [{ csrf: { exempt: [() => { throw new Error('a bug'); }] } }, { order: 'alone' as const, between: [() => { throw new Error('a bug'); }] }]) {
      const site = await csrfSite(options);
      try {
        const warned = once(process, 'warning');
        strictEqual(await site.open(), 1011);
        match(String((await warned)[0]), /A WebSocket was closed: a bug/);
      } finally {
        await site.close();
      }
    }

  });

  it('demands none in a WebSocket, since a page can\'t send one there', async () => {

    strictEqual(await there.site.open({ Cookie: there.cookie, Origin: ORIGIN }), 'welcome');
    strictEqual(await there.site.open({ Cookie: there.cookie, Origin: SIBLING }), 1008);

  });

  it('does not say that a header would help', async () => {

    const { site } = there;
    site.errors.length = 0;
    strictEqual((await site.send('POST', '/do', { ...FORM, Cookie: there.cookie })).status, 403);
    doesNotMatch((site.errors[0] as CsrfError).detail, /A tool can send/);

  });

  it('accepts a form of a visitor without a session', async () => {

    const { site } = there;
    const form = await site.send('GET', '/form');
    const headers = { Cookie: formOf(form), 'Sec-Fetch-Site': 'same-origin' };
    strictEqual((await site.send('POST', '/create', { ...headers, ...FORM }, `csrf-token=${form.body}`)).status, 200);

  });

});

describe('csrf({ report })', () => {

  const there = shared({ csrf: { report: true } });

  it('refuses nothing, and reports what it would refuse', async () => {

    const { site, cookie } = there;
    strictEqual((await site.send('POST', '/do', { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site' })).status, 200);
    strictEqual((await site.send('POST', '/do', { Cookie: cookie })).status, 200);
    strictEqual(await site.open({ Cookie: cookie, Origin: SIBLING }), 'welcome');
    deepStrictEqual(site.events.map(({ reason, report }) => [reason, report]), [['cross-site', true], ['token', true], ['foreign-origin', true]]);
    deepStrictEqual(site.errors, []);

  });

});

describe('csrf()', () => {

  it('fails with a clear error if it needs a token and no session middleware follows', () => withSite({ order: 'alone' }, async site => {

    for (const headers of [{ Cookie: 'x=y' }, { Authorization: 'Basic x' }] as Headers[]) {
      strictEqual((await site.send('POST', '/do', headers)).status, 500);
    }
    match(String(site.errors[0]), /put session\(\) after csrf\(\)/);
    strictEqual((await site.send('POST', '/do')).status, 200);
    strictEqual((await site.send('POST', '/do', { Cookie: 'x=y', 'Sec-Fetch-Site': 'same-origin' })).status, 200);
    strictEqual((await site.send('POST', '/do', { Cookie: 'x=y', 'Sec-Fetch-Site': 'cross-site' })).status, 403);

  }));

  it('judges the method that the handlers see only if a middleware before it has changed that', async () => {

    const override = async (ctx: { request: { method: string; headers: { get(name: string): string | null } } }, next: () => Promise<void>) => {
      ctx.request.method = ctx.request.headers.get('X-HTTP-Method-Override') ?? ctx.request.method;
      await next();
    };
    const tunnel = { 'X-HTTP-Method-Override': 'DELETE', 'Sec-Fetch-Site': 'cross-site' };
    await withSite({ first: [override as never] }, async site => {
      strictEqual((await site.send('GET', '/do', tunnel)).status, 403);
      deepStrictEqual(site.handled, []);
    });
    await withSite({ between: [override as never] }, async site => {
      strictEqual((await site.send('GET', '/do', tunnel)).status, 200);
      deepStrictEqual(site.handled, ['DELETE /do'], 'which is why the documentation gives the order');
    });

  });

  it('compares with the configured origin, however that is written', async () => {

    const there = await csrfSite();
    try {
      for (const origin of [
        'https://app.victim.test.attacker.test', 'https://app.victim.test:444', 'http://app.victim.test', 'HTTPS://APP.VICTIM.TEST', `${ORIGIN}/`,
        'https://app.victim.test:443', 'https://app.victim.test.', 'https://app.victim.test@attacker.test', 'https://app', 'app.victim.test', '', ' ', 'file://', 'chrome-extension://abc',
      ]) strictEqual((await there.send('POST', '/do', { Origin: origin })).status, 403, origin);
    } finally {
      await there.close();
    }

  });

  it('reports a refusal once, also with a very long Origin', () => withSite({}, async site => {

    strictEqual((await site.send('POST', '/do', { 'Sec-Fetch-Site': 'cross-site', Origin: 'x'.repeat(10_000) })).status, 403);
    strictEqual(site.events.length, 1);

  }));

});
