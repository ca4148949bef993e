import { deepStrictEqual, doesNotThrow, match, ok, strictEqual, throws } from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import session, { encrypted, MemoryStore, type SessionOptions, type SessionStore, wrapStore } from '../src/index.js';
import { settingsFrom } from '../src/options.js';
import { MapStore } from './support/map-store.js';
import { RecordingStore } from './support/recording-store.js';

const build = (options: unknown) => session(options as SessionOptions);

/** Each option value with the words that its error must contain beside the option's name. */
function refuses(option: string, values: Array<[value: unknown, ...words: string[]]>, more: object = {}) {

  for (const [value, ...words] of values) {
    const [top, inner] = option.split('.');
    const options = { store: 'memory', ...more, [top]: inner ? { ...(more as Record<string, object>)[top], [inner]: value } : value };
    throws(() => build(options), (error: unknown) => {
      ok(error instanceof TypeError, String(error));
      for (const word of [option, ...words]) ok(error.message.includes(word), `${error.message} – should say ${word}`);
      return true;
    }, `${option}: ${String(value)}`);
  }

}

function accepts(...given: object[]) {

  for (const options of given) doesNotThrow(() => build({ store: 'memory', ...options }), JSON.stringify(options));

}

describe('The options of session()', () => {

  it('have the documented defaults', () => {

    const { store, ...settings } = settingsFrom({ store: 'memory' });
    ok(store instanceof MemoryStore);
    deepStrictEqual(settings, {
      cookieName: 'CB',
      cookieMark: undefined,
      cookieOptions: { path: '/', httpOnly: true, sameSite: 'lax' },
      basePath: '',
      clearSiteData: undefined,
      expiry: 3600,
      touchInterval: 0,
      storeTimeout: 3,
      schema: undefined,
      maxBytes: 1_048_576,
      closeSockets: false,
      passive: undefined,
      userOf: undefined,
      maxUserSessions: undefined,
      absoluteExpiry: undefined,
      anonymousExpiry: undefined,
      renewal: undefined,
      tracesRenewals: false,
      endOnReuse: false,
      grace: 0,
      keepsInfo: false,
    });

  });

  it('have a touch interval of 60 seconds if a refresh is a round trip or has a cookie to go with it', () => {

    strictEqual(settingsFrom({ store: new RecordingStore() }).touchInterval, 60);
    strictEqual(settingsFrom({ store: 'memory', cookieOptions: { maxAge: 600 } }).touchInterval, 60);
    for (const [maxAge, interval] of [[180, 60], [179, 59], [60, 20], [10, 3], [2, 0], [1, 0]]) {
      strictEqual(settingsFrom({ store: new RecordingStore(), cookieOptions: { maxAge } }).touchInterval, interval);
    }
    strictEqual(settingsFrom({ store: new MapStore() }).touchInterval, 0);
    strictEqual(settingsFrom({ store: new RecordingStore(), touchInterval: 5 }).touchInterval, 5);

  });

  it('keep the name of the cookie with a session, unless the store keeps only values', () => {

    const markIn = (store: SessionStore) => settingsFrom({ store, cookieName: 'SHOP' }).cookieMark;
    const byAnotherCopy = Object.assign(new MemoryStore(), { [Symbol.for('@curveball/session: keeps only values')]: true });
    for (const store of [new MemoryStore(), encrypted(new MapStore())]) strictEqual(markIn(store), 'SHOP');
    for (const store of [new MapStore(), wrapStore(new MapStore(), () => ({})), byAnotherCopy]) strictEqual(markIn(store), undefined);

  });

  it('treat each option that is undefined as missing', () => {

    const options = {
      store: 'memory', cookieName: undefined, expiry: undefined, cookieOptions: undefined, touchInterval: undefined,
      storeTimeout: undefined, schema: undefined, schemaOptions: undefined, maxBytes: undefined,
    } as const;
    const { store: _, ...settings } = settingsFrom(options);
    const { store: __, ...defaults } = settingsFrom({ store: 'memory' });
    deepStrictEqual(settings, defaults);

  });

  it('may be frozen or without a prototype, and stay as they were', () => {

    const options = Object.freeze({ store: 'memory', cookieOptions: Object.freeze({ secure: true }) });
    doesNotThrow(() => build(options));
    deepStrictEqual(options, { store: 'memory', cookieOptions: { secure: true } });
    doesNotThrow(() => build(Object.assign(Object.create(null), options)));
    doesNotThrow(() => build({ store: 'memory', cookieOptions: Object.assign(Object.create(null), { maxAge: 60 }) }));

  });

  it('are an object', () => {

    for (const options of [undefined, null, 'memory', 5, [], true]) throws(() => build(options), /options is .*must be an object/);

  });

  it('are known by name', () => {

    throws(() => build({ store: 'memory', expire: 60 }), /option expire is unknown.*expiry/);
    throws(() => build({ store: 'memory', cookieOptions: { httponly: true } }), /cookieOptions httponly is unknown.*httpOnly/);
    throws(() => build({ store: 'memory', secret: 'x' }), /option secret is unknown/);

  });

});

