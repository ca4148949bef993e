import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import {
  type SchemaOptions, type SchemaOutput, type SessionOf, type SessionOptions, SessionSchemaError, type SessionStore, SessionValueError, type StandardSchema,
} from '../../src/index.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';
import { type Page, site } from '../support/site.js';
import { TakeStore } from '../support/take-store.js';
import { warningsOf } from '../support/warnings.js';

const PAGES: Record<string, Page> = {
  '/read': ctx => ({ ...ctx.session }),
  '/nothing': () => 'nothing',
  '/theme': ctx => { ctx.session.theme = 'dark'; },
  '/count': ctx => ctx.updateSession(session => { session.n = (session.n ?? 0) + 1; }),
  '/update-nothing': ctx => ctx.updateSession(() => {}),
  '/new-id': ctx => { ctx.sessionId = null; },
  '/sign-in': ctx => {
    ctx.sessionId = null;
    ctx.session.userId = 6;
  },
  '/no-theme': ctx => { delete ctx.session.theme; },
  '/no-keys': ctx => { for (const key of Object.keys(ctx.session)) delete ctx.session[key]; },
  '/end': ctx => { ctx.session = null; },
  '/reserved': ctx => { ctx.session['@version'] = 9; },
  '/form': ctx => ctx.getCsrf(),
};

type Options = Pick<SessionOptions, 'schema' | 'schemaOptions' | 'user'>;

/** A session that was stored without a schema, and a browser that has it. */
async function stored<Store extends SessionStore>(
  values: object, options: Options, store: Store, pages: Record<string, Page> = {},
) {

  const before = site({ '/put': ctx => { ctx.session = values; } }, { store });
  await before.browser.get('/put');
  const there = site({ ...PAGES, ...pages }, { store, ...options });
  for (const [name, value] of before.browser.cookies) there.browser.cookies.set(name, value);
  const raw = async (browser: Browser = there.browser) => {
    const found = await store.get(idOf(browser));
    return found && { ...found };
  };
  if (store instanceof RecordingStore) store.takeCalls();
  const calls = () => (store as unknown as RecordingStore).takeCalls().filter(call => call !== 'touch' && call !== 'get');
  return { ...there, raw, calls };

}

const wired = (values: object, options: Options, pages?: Record<string, Page>) => stored(values, options, new RecordingStore(), pages);

const SCHEMAS: Record<string, { schema: StandardSchema; path: string }> = {
  zod: { schema: z.object({ userId: z.number(), theme: z.string().default('light'), list: z.array(z.object({ price: z.number() })).optional() }), path: 'session.list[1].price' },
  valibot: { schema: v.object({ userId: v.number(), theme: v.optional(v.string(), 'light'), list: v.optional(v.array(v.object({ price: v.number() }))) }), path: 'session.list[1].price' },
  arktype: { schema: type({ userId: 'number', theme: 'string = "light"', 'list?': type({ price: 'number' }).array() }), path: 'session.list[1].price' },
  'a promise': {
    schema: z.object({ userId: z.number(), theme: z.string().default('light'), list: z.array(z.object({ price: z.number() })).optional() })
      .refine(async () => true),
    path: 'session.list[1].price',
  },
};

