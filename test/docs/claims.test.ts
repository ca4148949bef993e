import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { Application, type Context } from '@curveball/kernel';
import session, {
  MemoryStore, type SessionOptions, type SessionStore, type SessionValues,
} from '../../src/index.js';
import { MapStore } from '../support/map-store.js';
import { codeIn, page, table } from './support/markdown.js';

/*
 * Tables of the documentation, row by row: each row has a trial here. A row that
 * is new, or worded anew, fails until it has one.
 */

// biome-ignore lint/suspicious/noExplicitAny: what a session holds is not the subject
type Handler = (ctx: Context & { session: any }) => unknown;

interface Answer { status: number; cookie: string | null; cleared: boolean; headers: Context['response']['headers'] }

/** An application with the memory store, and one visitor. */
function visitor(options: Partial<SessionOptions> = {}) {

  const app = new Application();
  let handler: Handler = () => {};
  const errors: unknown[] = [];
  app.use(
    async (ctx, next) => {
      try {
        await next();
      } catch (error) {
        errors.push(error);
        ctx.response.status = (error as { httpStatus?: number }).httpStatus ?? 500;
      }
    },
    session({ store: new MemoryStore(), ...options }),
    async ctx => {
      ctx.response.status = 200;
      await handler(ctx as Parameters<Handler>[0]);
    },
  );
  const visit = async (cookie: string | null, what: Handler, sent: Record<string, string> = {}): Promise<Answer> => {
    handler = what;
    const { status, headers } = await app.subRequest('GET', '/', { ...sent, ...(cookie ? { Cookie: cookie } : {}) });
    const line = headers.getMany('Set-Cookie').find(text => text.startsWith('CB='));
    const cleared = line?.startsWith('CB=;') ?? false;
    return { status, headers, cleared, cookie: line && !cleared ? line.split(';')[0] : null };
  };
  const begin = async (values: SessionValues = { userId: 5 }) => {
    const { cookie } = await visit(null, ctx => {
      ctx.session = values;
    });
    assert.ok(cookie);
    return cookie;
  };
  return { visit, begin, errors };

}

/** Tries out each row of a table. */
function rows(path: string, heading: string, trials: Record<string, (cells: string[]) => Promise<void>>): void {

  const body = table(page(path), heading).slice(1);

  it(`${path}, ${heading}: each row is tried out`, () => {

    assert.deepEqual(body.map(([label]) => label), Object.keys(trials));

  });

  for (const cells of body) {
    it(`${path}, ${heading}: ${cells[0]}`, () => trials[cells[0]]?.(cells));
  }

}

/** The methods of a store that were called, in order. */
function recorded<Store extends SessionStore>(store: Store, names: readonly string[]) {

  const calls: string[] = [];
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (names.includes(String(name))) calls.push(String(name));
        return value.apply(target, args);
      };
    },
  });
  return { store: proxy, calls };

}

const ATOMIC = ['newSessionId', 'load', 'create', 'update', 'touch', 'end', 'move', 'take', 'get', 'set', 'delete'];

describe('What requests cost', () => {

  const cost = (store: SessionStore, own: string[], begun: boolean, what: Handler) =>
    async ([, said]: string[]) => {
      const { store: watched, calls } = recorded(store, own);
      const { visit, begin } = visitor({ store: watched });
      const cookie = begun ? await begin() : null;
      calls.length = 0;
      await visit(cookie, what);
      assert.deepEqual(calls, codeIn(said).filter(name => own.includes(name)));
    };

  const read: Handler = ctx => ctx.session.userId;
  const change: Handler = ctx => {
    ctx.session.userId = 6;
  };
  const regenerate: Handler = ctx => {
    ctx.sessionId = null;
  };
  const end: Handler = ctx => {
    ctx.session = null;
  };
  const readLater = async ([, said]: string[]) => {
    let now = 1_000_000;
    const { store, calls } = recorded(new MemoryStore({ now: () => now }), ATOMIC);
    const { visit, begin } = visitor({ store });
    const cookie = await begin();
    calls.length = 0;
    await visit(cookie, read);
    assert.deepEqual(calls, codeIn(said).slice(0, 1), 'in the same second');
    calls.length = 0;
    now += 2;
    await visit(cookie, read);
    assert.deepEqual(calls, codeIn(said));
  };
  const move = async ([label, said]: string[]) =>
    cost(new MemoryStore(), ATOMIC, true, regenerate)([label, said.split(';')[0]]);

  rows('docs/one-request.md', 'What it costs', {
    'without a session cookie, session not changed': cost(new MemoryStore(), ATOMIC, false, read),
    'reads the session': readLater,
    'changes the session': cost(new MemoryStore(), ATOMIC, true, change),
    'starts a session': cost(new MemoryStore(), ATOMIC, false, change),
    'regenerates the id': move,
    'ends the session': cost(new MemoryStore(), ATOMIC, true, end),
  });

  const FOUR = ['get', 'set', 'delete', 'newSessionId'];
  const four = (begun: boolean, what: Handler) => cost(new MapStore(), FOUR, begun, what);

  rows('docs/writing-a-store.md', 'What four methods cannot guarantee', {
    reads: four(true, read),
    changes: four(true, change),
    'starts a session': four(false, change),
    regenerates: four(true, regenerate),
    'ends the session': four(true, end),
  });

});