describe('The option store', () => {

  it('is required, and is a store', () => {

    refuses('store', [
      [undefined, 'undefined', "'memory'"], [null, 'null'], ['redis', '"redis"', "'memory'"], [5, '5'], [MemoryStore, 'get', 'undefined'], [true, 'true'],
      [{}, 'get', 'undefined'],
    ]);

  });

  it('has all four methods', () => {

    for (const method of ['get', 'set', 'delete', 'newSessionId']) {
      const store = Object.assign(new MapStore(), { [method]: 'x' });
      throws(() => build({ store }), new RegExp(`store\\.${method} is "x"`));
    }

  });

  it('has all atomic methods if it says that it has them', () => {

    for (const method of ['load', 'create', 'update', 'touch', 'end']) {
      const store = Object.assign(new RecordingStore(), { [method]: undefined });
      throws(() => build({ store }), new RegExp(`store\\.${method} is undefined`));
    }
    throws(() => build({ store: Object.assign(new RecordingStore(), { move: undefined }) }), /store\.move and store\.take/);
    doesNotThrow(() => build({ store: Object.assign(new RecordingStore(), { move: undefined, take: () => null }) }));
    doesNotThrow(() => build({ store: Object.assign(new RecordingStore(), { atomic: false, load: undefined }) }));

  });

});

describe('The durations', () => {

  it('are numbers of seconds within reason', () => {

    const never = [['60', '"60"'], [NaN, 'NaN'], [Infinity, 'Infinity'], [-Infinity, '-Infinity'], [-1, '-1'], [{}, 'Object'], [[5], 'Array'], [true, 'true'], [10n, '10'], [new Date(), 'Date']] as Array<[unknown, string]>;
    refuses('expiry', [...never, [1e12, '1000000000000', 'seconds', '315360000']]);
    refuses('touchInterval', [...never, [86_401, '86400']]);
    refuses('storeTimeout', [...never, [0, '0.001'], [3000.5 * 1000, '3600']]);
    accepts({ expiry: 0 }, { expiry: 0.5 }, { expiry: 315_360_000 }, { touchInterval: 0 }, { storeTimeout: 0.001 }, { storeTimeout: 3600 });

  });

});

describe('The option cookieName', () => {

  it('is a token, as a cookie needs', () => {

    refuses('cookieName', [
      ['', '""'], ['a b', '"a b"'], ['a;b', '"a;b"'], ['a=b', '"a=b"'], ['a,b'], ['a\r\nb'], ['a\0b'], ['a\tb'], ['"a"'], ['é'], ['a/b'], ['a(b)'],
      ['😀'], ['a\x7fb'], ['x'.repeat(257)], [5, '5'], [{}, 'Object'], [true], [['CB'], 'Array'],
    ]);
    accepts({ cookieName: 'x' }, { cookieName: "!#$%&'*+-.^_`|~09azAZ" }, { cookieName: '__proto__' }, { cookieName: 'x'.repeat(256) });

  });

  it('has the attributes that browsers demand for its prefix, in upper and lower case', () => {

    for (const cookieName of ['__Host-CB', '__host-CB', '__HOST-CB', '__Host-Http-CB', '__HOST-http-CB']) {
      refuses('cookieOptions.secure', [[undefined, cookieName], [false, cookieName]], { cookieName });
      refuses('cookieOptions.path', [['/a', cookieName]], { cookieName, cookieOptions: { secure: true } });
      refuses('cookieOptions.domain', [['a.example', cookieName]], { cookieName, cookieOptions: { secure: true } });
      accepts({ cookieName, cookieOptions: { secure: true } });
    }
    for (const cookieName of ['__Secure-CB', '__secure-CB', '__Http-CB', '__HTTP-CB']) {
      refuses('cookieOptions.secure', [[undefined, cookieName], [false, cookieName]], { cookieName });
      accepts({ cookieName, cookieOptions: { secure: true, path: '/a', domain: 'a.example' } });
    }
    for (const cookieName of ['__Http-CB', '__http-CB', '__Host-Http-CB', '__host-HTTP-CB']) {
      refuses('cookieOptions.httpOnly', [[false, cookieName]], { cookieName, cookieOptions: { secure: true } });
    }
    accepts({ cookieName: 'x__Host-CB' }, { cookieName: '__HostCB' }, { cookieName: '__Secure-CB', cookieOptions: { secure: true, httpOnly: false } });

  });

});

