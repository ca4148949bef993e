import { doesNotThrow, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import session, { csrf, encrypted, MemoryStore, type SessionOptions, UserSessions, wrapStore } from '../../src/index.js';
import { openStore } from '../../src/open/open-store.js';
import { ExpressStore } from '../../src/stores/express-store.js';
import { MysqlStore } from '../../src/stores/mysql-store.js';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { RedisStore } from '../../src/stores/redis-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { storeTests } from '../../src/testing/index.js';

const PASSWORD = 'correct-horse';
const ADDRESS = `redis://user:${PASSWORD}@localhost`;

class Money {}

/** One value of every kind. */
const VALUES: readonly unknown[] = [
  null, true, false, 0, -0, 1, -1, 0.5, 1e12, 2 ** 53, Number.NaN, Infinity, -Infinity, 10n, Symbol('x'),
  '', ' ', 'x', '5', 'lax', '/x', 'a;b', 'a\r\nSet-Cookie: b=c', 'a\0b', 'a b', 'é', '\ud800', 'null', '__proto__', 'x'.repeat(300), ADDRESS, new URL(ADDRESS),
  {}, Object.create(null), [], [1], ['x'], [null], () => null, async () => null, class {}, new Date(0), new Date(Number.NaN), /x/, new Map(), new Money(),
  Promise.resolve(1), new Proxy({}, {}), Object.freeze({}), new Uint8Array(32), Buffer.from('x'),
];

const isIn = (least: number, most: number) => (value: unknown) => typeof value === 'number' && value >= least && value <= most;
const isWhole = (least: number) => (value: unknown) => Number.isInteger(value) && (value as number) >= least;
const isBoolean = (value: unknown) => typeof value === 'boolean';
const isFunction = (value: unknown) => typeof value === 'function';
const isText = (value: unknown) => typeof value === 'string';
/** An object without members: some would be refused for theirs. */
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
const isOneOf = (...all: unknown[]) => (value: unknown) => all.includes(value);
const isDate = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime());
const isTable = (value: unknown) => typeof value === 'string' && /^[a-z_]\w{0,49}$/i.test(value);
const isNever = () => false;

const TEN_YEARS = 315_360_000;

/** An option: what is built with a value of it, and which values are right. */
type Case = readonly [name: string, build: (value: unknown) => unknown, isRight: (value: unknown) => boolean];

const store = new MemoryStore();
const pool = { query() {}, connect() {}, totalCount: 0, execute() {}, getConnection() {} };
const database = { exec() {}, prepare: () => ({}) };
const client = { get() {}, eval() {}, evalSha() {} };

