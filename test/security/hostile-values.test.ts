import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type SessionStore, type SessionValues, SessionValueError } from '../../src/index.js';
import { setOwn } from '../../src/values/set-own.js';
import { anyText } from '../support/any-text.js';
import { Browser, setCookies } from '../support/browser.js';
import { type AnyStore, EVERY_STORE } from '../support/every-store.js';
import { type Page, type Site, site } from '../support/site.js';

const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype);

const KEYS: readonly string[] = [
  '', ' ', '.', '$', '$set', '$.a', 'a.b', 'a[0]', '"', '\\', '\\"', '\'', '`', '\0', '\n', '\r\n', '\t', '\u007f', '\u0085', '\u2028', '\ufeff', '\ud800', '\udc00', '\udc00\ud800', 'a\ud800b',
  '__proto__', 'constructor', 'prototype', 'toString', 'toJSON', 'then', 'valueOf', 'hasOwnProperty', 'length', 'null', 'undefined', '0', '-0', '1e3', '9007199254740993', 'id', 'ID', 'é', 'e\u0301', '😀', 'İ', 'ı', 'ß',
  '--', ';', '%', '_', '{a}', '}', ':', '*', '?', '[]', '<b>', 'x'.repeat(10_000),
];

class Lying { toJSON() { return 'nothing'; } }

const cycle: Record<string, unknown> = {};
cycle.self = [cycle];

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** Values that can't be stored, made anew for each request. */
const REFUSED: { readonly [name: string]: () => unknown } = {
  'a BigInt': () => 1n,
  'a cycle': () => cycle,
  'NaN': () => Number.NaN,
  'Infinity': () => -Infinity,
  'a Map': () => new Map([['a', 1]]),
  'a Set': () => new Set([1]),
  'a Buffer': () => Buffer.from('a'),
  'an instance': () => new Lying(),
  'a function': () => () => 1,
  'a symbol': () => Symbol('a'),
  'a symbol for a key': () => ({ [Symbol('a')]: 1 }),
  'a promise': () => Promise.resolve(1),
  'a regular expression': () => /a/,
  'an invalid Date': () => new Date(Number.NaN),
  'a toJSON that lies': () => ({ a: 1, toJSON: () => ({ a: 2 }) }),
  'a list with a hole': () => Object.assign([1], { 2: 3 }),
  'a hundred thousand levels': () => Array.from({ length: 100_000 }).reduce(value => [value], 1),
};

/** Values that throw when they are read. */
const PROBLEM = new Error('no looking');
const THROWING: { readonly [name: string]: () => unknown } = {
  'a getter': () => ({ get a() { throw PROBLEM; } }),
  'a proxy': () => new Proxy({}, { ownKeys() { throw PROBLEM; } }),
  'a proxy without a prototype': () => new Proxy({}, { getPrototypeOf() { throw PROBLEM; } }),
};

let given: { values?: SessionValues; key?: string; make?: () => unknown } = {};

const PAGES: Record<string, Page> = {
  '/assign': ctx => { ctx.session = given.values; },
  '/add': ctx => { setOwn(ctx.session, given.key as string, given.make?.()); },
  '/remove': ctx => { delete ctx.session[given.key as string]; },
  '/add-by-update': ctx => ctx.updateSession(values => { setOwn(values, given.key as string, given.make?.()); }),
  '/read': ctx => ctx.session,
};

function record(entries: Iterable<readonly [string, unknown]>): SessionValues {

  const values: SessionValues = {};
  for (const [key, value] of entries) setOwn(values, key, value);
  return values;

}

for (const [kind, open] of Object.entries(EVERY_STORE)) {

  describe(`Values of an application, in ${kind}`, () => {

    let opened: AnyStore;
    let there: Site<SessionStore>;

    before(async () => {
      opened = await open('hostile_values');
      there = site<SessionStore>(PAGES, { store: opened.store });
    });
    after(() => opened.close());

    async function begin(values: SessionValues): Promise<Browser> {

      const browser = new Browser(there.app);
      given = { values };
      strictEqual((await browser.get('/assign')).status, 200);
      return browser;

    }

    const read = async (browser: Browser) => (await browser.get('/read')).body as unknown;

    it('come back exactly under any keys, and one by one', async () => {

      const values = record(KEYS.map((key, index) => [key, [index, key]]));
      const browser = await begin(values);
      deepStrictEqual(await read(browser), values);
      for (const key of KEYS) {
        given = { key, make: () => ({ [key]: key }) };
        await browser.get('/add');
        setOwn(values, key, { [key]: key });
      }
      deepStrictEqual(await read(browser), values);
      for (const key of KEYS) {
        given = { key };
        await browser.get('/remove');
      }
      // Emptied is not ended: the cookie stays.
      deepStrictEqual([await read(browser), browser.cookies.size], [{}, 1]);
      deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), PROTOTYPE);

    });

    it('come back exactly under ten thousand keys, and a change of one leaves the others', async () => {

      const values = record(Array.from({ length: 10_000 }, (_, index) => [`key ${index}`, index]));
      const browser = await begin(values);
      given = { key: 'key 5000', make: () => 'another' };
      strictEqual((await browser.get('/add')).status, 200);
      deepStrictEqual(await read(browser), { ...values, 'key 5000': 'another' });

    });

    it('come back exactly, whatever an application can make', async () => {

      const key = fc.oneof(fc.constantFrom(...KEYS), anyText());
      const value = fc.oneof(fc.jsonValue(), anyText(), fc.constantFrom(-0, 5e-324, 1e21, '\ud800', '\0'));
      const entries = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 8 });
      await fc.assert(fc.asyncProperty(entries, entries, async (first, second) => {
        const browser = await begin(record(first));
        for (const [name, each] of second) {
          given = { key: name, make: () => each };
          strictEqual((await browser.get('/add')).status, 200);
        }
        deepStrictEqual(await read(browser), record([...first, ...second]));
      }), { numRuns: 100 });

    });

    it('that can\'t be stored are refused with their path, by each way, and what was stored stays', async () => {

      const browser = await begin({ kept: 'value' });
      for (const [name, make] of Object.entries(REFUSED)) {
        for (const path of ['/add', '/add-by-update']) {
          given = { key: 'a b', make: () => [make()] };
          const answer = await browser.get(path);
          deepStrictEqual([answer.status, setCookies(answer)], [500, []], name);
          const error = there.errors.at(-1);
          ok(error instanceof SessionValueError && error.path.startsWith('session["a b"]'), name);
          deepStrictEqual(await read(browser), { kept: 'value' }, name);
        }
        given = { values: { a: make() } };
        const other = new Browser(there.app);
        strictEqual((await other.get('/assign')).status, 500);
        strictEqual(other.cookies.size, 0);
      }

    });

    it('that throw when they are read fail with the application\'s own errors, and what was stored stays', async () => {

      const browser = await begin({ kept: 'value' });
      for (const [name, make] of Object.entries(THROWING)) {
        for (const path of ['/add', '/add-by-update']) {
          given = { key: 'a', make };
          const answer = await browser.get(path);
          deepStrictEqual([answer.status, setCookies(answer), there.errors.at(-1) === PROBLEM], [500, [], true], name);
          deepStrictEqual(await read(browser), { kept: 'value' }, name);
        }
      }
      given = { key: 'a', make: revoked };
      strictEqual((await browser.get('/add')).status, 500);
      deepStrictEqual(await read(browser), { kept: 'value' });

    });

  });

}
