import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ATTACKER, type CsrfSite, csrfSite, ORIGIN, SIBLING } from '../support/csrf-site.js';
import { type RawAnswer, rawRequest } from '../support/raw-http.js';

const HOST = new URL(ORIGIN).host;

const site = (...values: string[]) => values.map(value => `Sec-Fetch-Site: ${value}`);
const origin = (...values: string[]) => values.map(value => `Origin: ${value}`);
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** Headers of the application's own pages, or of no browser. */
const PASS: { readonly [name: string]: readonly string[] } = {
  'the application\'s own page': site('same-origin'),
  'the visitor himself': site('none'),
  'the same between blanks that HTTP drops': site(' \tsame-origin \t'),
  'its own page, and no origin that has a name': [...site('same-origin'), ...origin('null')],
  'its own origin': origin(ORIGIN),
  'its own origin between blanks that HTTP drops': origin(` ${ORIGIN} `),
  'its own origin, and a value that means nothing': [...site('foo'), ...origin(ORIGIN)],
  'its own origin, and two values': [...site('same-origin', 'cross-site'), ...origin(ORIGIN)],
};

/** Headers of other pages. */
const REFUSED: { readonly [name: string]: readonly string[] } = {
  'neither header': [],
  ...Object.fromEntries([
    'cross-site', 'same-site', '', 'foo', 'Same-Origin', 'SAME-ORIGIN', 'None', 'same-origin;', '"same-origin"', 'same_origin', 'same-origin, same-origin', 'same-origin,', ', same-origin',
    'same-origin, cross-site', 'same-origin cross-site', 'null', 'undefined', '__proto__', 'constructor', '\xa0same-origin', 'same-origin\xa0', utf8('same-origin\u200b'), '%73ame-origin', 's'.repeat(10_000),
    `same-origin${'x'.repeat(10_000)}`,
  ].map(value => [`Sec-Fetch-Site: ${value.slice(0, 30)}`, site(value)])),
  'Sec-Fetch-Site twice': site('same-origin', 'same-origin'),
  'Sec-Fetch-Site twice, one of them another': site('same-origin', 'cross-site'),
  'Sec-Fetch-Site twice, the other way round': site('none', 'same-origin'),
  'the same with an underscore': ['Sec_Fetch_Site: same-origin'],
  'what a page can send': ['X-Sec-Fetch-Site: same-origin', 'X-Requested-With: XMLHttpRequest', 'Accept: application/json', `Referer: ${ORIGIN}/`, `X-Forwarded-Host: ${HOST}`],
  ...Object.fromEntries([
    'null', '', ATTACKER, SIBLING, 'https://app', `${ORIGIN}.`, `${ORIGIN}/`, `${ORIGIN}/x`, `${ORIGIN}:443`, `${ORIGIN}:444`, ORIGIN.replace('https', 'http'), ORIGIN.toUpperCase(), `${ORIGIN}.attacker.test`,
    `${ORIGIN}@attacker.test`, `https://user@${HOST}`, `https://${HOST}:x`, `https://attacker.test#${HOST}`, `https://attacker.test/${ORIGIN}`, utf8('https://äpp.victim.test'), 'https://xn--pp-via.victim.test',
    utf8('https://аpp.victim.test'), 'https://[::1]', 'https://[::1]:8080', 'https://127.0.0.1', 'file://', 'file:///', 'chrome-extension://abcdef', 'moz-extension://abc', 'about:blank', 'data:', 'javascript:1',
    HOST, `//${HOST}`, `${ORIGIN}, ${ORIGIN}`, `${ORIGIN} ${ORIGIN}`, `${ORIGIN},`, `\xa0${ORIGIN}`, `${ORIGIN}\xa0`, `"${ORIGIN}"`, '*', 'undefined', '__proto__', ORIGIN.slice(0, -1), `${ORIGIN}t`,
    'x'.repeat(10_000), `${ORIGIN}${'x'.repeat(10_000)}`,
  ].map(value => [`Origin: ${value.slice(0, 60)}`, origin(value)])),
  'Origin twice': origin(ORIGIN, ORIGIN),
  'Origin twice, one of them another': origin(ORIGIN, ATTACKER),
  'another site with the right origin': [...site('cross-site'), ...origin(ORIGIN)],
  'another site of a sibling': [...site('same-site'), ...origin(SIBLING)],
};

