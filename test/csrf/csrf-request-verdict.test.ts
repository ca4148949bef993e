import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import fc from 'fast-check';
import { serializedOrigin, verdictOn } from '../../src/csrf/request-verdict.js';
import session, { csrf } from '../../src/index.js';
import { Browser } from '../support/browser.js';
import { errorsToStatus } from '../support/site.js';

const OWN = 'https://app.test';
const TRUSTED = new Set(['https://trusted.test']);

const KNOWN = ['same-origin', 'none', 'same-site', 'cross-site'];
const ODD_SITES = [
  '', ' ', 'Same-Origin', 'SAME-ORIGIN', ' same-origin', 'same-origin ', 'same-origin, same-origin', 'same-origin, cross-site', 'same-origin;', '"same-origin"',
  'foo', 'null', '__proto__', 'constructor', 'x'.repeat(10_000),
];
const FOREIGN = [
  'null', '', ' ', 'https://app', 'https://app.test.', 'https://app.test/', 'https://app.test:443', 'https://app.test:444', 'http://app.test', 'HTTPS://APP.TEST',
  'https://app.test.evil.test', 'https://app.test@evil.test', 'https://user@app.test', 'https://äpp.test', 'https://xn--pp-via.test', 'https://[::1]', 'https://[::1]:8080',
  'file://', 'chrome-extension://abc', 'https://app.test, https://app.test', 'https://app.test https://evil.test', 'https://trusted.test/', 'http://trusted.test', '__proto__',
];

const site = fc.oneof(fc.constantFrom(null, ...KNOWN, ...ODD_SITES), fc.string({ unit: 'binary-ascii' }));
const origin = fc.oneof(fc.constantFrom(null, OWN, ...TRUSTED, ...FOREIGN), fc.string(), fc.webUrl());

describe('The verdict on a request\'s headers', () => {

  it('follows Sec-Fetch-Site if that is one of the four values', () => {

    for (const any of [null, OWN, ...FOREIGN]) {
      strictEqual(verdictOn({ site: 'same-origin', origin: any }, OWN, TRUSTED), 'pass');
      strictEqual(verdictOn({ site: 'none', origin: any }, OWN, TRUSTED), 'pass');
      strictEqual(verdictOn({ site: 'same-site', origin: any }, OWN, TRUSTED), 'same-site');
      strictEqual(verdictOn({ site: 'cross-site', origin: any }, OWN, TRUSTED), 'cross-site');
    }
    strictEqual(verdictOn({ site: 'cross-site', origin: 'https://trusted.test' }, OWN, TRUSTED), 'pass');

  });

  it('follows Origin alone if Sec-Fetch-Site is anything else, or missing', () => {

    for (const odd of [null, ...ODD_SITES]) {
      strictEqual(verdictOn({ site: odd, origin: null }, OWN, TRUSTED), 'ask', String(odd));
      strictEqual(verdictOn({ site: odd, origin: OWN }, OWN, TRUSTED), 'pass');
      strictEqual(verdictOn({ site: odd, origin: 'https://trusted.test' }, OWN, TRUSTED), 'pass');
      for (const foreign of FOREIGN) strictEqual(verdictOn({ site: odd, origin: foreign }, OWN, TRUSTED), 'foreign-origin', foreign);
    }

  });

  it('lets nothing pass but requests of the application itself or of a trusted origin, whatever the headers are', () => {

    fc.assert(fc.property(site, origin, (eachSite, eachOrigin) => {
      const verdict = verdictOn({ site: eachSite, origin: eachOrigin }, OWN, TRUSTED);
      const isTrusted = eachOrigin === 'https://trusted.test';
      const isOwn = eachSite === 'same-origin' || eachSite === 'none'
        || (eachOrigin === OWN && eachSite !== 'same-site' && eachSite !== 'cross-site');
      strictEqual(verdict === 'pass', isTrusted || isOwn);
      strictEqual(verdict === 'ask', eachOrigin === null && !KNOWN.includes(eachSite as string));
    }), { numRuns: 2000 });

  });

  it('compares with the serialised form of the configured origin, and never with an invalid one', () => {

    strictEqual(serializedOrigin('https://app.test/'), OWN);
    strictEqual(serializedOrigin('HTTPS://App.Test:443/path?x'), OWN);
    for (const none of ['', 'null', 'app.test', 'file:///x', 'chrome-extension://abc', 'https://']) strictEqual(serializedOrigin(none), null, none);
    strictEqual(verdictOn({ site: null, origin: 'null' }, null, new Set()), 'foreign-origin');

  });

});

describe('csrf()', () => {

  const app = new Application();
  app.origin = OWN;
  const errors: Array<{ httpStatus?: number }> = [];
  let handled = 0;
  app.use(errorsToStatus(errors), csrf({ trustedOrigins: [...TRUSTED] }), session({ store: 'memory' }), ctx => {
    handled++;
    ctx.response.status = 200;
  });
  const token = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, '', 0, [], ['x'], {}, { length: 43 }, 'x'.repeat(43), 'x'.repeat(86), Buffer.alloc(43), Object.create(null)), fc.anything(), fc.string(),
  );
  const header = fc.string({ unit: 'binary-ascii', maxLength: 200 });
  const target = fc.oneof(
    fc.constantFrom('/', '*', '', '//', 'http://[', 'http://a:99999999/', '/%', '\\', '/?#', 'app.test:443'), fc.string().map(text => `/${text}`), fc.string(),
  );
  const host = fc.constantFrom(undefined, '', 'evil.test', 'app@evil.test', 'app/', '[::1]', 'APP.TEST');

  it('answers 403 or lets through, whatever arrives', async () => {

    const before = Object.getOwnPropertyNames(Object.prototype);
    const request = fc.record({
      method: fc.oneof(fc.constantFrom('POST', 'PUT', 'DELETE', 'PROPFIND', 'X', 'get', ''), header), target, site, origin, host,
      cookie: fc.oneof(fc.constantFrom('', 'CB', 'CB=', 'CB=p.', 'CB=p.x', `CB=${'x'.repeat(43)}`, 'a=b'), header), token, body: fc.boolean(), x: fc.option(header),
    });
    await fc.assert(fc.asyncProperty(request, async each => {
      errors.length = handled = 0;
      const headers = Object.fromEntries(Object.entries({
        'Sec-Fetch-Site': each.site, Origin: each.origin, Host: each.host, Cookie: each.cookie, 'X-CSRF-Token': each.x,
      }).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
      const { status } = await new Browser(app).request(each.method, each.target, {
        headers, body: each.body ? { 'csrf-token': each.token } : each.token,
      });
      ok(status === 200 || status === 403, `${status}: ${errors[0]}`);
      strictEqual(handled, ['GET', 'HEAD', 'OPTIONS'].includes(each.method) || status === 200 ? 1 : 0);
      const isForeign = each.site === 'cross-site' && each.origin !== 'https://trusted.test';
      if (isForeign && !['GET', 'HEAD', 'OPTIONS'].includes(each.method)) strictEqual(status, 403);
    }), { numRuns: 500 });
    deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), before);

  });

  it('does not look at Host', async () => {

    for (const each of ['', 'evil.test', 'app@evil.test', 'app/', '[::1]', 'APP.TEST', 'app.test']) {
      const status = async (headers: Record<string, string>) => (
        await new Browser(app).post('/', { headers: { Cookie: 'CB=p.x', ...(each ? { Host: each } : {}), ...headers } })
      ).status;
      strictEqual(await status({ Origin: OWN }), 200);
      strictEqual(await status({ Origin: 'https://evil.test' }), 403);
      strictEqual(await status({}), 403);
    }

  });

});