describe('Values', () => {

  const circle: SessionValues = {};
  circle.self = { circle };
  class Point {
    x = 1;
    toJSON() {
      return 'a point';
    }
  }
  const deep = (levels: number) => {
    let value: unknown = 1;
    for (let level = 0; level < levels; level++) value = [value];
    return value;
  };

  const come = (...values: unknown[]) => async () => {
    for (const value of values) {
      const { visit, begin } = visitor();
      const cookie = await begin({ value });
      await visit(cookie, ctx => assert.deepEqual(ctx.session.value, value));
    }
  };
  const comeAs = (value: unknown, expected: SessionValues) => async () => {
    const { visit, begin } = visitor();
    const cookie = await begin({ value, other: 1 });
    await visit(cookie, ctx => assert.deepEqual(ctx.session, { ...expected, other: 1 }));
  };
  const refused = (...values: unknown[]) => async () => {
    for (const value of values) {
      const { visit, begin, errors } = visitor();
      const cookie = await begin();
      const { status } = await visit(cookie, ctx => {
        ctx.session.value = value;
      });
      assert.equal(status, 500);
      assert.equal((errors[0] as { code: string }).code, 'ERR_SESSION_VALUE');
      await visit(cookie, ctx => assert.deepEqual(ctx.session, { userId: 5 }));
    }
  };

  rows('docs/values.md', 'Values', {
    'string, finite number, boolean, `null`': come('', 'é\n', 0, -0, 1.5, 1e300, true, false, null),
    'array, plain object': come([], [1, [null]], {}, { a: { b: [] } }, deep(500)),
    '`Date`': comeAs(new Date(0), { value: '1970-01-01T00:00:00.000Z' }),
    '`undefined` as the value of a key': async () => {
      await comeAs(undefined, {})();
      await comeAs({ a: { b: undefined } }, { value: { a: {} } })();
    },
    // biome-ignore lint/suspicious/noSparseArray: the gap is what is tried
    '`undefined` in an array, or a gap; keys of an array beside its indexes': refused([undefined], [1, , 2], 'abc'.match(/b/)),
    '`NaN`, `Infinity`': refused(NaN, Infinity, -Infinity),
    '`BigInt`, function, symbol': refused(1n, () => 1, Symbol('x')),
    '`Map`, `Set`, `Buffer`, an object of a class': refused(new Map(), new Set(), Buffer.from('x'), new Point()),
    'an invalid `Date`': refused(new Date(NaN)),
    'an object with a symbol for a key': refused({ [Symbol('x')]: 1 }),
    'an object that contains itself': refused(circle),
  });

});

describe('Shared caches', () => {

  const headers = (begun: boolean, what: Handler, expected: [string | null, string | null]) => async () => {
    const { visit, begin } = visitor();
    const cookie = begun ? await begin() : null;
    const answer = await visit(cookie, what);
    assert.deepEqual([answer.headers.get('Vary'), answer.headers.get('Cache-Control')], expected);
  };

  rows('docs/cookies-and-caching.md', 'Shared caches', {
    'the handler did not use the session': async () => {
      await headers(false, () => {}, [null, null])();
      await headers(true, () => {}, [null, null])();
    },
    'the handler used it, be it there or not': async () => {
      for (const begun of [true, false]) {
        await headers(begun, ctx => ctx.session, ['Cookie', 'private'])();
        await headers(begun, ctx => ctx.updateSession(() => {}), ['Cookie', 'private'])();
        await headers(begun, ctx => {
          ctx.response.headers.set('Cache-Control', 'max-age=5');
          return ctx.session;
        }, ['Cookie', 'max-age=5'])();
      }
    },
    'carries our cookie': async () => {
      await headers(false, ctx => {
        ctx.response.headers.set('Cache-Control', 'public, max-age=5');
        ctx.session.userId = 5;
      }, ['Cookie', 'no-store'])();
      for (const begun of [true, false]) await headers(begun, ctx => ctx.getCsrf(), ['Cookie', 'no-store'])();
    },
  });

});