/** Texts in the place of the host, which no check uses. */
const HOSTS: readonly string[][] = [
  ['Host: internal:8080'], ['Host: attacker.test'], [`Host: ${HOST}`], [`Host: ${HOST.toUpperCase()}`], [`Host: ${HOST}@attacker.test`], ['Host: app@evil'], ['Host: app/'], ['Host: [::1]:80'], ['Host: [::1'],
  ['Host: '], ['Host: null'], ['Host: a b'], ['Host: x:99999999'], [`Host: ${'x'.repeat(10_000)}`], [`Host: ${HOST}`, 'Host: attacker.test'], ['Host: attacker.test', `Host: ${HOST}`],
  ['Host: x', 'X-Forwarded-Host: attacker.test', 'X-Forwarded-Proto: http', 'Forwarded: host=attacker.test;proto=http'], ['Host: x', `X-Forwarded-Host: ${HOST}`, `X-Original-Host: ${HOST}`],
];

/** Other ways to write the request target. */
const TARGETS = [
  '/do', '//attacker.test/do', '/do?x=https://attacker.test', '/../do', '/%2e%2e/do', '/do;x', '/DO', '\\do', `${ORIGIN}/do`, 'http://attacker.test/do', 'http://user@attacker.test:8080/do', '*', '/%', '/%00', '/\xa0', '?', '/#',
  'attacker.test:443',
];

/** The kernel has no path for it: a handler that reads the path gets an error. */
const UNREADABLE = 'http://[::1/do';

describe('The origin of a request over a socket', () => {

  let there: CsrfSite;
  let cookie: string;

  before(async () => {
    there = await csrfSite({ csrf: { exempt: ['/hook'] } });
    ({ cookie } = await there.visitor());
  });
  after(() => there.close());

  async function post(lines: readonly string[], { host = ['Host: x'], target = '/do', method = 'POST' } = {}): Promise<RawAnswer> {

    there.handled.length = there.errors.length = 0;
    there.store.takeCalls();
    return rawRequest(there.port, [`${method} ${target} HTTP/1.1`, ...host, `Cookie: ${cookie}`, ...lines]);

  }

  for (const [name, lines] of Object.entries(PASS)) {

    it(`is its own: ${name}`, async () => {

      const { status } = await post(lines);
      deepStrictEqual([status, there.handled], [200, ['POST /do']]);

    });

  }

  for (const [name, lines] of Object.entries(REFUSED)) {

    it(`is another's, or unknown: ${name}`, async () => {

      const { status, headers } = await post(lines);
      deepStrictEqual([status, there.handled, headers.has('set-cookie')], [403, [], false]);
      ok(there.store.calls.every(call => call === 'load'), 'Nothing is stored');

    });

  }

  it('does not depend on the Host header', async () => {

    for (const host of HOSTS) {
      const name = host.join().slice(0, 60);
      // Node answers some of them by itself.
      const isRefusedByNode = (await post(site('none'), { host, method: 'GET' })).status === 400;
      const statusOf = async (lines: readonly string[]) => (await post(lines, { host })).status;
      strictEqual(await statusOf(origin(ORIGIN)), isRefusedByNode ? 400 : 200, name);
      strictEqual(await statusOf(site('same-origin')), isRefusedByNode ? 400 : 200, name);
      for (const lines of [origin(ATTACKER), origin('http://internal:8080'), origin('https://[::1]:80'), site('cross-site'), []]) {
        strictEqual(await statusOf(lines), isRefusedByNode ? 400 : 403, name);
      }
    }

  });

  it('does not depend on a Host header that is missing', async () => {

    const old = async (lines: readonly string[]) => (await rawRequest(there.port, ['POST /do HTTP/1.0', `Cookie: ${cookie}`, ...lines])).status;
    deepStrictEqual([await old(origin(ORIGIN)), await old(origin(ATTACKER)), await old(site('same-origin')), await old([])], [200, 403, 200, 403]);

  });

  it('does not depend on how the path is written, and none is mistaken for an exempt one', async () => {

    for (const target of TARGETS) {
      // Node answers some of them by itself.
      ok([403, 400].includes((await post(site('cross-site'), { target })).status), target);
      ok([200, 400].includes((await post(site('same-origin'), { target })).status), target);
    }
    for (const target of [UNREADABLE, '/hook/', '//hook', '/HOOK', '/hook/..', '/x/../hookx', '/hook%00', '/hook%20', '/hook%C2%A0', '/hook/x', '/%68ook']) {
      strictEqual((await post(site('cross-site'), { target })).status, 403, target);
    }
    strictEqual((await post(site('cross-site'), { target: '/hook?x' })).status, 200);

  });

  it('is checked for every method that changes something, whatever its name', async () => {

    for (const method of ['PUT', 'PATCH', 'DELETE', 'PROPFIND', 'SEARCH', 'M-SEARCH', 'LINK', 'TRACE', 'QUERY']) {
      const { status } = await post(site('cross-site'), { method });
      // Node 20 does not know the last one.
      ok(status === 403 || (method === 'QUERY' && status === 400), `${method}: ${status}`);
    }
    for (const method of ['get', 'post', 'Post', 'X', 'GET\t', '__proto__']) strictEqual((await post(site('cross-site'), { method })).status, 400, method);

  });

});
