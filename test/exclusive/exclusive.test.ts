import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { encrypted, MemoryStore, SessionEndedError, SessionLockError, type SessionStore } from '../../src/index.js';
import { KeyedStore } from '../../src/stores/shared/keyed-store.js';
import { OTHER_RECORD } from '../../src/values/other-record.js';
import { wrapStore } from '../../src/wrapping/wrap-store.js';
import { MapEngine } from '../stores/shared/map-engine.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { deferred, settled } from '../support/events.js';
import { fakeTime, inFakeTime } from '../support/fake-time.js';
import { MapStore } from '../support/map-store.js';
import { type Page, type PageContext, site } from '../support/site.js';

/** Calls of stores, as `name handle-of-the-lock`. */
type Calls = string[];

/** A store behind a wire, of one process among others that share an engine. */
function processOf(engine: MapEngine, calls: Calls = [], before: (method: string, id: string) => unknown = () => {}): SessionStore {

  const store = new KeyedStore(engine);
  const wired = <A extends [string, ...unknown[]], R>(name: string, method: (...args: A) => R) => async (...args: A) => {
    calls.push(name);
    await setImmediate();
    await before(name, args[0]);
    return method.apply(store, args);
  };
  return wrapStore(store, () => ({
    load: wired('load', store.load) as never, create: wired('create', store.create) as never, update: wired('update', store.update) as never,
    touch: wired('touch', store.touch) as never, end: wired('end', store.end) as never, delete: wired('delete', store.delete) as never,
    move: wired('move', store.move) as never,
  }));

}

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { n: 0 }; },
  '/read': ctx => ({ ...ctx.session }),
  '/end': ctx => { ctx.session = null; },
  '/new-id': ctx => { ctx.sessionId = null; },
};

/** A visitor of several processes, each with the same pages. */
async function visited(pages: Record<string, Page>, ...stores: SessionStore[]) {

  const sites = stores.map(store => site({ ...PAGES, ...pages }, { store }));
  const first = sites[0] as (typeof sites)[number];
  await first.browser.get('/create');
  const browserOf = (index: number) => {
    const browser = new Browser((sites[index] as typeof first).app);
    browser.cookies.set('CB', first.browser.cookies.get('CB') as string);
    return browser;
  };
  return { sites, browserOf, get: (path: string, index = 0) => browserOf(index).get(path), read: async () => (await browserOf(0).get('/read')).body };

}

/** Counts in two steps, between which others come. */
const count = async (ctx: PageContext) => {
  const { n } = ctx.session;
  await settled();
  await settled();
  ctx.session.n = n + 1;
};

const ways: { readonly [name: string]: () => SessionStore[] } = {
  'the memory store': () => [new MemoryStore()],
  'a store with four methods': () => [new MapStore()],
  'one process': () => [processOf(new MapEngine(Date.now))],
  'three processes': () => {
    const engine = new MapEngine(Date.now);
    return [processOf(engine), processOf(engine), processOf(engine)];
  },
  'two processes with encryption': () => {
    const engine = new MapEngine(Date.now);
    return [encrypted(processOf(engine)), encrypted(processOf(engine))];
  },
};

describe('The id of a lock', () => {

  for (const keepsInfo of [true, false]) {
    it(`opens no session, shows no messages, and lets no one end the lock: ${keepsInfo ? 'with' : 'without'} details beside the values`, async () => {

      const engine = new MapEngine(Date.now);
      const ids: string[] = [];
      const store = processOf(engine, [], (method, id) => { if (method === 'create') ids.push(id); });
      if (!keepsInfo) Object.defineProperty(store, 'keepsInfo', { value: false });
      const hold = deferred();
      const held = deferred();
      const { browserOf, get } = await visited({
        '/hold': ctx => ctx.exclusive('key', async signal => {
          held.resolve();
          await hold.promise;
          strictEqual(signal.aborted, false);
        }),
        '/try': ctx => ctx.exclusive('key', () => {}, { wait: 0 }),
        '/id': ctx => [ctx.session, ctx.sessionId, ctx.sessionInfo],
        '/flashes': ctx => ctx.flashes(),
      }, store, processOf(engine));
      const holder = get('/hold');
      await held.promise;
      const lock = ids.at(-1) as string;
      for (const path of ['/id', '/end', '/new-id', '/create']) {
        const thief = browserOf(0);
        thief.cookies.set('CB', lock);
        const { status, body } = await thief.get(path);
        strictEqual(status, 200, path);
        if (path === '/id') deepStrictEqual(body, [{}, null, null]);
      }
      const thief = browserOf(0);
      thief.cookies.set('CB-flash-Abcdefgh', lock);
      deepStrictEqual((await thief.get('/flashes')).body, []);
      strictEqual((await get('/try', 1)).status, 503);
      hold.resolve();
      strictEqual((await holder).status, 200);

    });
  }

});