describe('The option cookieOptions', () => {

  it('is an object', () => {

    refuses('cookieOptions', [['secure', '"secure"'], [5, '5'], [[], 'Array'], [true, 'true']]);

  });

  it('refuses values of a wrong type, and texts that would break the header', () => {

    refuses('cookieOptions.secure', [['true', '"true"', "true, false or 'auto'"], ['AUTO', '"AUTO"'], [1, '1'], [null, 'null'], [{}, 'Object']]);
    for (const key of ['httpOnly', 'partitioned']) {
      refuses(`cookieOptions.${key}`, [['true', '"true"', 'true or false'], [1, '1'], [null, 'null'], [{}, 'Object']]);
    }
    refuses('cookieOptions.path', [
      ['', '""'], ['a', '"a"'], ['/a;b'], ['/a\r\nSet-Cookie: x=y'], ['/a\0'], ['/é'], ['/\x7f'], [5, '5'], [null, 'null'], [true],
    ]);
    refuses('cookieOptions.domain', [
      ['', '""'], ['a b'], ['a;b'], ['a.example; Secure'], ['a\r\nb'], ['a\0'], ['é.example'], ['https://a.example'], ['a.example:80'], ['a.example/x'],
      ['-a.example'], ['a.'], [5, '5'], [null], [{}, 'Object'],
    ]);
    refuses('cookieOptions.maxAge', [['60', '"60"'], [NaN], [Infinity], [-1, '-1'], [0, '0'], [1.5, '1.5', 'whole'], [null], [{}, 'Object'], [60n]]);
    refuses('cookieOptions.expires', [
      ['tomorrow', '"tomorrow"'], [0, '0'], [null], [{}, 'Object'],
      [new Date(NaN), 'Date', 'maxAge'], [new Date(0), 'Date', 'maxAge'], [new Date(4e12), 'Date', 'maxAge'],
    ]);
    refuses('cookieOptions.sameSite', [['loose', '"loose"', "'strict'"], ['', '""'], [1, '1'], [null, 'null'], [{}, 'Object'], ['lax; Secure']]);
    refuses('cookieOptions.priority', [['urgent', '"urgent"', "'high'"], [1, '1'], [null, 'null']]);
    refuses('cookieOptions.encode', [['uri', '"uri"'], [5, '5'], [null, 'null'], [{}, 'Object']]);

  });

  it('accepts everything that the cookie package accepts', () => {

    accepts(...[
      { httpOnly: false }, { secure: false }, { path: '/a/b' }, { domain: 'a.example' }, { domain: '.a.example' }, { domain: 'localhost' },
      { maxAge: 1 }, { sameSite: true }, { sameSite: false }, { sameSite: 'strict' }, { sameSite: 'Lax' },
      { sameSite: 'none', secure: true }, { priority: 'low' }, { priority: 'HIGH' }, { partitioned: true, secure: true }, { partitioned: false },
      { encode: (text: string) => text },
    ].map(cookieOptions => ({ cookieOptions })));

  });

  it('needs secure if browsers drop the cookie without it', () => {

    for (const cookieOptions of [{ sameSite: 'none' }, { sameSite: 'None' }, { partitioned: true }]) {
      throws(() => build({ store: 'memory', cookieOptions }), /cookieOptions\.secure is not set: it must be true or 'auto' with/);
      throws(() => build({ store: 'memory', cookieOptions: { ...cookieOptions, secure: false } }), /cookieOptions\.secure is false/);
    }

  });

  it("accepts secure: 'auto', which follows the origin, and is true if browsers demand it", () => {

    const secureOf = (cookieOptions: object, cookieName?: string) =>
      settingsFrom({ store: 'memory', cookieName, cookieOptions: { secure: 'auto', ...cookieOptions } }).cookieOptions.secure;
    strictEqual(secureOf({}), undefined);
    for (const cookieName of ['__Host-CB', '__secure-CB', '__Http-CB', '__Host-Http-CB']) strictEqual(secureOf({}, cookieName), true);
    strictEqual(secureOf({ sameSite: 'none' }), true);
    strictEqual(secureOf({ partitioned: true }), true);

  });

  it('lets the cookie live for the touch interval longer than asked, and no longer than browsers do', () => {

    const maxAgeWith = (maxAge: number, touchInterval?: number) => (
      settingsFrom({ store: 'memory', touchInterval, cookieOptions: { maxAge } }).cookieOptions.maxAge);
    strictEqual(maxAgeWith(600), 660);
    strictEqual(maxAgeWith(600, 0), 600);
    strictEqual(maxAgeWith(600, 0.5), 601);
    strictEqual(maxAgeWith(30), 40);
    strictEqual(maxAgeWith(34_560_000), 34_560_000);
    throws(() => maxAgeWith(30, 31), /^TypeError: touchInterval is 31: it must be at most cookieOptions\.maxAge, 30/);
    strictEqual(maxAgeWith(30, 30), 60);

  });

  it('warns about a life that browsers cut', async () => {

    const warned = once(process, 'warning');
    accepts({ cookieOptions: { maxAge: 34_560_000 } });
    accepts({ cookieOptions: { maxAge: 34_560_001 } });
    const [warning] = await warned;
    match(warning.message, /cookieOptions\.maxAge is 34560001.*34560000 seconds \(400 days\)/);
    strictEqual(warning.code, 'SESSION_MAX_AGE');

  });

});