for (const [name, { schema, path }] of Object.entries(SCHEMAS)) {

  describe(`A schema of ${name}`, () => {

    it('gives the handler its output, and writes nothing for that', async () => {

      const { browser, raw, calls } = await wired({ userId: 5 }, { schema });
      deepStrictEqual((await browser.get('/read')).body, { userId: 5, theme: 'light' });
      strictEqual((await browser.get('/nothing')).status, 200);
      deepStrictEqual(calls(), ['load', 'load']);
      deepStrictEqual(await raw(), { userId: 5 });

    });

    it('stores what the handler has changed, and no default', async () => {

      const { browser, raw, calls } = await wired({ userId: 5 }, { schema }, { '/user': ctx => { ctx.session.userId = 7; } });
      await browser.get('/user');
      deepStrictEqual(calls(), ['load', 'update']);
      deepStrictEqual(await raw(), { userId: 7 });
      await browser.get('/theme');
      deepStrictEqual(await raw(), { userId: 7, theme: 'dark' });
      deepStrictEqual((await browser.get('/read')).body, { userId: 7, theme: 'dark' });

    });

    it('names the path of a value that does not fit, and no value', async () => {

      const values = { userId: 5, list: [{ price: 1 }, { price: 'secret' }] };
      const { browser, raw, errors } = await wired(values, { schema, schemaOptions: { mismatch: 'error' } });
      strictEqual((await browser.get('/nothing')).status, 500);
      const [error] = errors as SessionSchemaError[];
      ok(error instanceof SessionSchemaError, String(error));
      deepStrictEqual(error.paths, [path]);
      strictEqual(error.message, `The stored session does not fit its schema: ${path}`);
      deepStrictEqual(await raw(), values);

    });

  });

}

const typed = z.object({ userId: z.number(), theme: z.string().default('light') });
/** As an application declares `SessionData`. */
interface Data extends SchemaOutput<typeof typed> {}

const zodSchema = SCHEMAS.zod.schema;
const BAD = { userId: 'five', theme: 'dark' };

describe('A session that does not fit', () => {

  it('reads as empty, stays stored while it is only read, and ends when the session is changed', async () => {

    for (const [path, after] of Object.entries({
      '/theme': { theme: 'dark' }, '/count': { n: 1 }, '/sign-in': { userId: 6 },
    })) {
      const { browser, raw, calls } = await wired(BAD, { schema: zodSchema });
      const id = idOf(browser);
      deepStrictEqual((await browser.get('/read')).body, {});
      await browser.get('/update-nothing');
      // An update that changes nothing reads once more, as it returns the stored session.
      deepStrictEqual(calls(), ['load', 'load', 'load']);
      deepStrictEqual(await raw(), BAD);
      strictEqual((await browser.get(path)).status, 200, path);
      const { '@version': version, ...values } = await raw() as Record<string, unknown>;
      deepStrictEqual([values, version], [after, 0]);
      strictEqual(idOf(browser) === id, path !== '/sign-in');
    }

  });

  it('stays stored when it gets a new id and no new value, and is replaced by what comes after', async () => {

    const pages: Record<string, Page> = { '/new-id-then-theme': async ctx => {
      ctx.sessionId = null;
      await ctx.saveSession();
      ctx.session.theme = 'dark';
    } };
    const { browser, raw } = await wired(BAD, { schema: zodSchema }, pages);
    const id = idOf(browser);
    strictEqual((await browser.get('/new-id')).status, 200);
    notStrictEqual(idOf(browser), id);
    deepStrictEqual(await raw(), BAD);
    strictEqual((await browser.get('/new-id-then-theme')).status, 200);
    deepStrictEqual(await raw(), { theme: 'dark', '@version': 0 });

  });

  it('makes one warning for the developer, with its path', async () => {

    // The first of this process was above.
    const { browser } = await wired({ userId: 'secret' }, { schema: zodSchema, schemaOptions: { mismatch: 'keep' } });
    const warnings = await warningsOf(async () => {
      await browser.get('/read');
      await browser.get('/read');
    });
    deepStrictEqual(warnings, [{ code: 'SESSION_SCHEMA', message: 'A stored session does not fit the schema and is given to the handler as it is: session.userId' }]);

  });

  it('reaches the handler as it is with keep', async () => {

    const { browser, raw } = await wired({ ...BAD, other: 1 }, { schema: zodSchema, schemaOptions: { mismatch: 'keep' } });
    deepStrictEqual((await browser.get('/read')).body, { ...BAD, other: 1 });
    await browser.get('/count');
    deepStrictEqual(await raw(), { ...BAD, other: 1, n: 1 });

  });

  it('ends by a sign-out', async () => {

    const { browser, raw } = await wired(BAD, { schema: zodSchema });
    match(setCookies(await browser.get('/end'))[0], /Max-Age=0/);
    strictEqual(browser.cookies.size, 0);
    strictEqual(await raw(), null);

  });

});