describe('ctx.exclusive()', () => {

  for (const [name, stores] of Object.entries(ways)) {
    it(`runs one function at a time, on the session as the one before has left it: ${name}`, async () => {

      let running = 0;
      let most = 0;
      const { get, read } = await visited({
        '/count': ctx => ctx.exclusive('count', async () => {
          most = Math.max(most, ++running);
          await count(ctx);
          running--;
        }),
      }, ...stores());
      const processes = stores().length;
      const responses = await Promise.all(Array.from({ length: 30 }, (_, index) => get('/count', index % processes)));
      deepStrictEqual(responses.map(({ status }) => status), responses.map(() => 200));
      strictEqual(most, 1);
      deepStrictEqual(await read(), { n: 30 });

    });
  }

  it('costs two round trips for the lock and one to read the session, and leaves nothing behind', async () => {

    const calls: Calls = [];
    const engine = new MapEngine(Date.now);
    const { get } = await visited({
      '/look': ctx => ctx.exclusive('key', () => 'seen'),
      '/count': ctx => ctx.exclusive('key', () => count(ctx)),
    }, processOf(engine, calls));
    calls.length = 0;
    strictEqual((await get('/look')).body as unknown, 'seen');
    deepStrictEqual(calls.splice(0), ['load', 'create', 'load', 'delete']);
    await get('/count');
    deepStrictEqual(calls, ['load', 'create', 'load', 'update', 'delete']);

  });

  it('hands the lock on within the process: those who wait only read the session', async () => {

    const calls: Calls = [];
    const { get } = await visited({ '/look': ctx => ctx.exclusive('key', () => settled()) }, processOf(new MapEngine(Date.now), calls));
    calls.length = 0;
    await Promise.all(Array.from({ length: 5 }, () => get('/look')));
    deepStrictEqual(calls.filter(each => each !== 'load'), ['create', 'delete']);
    strictEqual(calls.length, 2 + 5 + 5);

  });

  it('lets requests of a process go first come first served', async () => {

    const order: unknown[] = [];
    const { get } = await visited({ '/look': ctx => ctx.exclusive('key', async () => {
      await settled();
      order.push(ctx.query.n);
    }) }, new MemoryStore());
    await Promise.all(Array.from({ length: 8 }, (_, n) => get(`/look?n=${n}`)));
    deepStrictEqual(order, ['0', '1', '2', '3', '4', '5', '6', '7']);

  });

  it('lets functions of other keys and other sessions run', async () => {

    const engine = new MapEngine(Date.now);
    const held = deferred();
    const { browserOf, sites } = await visited({
      '/hold': ctx => ctx.exclusive('key', () => held.promise),
      '/key': ctx => ctx.exclusive('key', () => 'ran'),
      '/other-key': ctx => ctx.exclusive('another key', () => 'ran'),
    }, processOf(engine), processOf(engine));
    const holding = browserOf(0).get('/hold');
    for (const { app } of sites) {
      const stranger = new Browser(app);
      await stranger.get('/create');
      strictEqual((await stranger.get('/key')).body as unknown, 'ran');
    }
    for (const index of [0, 1]) strictEqual((await browserOf(index).get('/other-key')).body as unknown, 'ran');
    held.resolve();
    await holding;

  });

  it('finds the lock of its session under a new id', async () => {

    const engine = new MapEngine(Date.now);
    const [held, entered] = [deferred(), deferred()];
    const order: string[] = [];
    const { browserOf } = await visited({
      '/hold': ctx => ctx.exclusive('key', async () => {
        ctx.sessionId = null;
        await ctx.saveSession();
        entered.resolve();
        await held.promise;
        order.push('held');
      }),
      '/key': ctx => ctx.exclusive('key', () => { order.push('next'); }),
    }, processOf(engine), processOf(engine));
    const [first, next] = [browserOf(0), browserOf(1)];
    const holding = first.get('/hold');
    await entered.promise;
    held.resolve();
    const response = await holding;
    strictEqual(setCookies(response).length, 1);
    next.cookies.set('CB', first.cookies.get('CB') as string);
    await next.get('/key');
    deepStrictEqual(order, ['held', 'next']);

  });

  it('stores what the function has changed before the next one runs, also a sign-out and a new id', async () => {

    const engine = new MapEngine(Date.now);
    const { get, read, sites } = await visited({
      '/out': ctx => ctx.exclusive('key', () => { ctx.session = null; }),
      '/move': ctx => ctx.exclusive('key', () => { ctx.sessionId = null; }),
      '/count': ctx => ctx.exclusive('key', () => count(ctx)),
    }, processOf(engine));
    const [ended, refused] = await Promise.all([get('/out'), get('/count')]);
    strictEqual(ended.status, 200);
    match(setCookies(ended)[0] as string, /Max-Age=0/i);
    strictEqual(refused.status, 409);
    deepStrictEqual(await read(), {});
    const browser = new Browser((sites[0] as (typeof sites)[number]).app);
    await browser.get('/create');
    const id = idOf(browser);
    await browser.get('/move');
    ok(idOf(browser) !== id);
    strictEqual((await browser.get('/count')).status, 200);
    deepStrictEqual((await browser.get('/read')).body, { n: 1 });

  });

  it('refuses with 409 a request whose session was ended while it waited, and does not call its function', async () => {

    for (const path of ['/end', '/new-id']) {
      let called = false;
      const [held, entered] = [deferred(), deferred()];
      const { get } = await visited({
        '/hold': ctx => ctx.exclusive('key', () => {
          entered.resolve();
          return held.promise;
        }),
        '/next': ctx => ctx.exclusive('key', () => { called = true; }),
      }, processOf(new MapEngine(Date.now)));
      const holding = get('/hold');
      await entered.promise;
      const next = get('/next');
      await settled();
      await get(path);
      held.resolve();
      strictEqual((await holding).status, 200);
      strictEqual((await next).status, 409);
      strictEqual(called, false);
    }

  });

  it('refuses a change of a session that was ended while the function ran, and lets the next one have the lock', async () => {

    const { get, sites } = await visited({
      '/count': ctx => ctx.exclusive('key', async () => {
        await get('/end');
        ctx.session.n = 1;
      }),
    }, processOf(new MapEngine(Date.now)));
    strictEqual((await get('/count')).status, 409);
    ok((sites[0] as (typeof sites)[number]).errors[0] instanceof SessionEndedError);

  });

  it('throws on what the function throws, and releases the lock', async () => {

    for (const fail of [() => { throw new RangeError('at once'); }, async () => { throw new RangeError('later'); }]) {
      const { get, sites } = await visited({
        '/fail': ctx => ctx.exclusive('key', fail),
        '/next': ctx => ctx.exclusive('key', () => 'ran', { wait: 0 }),
      }, processOf(new MapEngine(Date.now)));
      strictEqual((await get('/fail')).status, 500);
      ok((sites[0] as (typeof sites)[number]).errors[0] instanceof RangeError);
      strictEqual((await get('/next')).body as unknown, 'ran');
    }

  });

  it('waits no longer than it is told, in the process and for others', async () => {

    await inFakeTime(async () => {
      const engine = new MapEngine(() => 0);
      const [held, entered] = [deferred(), deferred()];
      const took: number[] = [];
      const { get } = await visited({
        '/hold': ctx => ctx.exclusive('key', () => {
          entered.resolve();
          return held.promise;
        }),
        '/next': async ctx => {
          const began = performance.now();
          try {
            await ctx.exclusive('key', () => {}, ctx.query.wait ? { wait: Number(ctx.query.wait) } : {});
          } finally {
            took.push(performance.now() - began);
          }
        },
      }, new KeyedStore(engine), new KeyedStore(engine));
      const holding = get('/hold');
      await entered.promise;
      for (const index of [0, 1]) {
        for (const [wait, most] of [['0', 0], ['3', 6000], ['', 18_000]] as const) {
          const { status, body } = await get(`/next?wait=${wait}`, index);
          strictEqual(status, 503);
          match(String(body), /SessionLockError: Other requests of this session have held the lock/);
          const time = took.pop() as number;
          ok(time <= most && time >= (wait === '' ? 15_000 : Number(wait) * 1000), `${time} of ${wait}`);
        }
      }
      held.resolve();
      strictEqual((await holding).status, 200);
      strictEqual((await get('/next', 1)).status, 200);
    });

  });

  it('ends a wait when its signal fires, in the process and for others', async () => {

    const engine = new MapEngine(Date.now);
    const [held, entered] = [deferred(), deferred()];
    let waiting = deferred();
    let controller = new AbortController();
    const { get, sites } = await visited({
      '/hold': ctx => ctx.exclusive('key', () => {
        entered.resolve();
        return held.promise;
      }),
      '/next': ctx => {
        waiting.resolve();
        return ctx.exclusive('key', () => {}, { signal: controller.signal });
      },
    }, processOf(engine), processOf(engine));
    const holding = get('/hold');
    await entered.promise;
    for (const index of [0, 1]) {
      for (const early of [true, false]) {
        controller = new AbortController();
        waiting = deferred();
        if (early) controller.abort(new RangeError('enough'));
        const next = get('/next', index);
        await waiting.promise;
        await settled();
        controller.abort(new RangeError('enough'));
        strictEqual((await next).body as unknown, 'RangeError: enough');
      }
    }
    held.resolve();
    await holding;
    controller = new AbortController();
    strictEqual((await get('/next', 1)).status, 200);
    strictEqual((sites[0] as (typeof sites)[number]).errors.length, 2);

  });

  it('refuses to wait for itself, whichever request is within, and keys of others may be nested', async () => {

    const { get } = await visited({
      '/self': ctx => ctx.exclusive('key', () => ctx.exclusive('key', () => {})),
      '/deep': ctx => ctx.exclusive('key', () => ctx.exclusive('other', () => ctx.exclusive('key', () => {}))),
      '/request': ctx => ctx.exclusive('key', async () => (await get('/self')).body),
      '/nested': ctx => ctx.exclusive('key', () => ctx.exclusive('other', () => 'ran')),
      '/both': async ctx => (await Promise.all([ctx.exclusive('key', () => 1), ctx.exclusive('key', () => 2)])).join(),
      '/left': async ctx => {
        let left: Promise<unknown> | undefined;
        await ctx.exclusive('key', () => { left = setImmediate().then(() => ctx.exclusive('key', () => 'later')); });
        return left;
      },
    }, processOf(new MapEngine(Date.now)));
    for (const path of ['/self', '/deep', '/request']) {
      match(String((await get(path)).body), /TypeError: exclusive\(\) was called within the function of an exclusive\(\) of the same session and key/);
    }
    strictEqual((await get('/nested')).body as unknown, 'ran');
    strictEqual((await get('/both')).body as unknown, '1,2');
    strictEqual((await get('/left')).body as unknown, 'later');

  });

  it('works with updateSession() in its function, and is refused within that of updateSession()', async () => {

    const { get, read } = await visited({
      '/in': ctx => ctx.exclusive('key', async () => {
        await ctx.updateSession(values => { values.n += 1; });
        await ctx.saveSession();
        ctx.session.n += 1;
      }),
      '/out': ctx => ctx.updateSession(() => ctx.exclusive('key', () => {})),
    }, processOf(new MapEngine(Date.now)));
    await get('/in');
    deepStrictEqual(await read(), { n: 2 });
    match(String((await get('/out')).body), /TypeError: exclusive\(\) was called within the function of an updateSession\(\)/);

  });

  it('only calls the function in a request without a session', async () => {

    const calls: Calls = [];
    const { browser } = site({ ...PAGES, '/page': ctx => ctx.exclusive('key', signal => `${signal.aborted}`) }, { store: processOf(new MapEngine(Date.now), calls) });
    strictEqual((await browser.get('/page')).body as unknown, 'false');
    deepStrictEqual(calls, []);
    await browser.get('/create');
    const late = browser.clone();
    await browser.get('/end');
    strictEqual((await late.get('/page')).status, 200);

  });

  it('names what is wrong with its arguments', async () => {

    const wrong: Array<[args: unknown[], message: string]> = [
      [['', () => {}], 'ctx.exclusive() was given the key "": it must be a text that is not empty'],
      [[5, () => {}], 'ctx.exclusive() was given the key 5: it must be a text that is not empty'],
      [['key'], 'ctx.exclusive() was given undefined: it must be a function'],
      [['key', () => {}, 5], 'ctx.exclusive(): options is 5: it must be an object'],
      [['key', () => {}, { timeout: 5 }], 'ctx.exclusive(): option timeout is unknown: it must be one of wait, lease, signal'],
      [['key', () => {}, { wait: -1 }], 'wait is -1: it must be a number of seconds from 0 to 3600'],
      [['key', () => {}, { lease: 0 }], 'lease is 0: it must be a number of seconds from 1 to 3600'],
      [['key', () => {}, { signal: {} }], 'signal is an Object: it must be an AbortSignal'],
    ];
    const { get } = await visited({
      '/page': async ctx => {
        for (const [args, message] of wrong) await rejects((ctx.exclusive as (...args: unknown[]) => Promise<unknown>)(...args), { name: 'TypeError', message });
      },
    }, new MemoryStore());
    strictEqual((await get('/page')).status, 200);

  });

});