describe('The option closeSockets', () => {

  it('is true or false', () => {

    refuses('closeSockets', [[1, '1', 'true or false'], ['yes', '"yes"'], [null, 'null']]);
    accepts({ closeSockets: true }, { closeSockets: false }, { closeSockets: undefined });

  });

});

describe('The option maxBytes', () => {

  it('is a whole number of bytes or Infinity', () => {

    refuses('maxBytes', [[0, '0', 'from 1'], [-1], [1.5, '1.5', 'whole'], [NaN], ['1000', '"1000"'], [null, 'null'], [10n]]);
    accepts({ maxBytes: 1 }, { maxBytes: Infinity });

  });

});

describe('The option clearSiteData', () => {

  it('is a list of the words that browsers know', () => {

    refuses('clearSiteData', [
      ['cache', '"cache"', 'a list of'], [[], 'Array', '"storage"'], [null, 'null'], [{ 0: 'cache' }, 'Object'], [new Set(['cache']), 'Set'],
      [['cache', 'cookie'], 'clearSiteData[1]', '"cookie"', '"cookies"'], [['"cache"'], 'clearSiteData[0]'], [['CACHE']], [[undefined], 'undefined'],
    ]);
    accepts({ clearSiteData: ['*'] }, { clearSiteData: Object.freeze(['cache', 'cookies', 'storage', 'executionContexts']) });

  });

});

describe('The options schema and schemaOptions', () => {

  const schema = z.object({});

  it('need a schema of Standard Schema', () => {

    refuses('schema', [
      [{}, 'Object', 'Standard Schema'], [null, 'null'], ['string', '"string"'], [() => true, 'function'],
      [{ '~standard': { version: 2, vendor: 'x', validate: () => ({ value: {} }) } }], [{ '~standard': { version: 1 } }],
    ]);
    accepts({ schema }, { schema: v.object({}) }, { schema: type({}) });

  });

  it('are checked', () => {

    refuses('schemaOptions', [[null, 'null'], [[], 'Array'], [2, '2']], { schema });
    refuses('schemaOptions.version', [[-1, '-1'], [1.5, 'whole'], ['2', '"2"'], [null], [NaN], [2 ** 53]], { schema });
    refuses('schemaOptions.migrate', [['up', '"up"'], [{}, 'Object'], [null]], { schema, schemaOptions: { version: 1 } });
    refuses('schemaOptions.mismatch', [['ignore', '"ignore"', "'drop'"], [true], [null]], { schema });
    refuses('schemaOptions.version', [[undefined, 'migrate']], { schema, schemaOptions: { migrate: () => {} } });
    throws(() => build({ store: 'memory', schema, schemaOptions: { versions: 2 } }), /schemaOptions versions is unknown: it must be one of version, migrate, mismatch/);
    throws(() => build({ store: 'memory', schemaOptions: { version: 2 } }), /option schemaOptions needs the option schema/);
    accepts({ schemaOptions: {} }, { schema, schemaOptions: { version: 2, migrate: () => {}, mismatch: 'keep' } });

  });

});