/** Version 1 has two names, version 2 an object of them. */
const Names = z.object({ name: z.object({ first: z.string(), last: z.string() }), theme: z.string().optional(), n: z.number().optional() });
const toNames: SchemaOptions = {
  version: 2,
  migrate: (values, from) => {
    if (from < 1) {
      [values.first, values.last] = values.name.split(' ');
      delete values.name;
    }
    const { first, last, ...others } = values;
    return { ...others, name: { first, last } };
  },
};
const ADA = { name: { first: 'Ada', last: 'Lovelace' } };

describe('A session of an older shape', () => {

  const options = { schema: Names, schemaOptions: toNames };

  it('is migrated for each handler, and stored in the new shape together with the first change', async () => {

    for (const old of [{ name: 'Ada Lovelace' }, { first: 'Ada', last: 'Lovelace', '@version': 1 }]) {
      for (const [path, more] of Object.entries({ '/theme': { theme: 'dark' }, '/count': { n: 1 } })) {
        const { browser, raw, calls } = await wired(old, options);
        for (const reading of ['/read', '/read', '/update-nothing', '/nothing']) await browser.get(reading);
        deepStrictEqual((await browser.get('/read')).body, ADA);
        deepStrictEqual(calls(), ['load', 'load', 'load', 'load', 'load', 'load']);
        deepStrictEqual(await raw(), old);
        strictEqual((await browser.get(path)).status, 200);
        deepStrictEqual(await raw(), { ...ADA, ...more, '@version': 2 });
        deepStrictEqual((await browser.get('/read')).body, { ...ADA, ...more });
      }
    }

  });

  it('is migrated before it moves, so that others read all of it', async () => {

    for (const store of [new RecordingStore(), new TakeStore(), new MapStore()]) {
      const { browser, raw } = await stored({ name: 'Ada Lovelace' }, options, store, {
        '/sign-in': ctx => {
          ctx.sessionId = null;
          ctx.session.theme = 'dark';
        },
      });
      const old = idOf(browser);
      strictEqual((await browser.get('/sign-in')).status, 200);
      notStrictEqual(idOf(browser), old);
      deepStrictEqual(await raw(), { ...ADA, theme: 'dark', '@version': 2 }, store.constructor.name);
      deepStrictEqual((await browser.get('/read')).body, { ...ADA, theme: 'dark' });
    }

  });

  it('is migrated before a sign-in through updateSession() moves it', async () => {

    const user: SessionOptions['user'] = values => values.n ? values.name.first : null;
    const { browser, raw } = await stored({ name: 'Ada Lovelace' }, { ...options, user }, new RecordingStore());
    const old = idOf(browser);
    strictEqual((await browser.get('/count')).status, 200);
    notStrictEqual(idOf(browser), old);
    deepStrictEqual(await raw(), { ...ADA, n: 1, '@version': 2 });

  });

  it('loses no change of requests that migrate it at the same time', async () => {

    for (const store of [new RecordingStore(), new MapStore()]) {
      const { browser, raw } = await stored({ name: 'Ada Lovelace' }, options, store, {
        '/rename': ctx => { ctx.session.name.first = 'Augusta'; },
        '/slow': async ctx => {
          ctx.session.n = 1;
          await Promise.all([browser.clone().get('/rename'), browser.clone().get('/theme')]);
        },
      });
      strictEqual((await browser.get('/slow')).status, 200);
      deepStrictEqual(await raw(), { name: { first: 'Augusta', last: 'Lovelace' }, theme: 'dark', n: 1, '@version': 2 });
    }

  });

  it('loses no count of requests that migrate it at the same time', async () => {

    const { browser, raw } = await wired({ name: 'Ada Lovelace' }, options);
    await Promise.all(Array.from({ length: 10 }, () => browser.clone().get('/count')));
    deepStrictEqual(await raw(), { ...ADA, n: 10, '@version': 2 });

  });

  it('waits for a promise, and may be changed in place', async () => {

    const { browser, raw } = await wired({ name: 'Ada Lovelace' }, {
      schema: Names,
      schemaOptions: { version: 1, migrate: async (values, from) => {
        strictEqual(from, 0);
        const [first, last] = values.name.split(' ');
        values.name = { first, last };
      } },
    });
    deepStrictEqual((await browser.get('/read')).body, ADA);
    await browser.get('/theme');
    deepStrictEqual(await raw(), { ...ADA, theme: 'dark', '@version': 1 });

  });

  it('stays as it is if migrate throws or returns anything but a session: the request fails', async () => {

    for (const migrate of [() => { throw new Error('no'); }, async () => { throw new Error('no'); }, () => [], () => 5, async () => new Map()]) {
      const { browser, raw } = await wired({ name: 'Ada Lovelace' }, { schema: Names, schemaOptions: { version: 2, migrate: migrate as never } });
      strictEqual((await browser.get('/theme')).status, 500);
      deepStrictEqual(await raw(), { name: 'Ada Lovelace' });
    }

  });

  it('follows the option mismatch if the migrated values do not fit', async () => {

    const { browser, errors } = await wired({ name: 'Ada Lovelace' }, {
      schema: Names, schemaOptions: { version: 2, migrate: () => ({ name: { first: 1 } }), mismatch: 'error' },
    });
    strictEqual((await browser.get('/read')).status, 500);
    deepStrictEqual((errors[0] as SessionSchemaError).paths, ['session.name.first', 'session.name.last']);

  });

});