const build = (options: object) => session({ store, ...options } as SessionOptions);
const withUser = (options: object) => build({ user: 'userId', ...options });
const withCookie = (name: string) => (value: unknown) => build({ cookieOptions: { [name]: value } });
const standard = { '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) } };
const withSchema = (options: object) => build({ schema: standard, schemaOptions: options });
const of = <Store>(make: new (options: never) => Store, more: object) => (name: string) => (value: unknown) => new make({ ...more, [name]: value } as never);
const redis = of(RedisStore, { client });
const postgres = of(PostgresStore, { pool });
const mysql = of(MysqlStore, { pool });
const sqlite = (name: string) => (value: unknown) => new SqliteStore({ database, [name]: value } as never).close();

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'session()': [
    ['options', value => session(value as never), isNever],
    ['store', value => build({ store: value }), isNever],
    ['cookieName', value => build({ cookieName: value }), isOneOf('x', '5', 'lax', 'null', '__proto__')],
    ['expiry', value => build({ expiry: value }), isIn(0, TEN_YEARS)],
    ['touchInterval', value => build({ touchInterval: value }), isIn(0, 86_400)],
    ['storeTimeout', value => build({ storeTimeout: value }), isIn(0.001, 3600)],
    ['maxBytes', value => build({ maxBytes: value }), value => isWhole(1)(value) || value === Infinity],
    ['user', value => build({ user: value }), value => isFunction(value) || (isText(value) && value !== '')],
    ['maxUserSessions', value => withUser({ maxUserSessions: value }), isWhole(1)],
    ['absoluteExpiry', value => build({ absoluteExpiry: value }), isIn(1, TEN_YEARS)],
    ['anonymousExpiry', value => withUser({ anonymousExpiry: value }), isIn(0, TEN_YEARS)],
    ['renewal', value => build({ renewal: value }), isIn(1, TEN_YEARS)],
    ['grace', value => build({ grace: value }), isIn(0, 60)],
    ['schema', value => build({ schema: value }), isNever],
    ['schemaOptions', value => withSchema(value as object), isObject],
    ['schemaOptions.version', value => withSchema({ version: value }), value => Number.isSafeInteger(value) && (value as number) >= 0],
    ['schemaOptions.migrate', value => withSchema({ version: 1, migrate: value }), isFunction],
    ['schemaOptions.mismatch', value => withSchema({ mismatch: value }), isNever],
    ['cookieOptions', value => build({ cookieOptions: value }), isObject],
    ['cookieOptions.path', withCookie('path'), isOneOf('/x')],
    ['cookieOptions.domain', withCookie('domain'), isOneOf('x', '5', 'lax', 'null')],
    ['cookieOptions.secure', withCookie('secure'), isBoolean],
    ['cookieOptions.httpOnly', withCookie('httpOnly'), isBoolean],
    ['cookieOptions.sameSite', withCookie('sameSite'), isOneOf(true, false, 'lax')],
    ['cookieOptions.maxAge', withCookie('maxAge'), isWhole(1)],
    ['cookieOptions.expires', withCookie('expires'), isNever],
    ['cookieOptions.priority', withCookie('priority'), isNever],
    ['basePath', value => build({ basePath: value }), isOneOf('/x')],
    ['clearSiteData', value => build({ clearSiteData: value }), isNever],
    ['endOnReuse', value => withUser({ renewal: 60, endOnReuse: value }), isBoolean],
  ],
  'csrf()': [
    ['options', value => csrf(value as never), isObject],
    ['trustedOrigins', value => csrf({ trustedOrigins: value as never }), value => Array.isArray(value) && value.length === 0],
    ['trustedOrigins', value => csrf({ trustedOrigins: [value] as never }), isNever],
    ['exempt', value => csrf({ exempt: value as never }), value => Array.isArray(value) && value.length === 0],
    ['exempt', value => csrf({ exempt: [value] as never }), value => value === '/x' || isFunction(value)],
    ['guard', value => csrf({ guard: value as never }), isFunction],
    ['requireToken', value => csrf({ requireToken: value as never }), isBoolean],
    ['report', value => csrf({ report: value as never }), isBoolean],
  ],
  'encrypted()': [
    ['options', value => encrypted(store, value as never), value => isObject(value) && !(value instanceof Map)],
    ['unreadable', value => encrypted(store, { unreadable: value as never }), isNever],
    ['acceptUnkeyedUntil', value => encrypted(store, { acceptUnkeyedUntil: value as never, keys: [{ id: 'a', secret: 'x'.repeat(32) }] }), isDate],
  ],
  UserSessions: [
    ['store', value => new UserSessions(value as never), isNever],
    ['options', value => new UserSessions(store, value as never), isObject],
    ['storeTimeout', value => new UserSessions(store, { storeTimeout: value as never }), isIn(0.001, 3600)],
  ],
  'wrapStore()': [
    ['store', value => wrapStore(value as never, () => ({})), isNever],
  ],
  'storeTests()': [
    ['open', value => storeTests(value as never), isFunction],
    ['options', value => storeTests(() => store, value as never), isObject],
    ['atomic', value => storeTests(() => store, { atomic: value as never }), isBoolean],
    ['alone', value => storeTests(() => store, { alone: value as never }), isBoolean],
    ['trials', value => storeTests(() => store, { trials: value as never }), isWhole(1)],
    ['wait', value => storeTests(() => store, { wait: value as never }), isFunction],
    ['failing', value => storeTests(() => store, { failing: value as never }), isFunction],
  ],
  MemoryStore: [
    ['options', value => new MemoryStore(value as never).close(), isObject],
    ['maxSessions', value => new MemoryStore({ maxSessions: value as never }).close(), value => isWhole(1)(value) || value === Infinity],
    ['now', value => new MemoryStore({ now: value as never }).close(), isFunction],
    ['interval', value => store.scheduleGc(value as never), value => typeof value === 'number' && value > 0],
  ],
  SqliteStore: [
    ['options', value => new SqliteStore(value as never), isNever],
    ['database', sqlite('database'), isNever],
    ['table', sqlite('table'), isTable],
  ],
  RedisStore: [
    ['options', value => new RedisStore(value as never), isNever],
    ['client', redis('client'), isNever],
    ['prefix', redis('prefix'), value => isText(value) && value !== ''],
  ],
  PostgresStore: [
    ['options', value => new PostgresStore(value as never), isNever],
    ['pool', postgres('pool'), isNever],
    ['table', postgres('table'), isTable],
    ['schema', postgres('schema'), isTable],
    ['prepare', postgres('prepare'), isBoolean],
  ],
  MysqlStore: [
    ['options', value => new MysqlStore(value as never), isNever],
    ['pool', mysql('pool'), isNever],
    ['table', mysql('table'), isTable],
  ],
  ExpressStore: [
    ['store', value => new ExpressStore(value as never), isNever],
  ],
};

