import { deepStrictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { encrypted, isAtomic, isIndexing, MemoryStore, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { Browser, setCookies } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { KEYED } from '../support/sealed.js';
import { type Page, site } from '../support/site.js';
import { OneRecordStore } from '../testing/support/one-record-store.js';

/*
 * The same visitors on a store and on an encrypted one: an application does not
 * notice which of the two it has.
 */

const PAGES: Record<string, Page> = {
  '/begin': ctx => { ctx.session = { cart: 1 }; },
  '/cart': ctx => { ctx.session.cart = (ctx.session.cart ?? 0) + 1; },
  '/note': ctx => { ctx.session.note = 'x'.repeat(300); },
  '/no-cart': ctx => { delete ctx.session.cart; },
  '/nothing': ctx => { for (const key of Object.keys(ctx.session)) delete ctx.session[key]; },
  '/count': async ctx => (await ctx.updateSession(session => { session.count = (session.count ?? 0) + 1; })).count,
  '/ada': ctx => { ctx.session.userId = 'ada'; },
  '/bob': ctx => { ctx.session = { userId: 'bob' }; },
  '/prove': ctx => { ctx.authenticated({ expiry: 500, metadata: { device: 'Ä' } }); },
  '/rotate': ctx => { ctx.sessionId = null; },
  '/read': ctx => ctx.session,
  '/info': ctx => {
    const { handle: _, ...info } = ctx.sessionInfo ?? {};
    return Object.fromEntries(Object.entries(info).map(([name, value]) => [name, typeof value === 'number' ? Math.round(value) : value]));
  },
  '/both': async ctx => {
    ctx.session.first = 1;
    await ctx.saveSession();
    ctx.session.second = 2;
    await ctx.updateSession(session => { session.third = 3; });
  },
  '/end': ctx => { ctx.session = null; },
};

/** What a visitor does, or a second that passes. */
interface Step {
  readonly path: string;
  readonly visitor: number;
  /** With the cookie from before the last answer, as a request that was already under way. */
  readonly late: boolean;
  readonly wait: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  path: fc.constantFrom(...Object.keys(PAGES), '/list', '/end-all'),
  visitor: fc.nat({ max: 2 }),
  late: fc.boolean(),
  wait: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.constantFrom(1, 20, 40, 400)),
});

const OPTIONS: Readonly<Record<string, Partial<SessionOptions>>> = {
  'no options': {},
  'users, a limit, renewal and grace': {
    user: 'userId', maxUserSessions: 2, renewal: 30, grace: 10, absoluteExpiry: 900, anonymousExpiry: 300, expiry: 600, touchInterval: 30,
  },
  'a schema': { schema: z.object({ cart: z.number().optional(), userId: z.string().optional() }).loose(), schemaOptions: { version: 3 } },
  'a size': { maxBytes: 400, user: 'userId' },
};

const STORES: Readonly<Record<string, () => SessionStore>> = {
  'the memory store': () => new MemoryStore(),
  'a store of four methods': () => new MapStore(),
  'a store that has take() in place of move()': () => new OneRecordStore(() => Date.now() / 1000),
};

/** Visits pages, and returns what visitors see. */
async function visit(store: SessionStore, inner: SessionStore, options: Partial<SessionOptions>, steps: readonly Step[], tick: (seconds: number) => void) {

  const { app } = site(PAGES, { ...options, store });
  const visitors = Array.from({ length: 3 }, () => new Browser(app));
  const before = visitors.map(browser => browser.clone());
  const users = isIndexing(store) ? new UserSessions(store) : null;
  const seen: unknown[] = [];
  for (const { path, visitor, late, wait } of steps) {
    tick(wait);
    if (path === '/list') {
      seen.push((await users?.list('ada'))?.map(({ handle: _, seenAt, expiresAt, createdAt, ...rest }) => ({
        ...rest, seenAt: Math.round(seenAt), expiresAt: Math.round(expiresAt), createdAt: Math.round(createdAt),
        authenticatedAt: rest.authenticatedAt && Math.round(rest.authenticatedAt), absoluteExpiresAt: rest.absoluteExpiresAt && Math.round(rest.absoluteExpiresAt),
      })));
      continue;
    }
    if (path === '/end-all') {
      seen.push(await users?.endAll('ada'));
      continue;
    }
    const browser = visitors[visitor] as Browser;
    const former = before[visitor] as Browser;
    const asking = late ? former.clone() : browser;
    if (!late) before[visitor] = browser.clone();
    const response = await asking.get(path);
    const cookies = setCookies(response).map(line => line.replace(/^CB=[^;]+/, 'CB=…'));
    seen.push([path, late, response.status, response.status === 200 ? response.body : '', cookies]);
  }
  if (inner instanceof MemoryStore) seen.push(inner.store.size);
  return seen;

}

/** The options that a store can serve. */
function possible({ user, maxUserSessions, renewal, grace, absoluteExpiry, anonymousExpiry, ...rest }: Partial<SessionOptions>, store: SessionStore): Partial<SessionOptions> {

  if (isAtomic(store) && !store.keepsInfo) return rest;
  return { user, renewal, grace, absoluteExpiry, anonymousExpiry, ...rest, ...(isIndexing(store) && { maxUserSessions }) };

}

for (const [kind, open] of Object.entries(STORES)) {

  describe(`An application on an encrypted store behaves as on ${kind}`, () => {

    for (const [what, options] of Object.entries(OPTIONS)) {

      it(`with ${what}`, async t => {

        const given = possible(options, open());
        t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
        let now = 1_800_000_000_000;
        const tick = (seconds: number) => {
          now += seconds * 1000;
          t.mock.timers.setTime(now);
        };
        await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async steps => {
          const seen = [];
          for (const wrap of [(store: SessionStore) => store, (store: SessionStore) => encrypted(store, KEYED)]) {
            now = 1_800_000_000_000;
            t.mock.timers.setTime(now);
            const inner = open();
            seen.push(await visit(wrap(inner), inner, given, steps, tick));
            if (inner instanceof MemoryStore) inner.close();
          }
          deepStrictEqual(seen[1], seen[0]);
        }), { numRuns: 60 });

      });

    }

  });

}