describe('Requests without their cookie', () => {

  const IMAGE = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' };

  /** The session that such a request stores, as the next request of its browser sees it. */
  const stored = async (what: Handler): Promise<SessionValues | null> => {
    const store = new MemoryStore();
    const { visit } = visitor({ store, user: 'userId' });
    const answer = await visit(null, what, IMAGE);
    assert.equal(answer.status, 200);
    assert.equal(answer.cleared, false);
    assert.equal(store.store.size, answer.cookie ? 1 : 0);
    let values: SessionValues | null = null;
    if (answer.cookie) await visit(answer.cookie, ctx => { values = { ...ctx.session }; });
    return values;
  };
  const isNot = async (what: Handler, count: number) => {
    const reasons: string[] = [];
    const listen = (event: unknown) => void reasons.push((event as { reason: string }).reason);
    subscribe('curveball:session:csrf', listen);
    try {
      assert.equal(await stored(what), null);
      assert.deepEqual([...new Set(reasons)], Array(count).fill('withheld-cookie'));
    } finally {
      unsubscribe('curveball:session:csrf', listen);
    }
  };

  rows('docs/csrf.md', 'Requests without their cookie', {
    'reads the session': () => isNot(ctx => assert.deepEqual(ctx.session, {}), 0),
    'puts something into it': () => isNot(ctx => {
      ctx.session.page = 1;
      assert.deepEqual(ctx.session, { page: 1 });
    }, 1),
    'calls `saveSession()` or `updateSession()`': async () => {
      await isNot(async ctx => {
        ctx.session.page = 1;
        await ctx.saveSession();
        assert.deepEqual([ctx.session, ctx.sessionId], [{ page: 1 }, null]);
      }, 1);
      await isNot(async ctx => {
        assert.deepEqual(await ctx.updateSession(session => { session.page = 1; }), { page: 1 });
        assert.deepEqual([ctx.session, ctx.sessionId], [{ page: 1 }, null]);
      }, 1);
    },
    'calls `getCsrf()`': () => isNot(async ctx => assert.ok(await ctx.getCsrf()), 0),
    'signs in: names a user': async () => {
      assert.deepEqual(await stored(ctx => { ctx.session.userId = 5; }), { userId: 5 });
      assert.deepEqual(await stored(ctx => ctx.updateSession(session => { session.userId = 5; })), { userId: 5 });
    },
    'sets `ctx.sessionId = null` and puts something into it': async () => {
      assert.deepEqual(await stored(ctx => {
        ctx.sessionId = null;
        ctx.session.pending = 1;
      }), { pending: 1 });
    },
  });

  it('start a session without the option user', async () => {

    const { visit } = visitor();
    assert.ok((await visit(null, ctx => { ctx.session.page = 1; }, IMAGE)).cookie);

  });

});

describe('Retired ids', () => {

  /** A visitor whose session was moved, or ended, a moment ago. */
  const late = async (moved: boolean) => {
    const { visit, begin } = visitor();
    const old = await begin();
    let token = '';
    await visit(old, async ctx => {
      token = await ctx.getCsrf();
    });
    const { cookie } = await visit(old, ctx => {
      if (moved) ctx.sessionId = null;
      else ctx.session = null;
    });
    return { visit, old, cookie, token };
  };
  const isAnonymous = (answer: Answer) =>
    assert.deepEqual([answer.cookie, answer.cleared], [null, false]);

  rows('docs/parallel-requests.md', 'Retired ids', {
    'reads the session': async () => {
      const { visit, old } = await late(true);
      isAnonymous(await visit(old, ctx => assert.deepEqual(ctx.session, {})));
    },
    'puts something into it': async () => {
      const { visit, old, cookie } = await late(true);
      const answer = await visit(old, ctx => {
        ctx.session.flash = 'Hello';
      });
      assert.equal(answer.status, 409);
      isAnonymous(answer);
      await visit(cookie, ctx => assert.deepEqual(ctx.session, { userId: 5 }));
    },
    'assigns an object with something in it, and the session was *ended*': async () => {
      for (const moved of [true, false]) {
        const { visit, old } = await late(moved);
        const answer = await visit(old, ctx => {
          ctx.session = { userId: 6 };
        });
        assert.equal(answer.status, moved ? 409 : 200);
        if (moved) isAnonymous(answer);
        else await visit(answer.cookie, ctx => assert.deepEqual(ctx.session, { userId: 6 }));
      }
    },
    'puts something into it and sets `ctx.sessionId = null`': async () => {
      const { visit, old, cookie } = await late(true);
      const answer = await visit(old, ctx => {
        ctx.sessionId = null;
        ctx.session.userId = 6;
      });
      assert.ok(answer.cookie);
      assert.notEqual(answer.cookie, cookie);
      await visit(answer.cookie, ctx => assert.deepEqual(ctx.session, { userId: 6 }));
      await visit(cookie, ctx => assert.deepEqual(ctx.session, { userId: 5 }));
    },
    'assigns `null` or `{}`': async () => {
      for (const empty of [null, {}]) {
        const { visit, old, cookie } = await late(true);
        const answer = await visit(old, ctx => {
          ctx.session = empty;
        });
        assert.equal(answer.cleared, true);
        await visit(cookie, ctx => assert.deepEqual(ctx.session, {}));
      }
    },
    'brings a CSRF token of that id': async () => {
      for (const [moved, status] of [[true, 200], [false, 403]] as const) {
        const { visit, old, token } = await late(moved);
        assert.equal((await visit(old, ctx => ctx.validateCsrf(token))).status, status);
      }
    },
  });

});