/** The error for an object that is right but for one of its members. */
const MEMBERS: Readonly<Record<string, RegExp>> = {
  maxUserSessions: /^(option maxUserSessions: \S+ is unknown|maxUserSessions\.(count|atLimit) is )/,
  options: /^(store|pool|client|database|option \S+) is |^keys is /,
  store: /^store(\.\w+ is | is the function )/,
  clearSiteData: /^clearSiteData\[0\] is /,
  schemaOptions: /^schemaOptions \S+ is unknown/,
  cookieOptions: /^cookieOptions \S+ is unknown/,
};

/** How a message shows a value. */
function shown(value: unknown): string {

  if (value === ADDRESS) return '"redis://…@localhost"';
  if (typeof value === 'string') return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) {
    const name = value.constructor?.name || 'object';
    return `${/^[AEIOaeio]/.test(name) ? 'an' : 'a'} ${name}`;
  }
  if (typeof value === 'bigint') return `${value}n`;
  return Object.is(value, -0) ? '-0' : String(value);

}

describe('Each option', () => {

  for (const [where, [name, make, isRight]] of Object.entries(CASES).flatMap(([taker, cases]) => cases.map(each => [taker, each] as const))) {

    it(`of ${where} is checked: ${name}`, () => {

      for (const value of VALUES) {
        if (isRight(value)) {
          doesNotThrow(() => make(value), inspect(value));
          continue;
        }
        throws(() => make(value), (error: unknown) => {
          ok(error instanceof TypeError, String(error));
          const { message } = error;
          ok(!inspect(error).includes(PASSWORD), 'A password is in the message');
          // The elements of a list are checked, too.
          const culprits = Array.isArray(value) ? [value, ...value] : [value];
          const isNamed = culprits.some(each => message.startsWith(`${name} is ${shown(each)}: it must `));
          ok(isNamed || (Object(value) === value && MEMBERS[name]?.test(message) && message.includes(' must ')), message);
          return true;
        }, inspect(value));
      }

    });

  }

  it('that is unknown is refused by its name, wherever it is given', () => {

    for (const name of ['expire', '__proto__', 'constructor', 'a;b', '']) {
      const odd = Object.defineProperty({}, name, { value: 1, enumerable: true });
      const makers = [
        (given: object) => session(Object.defineProperties({ store }, Object.getOwnPropertyDescriptors(given))),
        (given: object) => build({ cookieOptions: given }), (given: object) => build({ schema: standard, schemaOptions: given }),
        (given: object) => csrf(given), (given: object) => encrypted(store, given), (given: object) => new UserSessions(store, given),
        (given: object) => new MemoryStore(given), (given: object) => new RedisStore(given as never), (given: object) => new SqliteStore(given as never),
        (given: object) => new PostgresStore(given as never), (given: object) => new MysqlStore(given as never),
      ];
      for (const make of makers) {
        throws(() => make(odd), (error: Error) => error instanceof TypeError && error.message.includes(` ${name} is unknown: it must be `), `${name}: ${make}`);
      }
    }

  });

  it('encode of cookieOptions is tried out at start-up', () => {

    for (const encode of [encodeURIComponent, (text: string) => `"${text}"`, () => '']) doesNotThrow(() => build({ cookieOptions: { encode } }));
    for (const written of [null, undefined, 5, Promise.resolve('x'), 'a;b', 'a b', 'a\r\nSet-Cookie: b=c', '\0', 'é']) {
      throws(() => build({ cookieOptions: { encode: () => written } }), {
        name: 'TypeError',
        message: `cookieOptions.encode returned ${shown(written)}: it must return a text without blanks, semicolons and control characters`,
      });
    }
    for (const value of VALUES) {
      if (!isFunction(value)) throws(() => build({ cookieOptions: { encode: value } }), { name: 'TypeError', message: `cookieOptions.encode is ${shown(value)}: it must be a function` });
    }

  });

  it('may be in an object that is frozen or has no prototype', () => {

    const bare = (options: object) => Object.freeze(Object.assign(Object.create(null), options));
    doesNotThrow(() => session(bare({ store, user: 'userId', cookieOptions: bare({ secure: true }), schema: standard, schemaOptions: bare({ version: 1 }) })));
    doesNotThrow(() => csrf(bare({ trustedOrigins: Object.freeze(['https://a.test']), exempt: Object.freeze(['/a']) })));
    doesNotThrow(() => encrypted(store, bare({ keys: Object.freeze([bare({ id: 'a', secret: 'x'.repeat(32) })]) })));
    doesNotThrow(() => new UserSessions(store, bare({ storeTimeout: 5 })));
    doesNotThrow(() => new MemoryStore(bare({ maxSessions: 5 })).close());
    doesNotThrow(() => new RedisStore(bare({ client })));
    doesNotThrow(() => new PostgresStore(bare({ pool })));
    doesNotThrow(() => new MysqlStore(bare({ pool })));
    doesNotThrow(() => new SqliteStore(bare({ database })).close());

  });

  it('adds nothing to what all objects have', () => {

    const hostile = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    for (const make of [build, csrf, (given: object) => encrypted(store, given), (given: object) => new MemoryStore(given)]) throws(() => make(hostile), TypeError);
    strictEqual(({} as { polluted?: unknown }).polluted, undefined);

  });

  it('about a user that UserSessions is given is checked by each call', async () => {

    const sessions = new UserSessions(store);
    for (const value of VALUES) {
      const isUser = (typeof value === 'string' && value !== '') || (typeof value === 'number' && Number.isFinite(value) && value !== 0);
      const asked = [() => sessions.list(value as never), () => sessions.end(value as never, 'x'), () => sessions.endAll(value as never)];
      for (const ask of asked) {
        if (isUser) await ask();
        else await rejects(ask, { name: 'TypeError', message: `user is ${shown(value)}: it must be a text that is not empty, or a number other than 0` });
      }
      if (isText(value) && value !== '') continue;
      await rejects(sessions.end('ada', value as never), { name: 'TypeError', message: `handle is ${shown(value)}: it must be the handle of a session` });
      if (value === '' || value === undefined) continue;
      await rejects(sessions.endAll('ada', { except: value as never }), { name: 'TypeError', message: `except is ${shown(value)}: it must be the handle of a session` });
    }

  });

  it('in the address of a store is checked, and the address is never shown', async () => {

    for (const value of VALUES) {
      await rejects(openStore(value as never), (error: Error) => {
        ok(!inspect(error).includes(PASSWORD));
        // The address of a server is tried.
        return error instanceof TypeError || String(value) === ADDRESS;
      }, inspect(value));
    }
    for (const address of [
      'sqlite::memory:?table=a;b', 'sqlite::memory:?table=', 'sqlite::memory:?table=a%00', 'sqlite::memory:?table=a%0D%0A', 'sqlite::memory:?synchronous=', 'sqlite::memory:?__proto__=x',
      'memory:?x', 'memory:\0', 'sqlite:', `redis:user:${PASSWORD}@localhost`, `redis://user:${PASSWORD}@`, `mysql:/user:${PASSWORD}@/x`, `postgres://user:${PASSWORD}@a b/`,
    ]) {
      await rejects(openStore(address), (error: Error) => error instanceof TypeError && / must be /.test(error.message) && !inspect(error).includes(PASSWORD), address);
    }

  });

});