describe('The lock of ctx.exclusive()', () => {

  it('ends by itself when its process has died', async () => {

    const time = fakeTime();
    try {
      let now = 0;
      const advance = (milliseconds: number) => {
        now += milliseconds;
        time.advance(milliseconds);
      };
      const engine = new MapEngine(() => now);
      let isDead = false;
      const entered = deferred();
      const { get } = await visited({
        '/hold': ctx => ctx.exclusive('key', () => {
          entered.resolve();
          return new Promise(() => {});
        }),
        '/next': ctx => ctx.exclusive('key', () => 'ran', { wait: 20 }),
      }, processOf(engine, [], () => isDead ? new Promise(() => {}) : undefined), processOf(engine));
      get('/hold');
      await entered.promise;
      isDead = true;
      let answer: unknown;
      get('/next', 1).then(({ body }) => { answer = body; });
      for (; now < 9900; advance(100)) for (let turn = 0; turn < 4; turn++) await settled();
      strictEqual(answer, undefined);
      for (; now < 11_000; advance(50)) for (let turn = 0; turn < 9; turn++) await settled();
      strictEqual(answer, 'ran');
    } finally {
      time.restore();
    }

  });

  it('is extended for as long as the function runs', async () => {

    const time = fakeTime();
    try {
      let now = 0;
      const engine = new MapEngine(() => now);
      const [held, entered] = [deferred(), deferred()];
      const calls: Calls = [];
      const { get, read } = await visited({
        '/hold': ctx => ctx.exclusive('key', async signal => {
          entered.resolve();
          await held.promise;
          strictEqual(signal.aborted, false);
          ctx.session.n = 1;
        }),
        '/next': ctx => ctx.exclusive('key', () => {}, { wait: 0 }),
      }, processOf(engine, calls), processOf(engine));
      const holding = get('/hold');
      await entered.promise;
      for (let step = 0; step < 60; step++) {
        now += 1000;
        time.advance(1000);
        for (let turn = 0; turn < 4; turn++) await settled();
        strictEqual((await get('/next', 1)).status, 503);
      }
      held.resolve();
      strictEqual((await holding).status, 200);
      ok(calls.filter(each => each === 'touch').length >= 15);
      deepStrictEqual(await read(), { n: 1 });
    } finally {
      time.restore();
    }

  });

  it('is lost if the process stood still: the signal fires, nothing is stored, and the request gets 503', async () => {

    const time = fakeTime();
    try {
      let now = 0;
      const engine = new MapEngine(() => now);
      const [held, entered] = [deferred(), deferred()];
      let given: AbortSignal | undefined;
      const { get, read, sites } = await visited({
        '/hold': ctx => ctx.exclusive('key', async signal => {
          given = signal;
          entered.resolve();
          await held.promise;
          ctx.session.n = 'stale';
        }),
        '/next': ctx => ctx.exclusive('key', () => { ctx.session.n = 'new'; }),
      }, processOf(engine), processOf(engine));
      const holding = get('/hold');
      await entered.promise;
      now += 20_000;
      time.hold(20_000);
      strictEqual((await get('/next', 1)).status, 200);
      held.resolve();
      strictEqual((await holding).status, 503);
      strictEqual(given?.aborted, true);
      ok(given.reason instanceof SessionLockError);
      strictEqual((sites[0] as (typeof sites)[number]).errors[0], given.reason);
      deepStrictEqual(await read(), { n: 'new' });
    } finally {
      time.restore();
    }

  });

  it('outlives a failure of the store that ends in time, and no other', async () => {

    for (const [until, isKept] of [[8000, true], [30_000, false]] as const) {
      const time = fakeTime();
      try {
        let now = 0;
        const engine = new MapEngine(() => now);
        const [held, entered] = [deferred(), deferred()];
        let fails = false;
        const signals: AbortSignal[] = [];
        const { get } = await visited({
          '/hold': ctx => ctx.exclusive('key', async signal => {
            signals.push(signal);
            entered.resolve();
            await held.promise;
          }),
        }, processOf(engine, [], () => {
          if (fails) throw new Error('connection lost');
        }));
        const holding = get('/hold');
        await entered.promise;
        fails = true;
        for (let step = 0; step < 300; step++) {
          if (now >= until) fails = false;
          if (now === 9900) strictEqual(signals[0]?.aborted, false);
          now += 100;
          time.advance(100);
          for (let turn = 0; turn < 4; turn++) await settled();
        }
        strictEqual(signals[0]?.aborted, !isKept);
        held.resolve();
        strictEqual((await holding).status, isKept ? 200 : 503);
      } finally {
        time.restore();
      }
    }

  });

  it('is removed if the answer that it was created is lost or late', async () => {

    const engine = new MapEngine(Date.now);
    let fails = true;
    const store = new KeyedStore(engine);
    const failing = wrapStore(store, inner => ({
      async create(id, texts, terms) {
        const answer = await inner.create(id, texts, terms);
        if (fails && texts.has(OTHER_RECORD)) throw new Error('connection lost');
        return answer;
      },
    }));
    const { get } = await visited({ '/next': ctx => ctx.exclusive('key', () => 'ran', { wait: 0 }) }, failing);
    strictEqual((await get('/next')).status, 503);
    fails = false;
    await settled();
    strictEqual((await get('/next')).body as unknown, 'ran');

  });

  it('is no session, even for someone who knows its id', async () => {

    const engine = new MapEngine(Date.now);
    const ids: string[] = [];
    const entered = deferred();
    const held = deferred();
    const { get, sites } = await visited({
      '/hold': ctx => ctx.exclusive('key', () => {
        entered.resolve();
        return held.promise;
      }),
      '/page': ctx => {
        const id = ctx.sessionId;
        ctx.session.mine = 1;
        return String(id);
      },
    }, processOf(engine, [], (method, id) => { if (method === 'create') ids.push(id); }));
    const holding = get('/hold');
    await entered.promise;
    const lock = ids.at(-1) as string;
    strictEqual(lock.length, 59);
    ok((await engineLoad(engine, lock)), 'there is a record');
    const attacker = new Browser((sites[0] as (typeof sites)[number]).app);
    attacker.cookies.set('CB', lock);
    strictEqual((await attacker.get('/page')).body as unknown, 'null');
    ok(idOf(attacker) !== lock);
    held.resolve();
    await holding;
    strictEqual(await engineLoad(engine, lock), null);

  });

});

function engineLoad(engine: MapEngine, id: string) {

  return new KeyedStore(engine).load(id);

}