describe('A session of a newer shape', () => {

  it('is checked as it is, and keeps its number', async () => {

    const { browser, raw } = await wired({ ...ADA, newer: true, '@version': 3 }, { schema: Names, schemaOptions: toNames });
    deepStrictEqual((await browser.get('/read')).body, ADA);
    await browser.get('/theme');
    deepStrictEqual(await raw(), { ...ADA, newer: true, theme: 'dark', '@version': 3 });

  });

});

describe('The version of a session', () => {

  const options = { schema: z.looseObject({}), schemaOptions: { version: 2 } };

  it('is stored with a new session, and is hidden', async () => {

    const store = new RecordingStore();
    const { browser } = site(PAGES, { store, ...options });
    await browser.get('/theme');
    deepStrictEqual(await store.get(idOf(browser)), { theme: 'dark', '@version': 2 });
    deepStrictEqual((await browser.get('/read')).body, { theme: 'dark' });

  });

  it('can\'t be a key of the application', async () => {

    const { browser, errors, raw } = await wired({ a: 1 }, options);
    strictEqual((await browser.get('/reserved')).status, 500);
    ok(errors[0] instanceof SessionValueError);
    match((errors[0] as SessionValueError).message, /^session\["@version"\] is the key of the session's version/);
    strictEqual(((await raw()) as { '@version'?: number })['@version'] ?? 2, 2);

  });

  it('is all that is stored of a session whose last key was removed', async () => {

    for (const store of [new RecordingStore(), new TakeStore(), new MapStore()]) {
      for (const paths of [['/no-keys'], ['/theme', '/no-keys']]) {
        const { browser, raw } = await stored({ theme: 'dark' }, options, store);
        for (const path of paths) deepStrictEqual(setCookies(await browser.get(path)), []);
        deepStrictEqual(await raw(), { '@version': 2 });
      }
    }

  });

  it('stays together with what another request adds to a session whose last key is removed', async () => {

    const { browser, raw } = await wired({ theme: 'dark', '@version': 2 }, options, {
      '/slow': async ctx => {
        delete ctx.session.theme;
        await browser.clone().get('/count');
      },
    });
    deepStrictEqual(setCookies(await browser.get('/slow')), []);
    deepStrictEqual(await raw(), { n: 1, '@version': 2 });

  });

  it('costs no call', async () => {

    const { browser, calls } = await wired({ theme: 'dark', a: 1, '@version': 2 }, options);
    await browser.get('/count');
    deepStrictEqual(calls(), ['load', 'update']);
    await browser.get('/no-theme');
    deepStrictEqual(calls(), ['load', 'update']);

  });

});

describe('A schema', () => {

  it('does not see what 1.x has put into a session with a form, however strict it is', async () => {

    const store = new RecordingStore();
    const { browser, errors } = site(PAGES, { store, schema: z.strictObject({ theme: z.string().optional() }), schemaOptions: { mismatch: 'error' } });
    const id = store.newSessionId();
    await store.set(id, { 'csrf-token': 'of 1.x' }, Date.now() / 1000 + 60);
    browser.cookies.set('CB', id);
    strictEqual((await browser.get('/theme')).status, 200, String(errors[0]));
    deepStrictEqual((await browser.get('/read')).body, { theme: 'dark', 'csrf-token': 'of 1.x' });

  });

  it('that drops keys leaves them stored', async () => {

    const { browser, raw } = await wired({ userId: 5, other: [1] }, { schema: zodSchema });
    await browser.get('/theme');
    deepStrictEqual(await raw(), { userId: 5, other: [1], theme: 'dark' });

  });

  it('that makes a Date is refused with its path: the handler would get a text', async () => {

    const schema = z.object({ list: z.array(z.object({ at: z.iso.datetime().transform(text => new Date(text)) })) });
    const { browser, errors } = await wired({ list: [{ at: '2026-01-01T00:00:00Z' }] }, { schema });
    strictEqual((await browser.get('/read')).status, 500);
    strictEqual((errors[0] as SessionValueError).path, 'session.list[0].at');

  });

  it('that throws fails the request, and nothing is lost', async () => {

    const schema: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: () => { throw new Error('no'); } } };
    const { browser, raw } = await wired({ a: 1 }, { schema });
    strictEqual((await browser.get('/theme')).status, 500);
    deepStrictEqual(await raw(), { a: 1 });

  });

  it('has its output type, whatever library it is of', () => {

    // Checked by the compiler.
    const zod = z.object({ userId: z.number(), theme: z.string().default('light') });
    const ofZod: SchemaOutput<typeof zod> = { userId: 5, theme: 'light' };
    const valibot = v.object({ userId: v.number(), theme: v.optional(v.string(), 'light') });
    const ofValibot: SchemaOutput<typeof valibot> = ofZod;
    const arktype = type({ userId: 'number', theme: 'string = "light"' });
    const ofArktype: SchemaOutput<typeof arktype> = ofValibot;
    const session: SessionOf<typeof ofArktype> = { userId: 5 };
    // @ts-expect-error a key of another type
    session.theme = 5;
    // @ts-expect-error a key that the schema does not have
    session.other = 5;
    const data: Data = ofArktype;
    strictEqual(data.userId, 5);

  });

  it('does not run if there is no session, or an empty one', async () => {

    const { browser } = site(PAGES, { schema: z.never() });
    deepStrictEqual((await browser.get('/read')).body, {});
    for (const session of [{ 'csrf-token': true }, { '@version': 1 }]) {
      const { browser, raw } = await wired(session, {
        schema: z.object({ theme: z.string() }), schemaOptions: { version: 2, migrate: () => ({ migrated: true }), mismatch: 'error' },
      });
      strictEqual((await browser.get('/read')).status, 200);
      await browser.get('/theme');
      deepStrictEqual(await raw(), { ...session, theme: 'dark', '@version': 2 });
    }

  });

});
