import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { type AtomicSessionStore, SessionEndedError, SessionStoreError } from '../../src/index.js';
import { timedStore } from '../../src/wrapping/timed-store.js';
import { runProgram } from '../support/child-process.js';
import { deferred, never, settled } from '../support/events.js';
import { fakeTime } from '../support/fake-time.js';

const SHORT = 0.02;

function timed(load: () => unknown, limit = SHORT) {

  return timedStore(({ load }) as unknown as AtomicSessionStore, limit);

}

/** A valid answer of each method that may not answer with its own name. */
const ANSWERS: Record<string, unknown> = {
  load: null, create: true, update: 'gone', end: false, move: 'moved',
};

describe('A store with a time limit', () => {

  it('answers what the store answers, at once if it can', async () => {

    const live = { status: 'live', texts: new Map(), remaining: 60 };
    strictEqual(timed(() => live).load('A'), live as never);
    strictEqual(await timed(async () => live).load('A'), live as never);
    // biome-ignore lint/suspicious/noThenProperty: a driver may have promises of its own
    strictEqual(await timed(() => ({ then: (resolve: (value: unknown) => void) => resolve(live) })).load('A'), live as never);

  });

  it('has only its own members, whatever else the store has', () => {

    const store = { load: () => null, upgrade: () => true, canMove: true, canIndex: true, canTell: true } as unknown as AtomicSessionStore;
    const wrapped = timedStore(store, SHORT);
    strictEqual(wrapped.upgrade, undefined);
    deepStrictEqual([wrapped.canMove, wrapped.canIndex, wrapped.canTell], [false, false, false]);

  });

  it('calls a method that the store gets later', () => {

    const store = { load: () => null } as unknown as AtomicSessionStore;
    const wrapped = timedStore(store, SHORT);
    store.move = () => 'gone';
    ok(wrapped.canMove);
    strictEqual(wrapped.move('A', 'B', { set: new Map(), unset: [] }, { lifetime: 60 }), 'gone');

  });

  it('names only the type of an invalid answer, since the answer may be the id', async () => {

    const answers: Array<[unknown, string]> = [['the-id', 'string'], [undefined, 'undefined'], [['the-id'], 'object']];
    for (const [answer, type] of answers) {
      const store = timedStore(({ create: () => answer }) as unknown as AtomicSessionStore, SHORT);
      throws(() => store.create('the-id', new Map(), { lifetime: 60 }), (error: SessionStoreError) => {
        strictEqual(error.message, `The session store's create() returned a value that is not allowed, of type ${type}`);
        strictEqual(error.cause, undefined);
        return true;
      });
    }

  });

  it('passes every argument on to the current store, and calls its methods on it', async () => {

    const calls: unknown[] = [];
    let asked = 0;
    const comparable = (arg: unknown) => {
      const { patienceLeft = arg, ...terms } = Object(arg) as { patienceLeft?: unknown };
      if (typeof patienceLeft !== 'function') return arg;
      asked++;
      strictEqual(patienceLeft(), SHORT);
      return arg === patienceLeft ? 'patienceLeft' : terms;
    };
    const methods = ['newSessionId', 'load', 'create', 'update', 'touch', 'end', 'move', 'take', 'sessionsOf', 'endSessionsOf'] as const;
    const store: Record<string, unknown> = {};
    for (const method of methods) {
      store[method] = function (this: unknown, ...args: unknown[]) {
        strictEqual(this, store);
        calls.push([method, ...args.map(comparable)]);
        return method in ANSWERS ? ANSWERS[method] : method;
      };
    }
    const wrapped = timedStore(store as unknown as AtomicSessionStore, SHORT);
    const change = { set: new Map(), unset: [] };
    strictEqual(await wrapped.newSessionId('A'), 'newSessionId');
    await wrapped.load('A', { mayBeCached: true });
    const newInfo = { info: { user: 'ada', details: '{}' } };
    await wrapped.create('A', change.set, { lifetime: 1, newInfo });
    await wrapped.update('A', change, { lifetime: 2, version: 'v', user: 'ada', maxBytes: 3, loaded: change.set });
    await wrapped.touch('A', 3, 'ada');
    await wrapped.end('A', { moved: true });
    await wrapped.move('A', 'B', change, { lifetime: 4, newInfo, version: 'v', maxBytes: 5 });
    await wrapped.sessionsOf('ada');
    await wrapped.endSessionsOf('ada', { only: 'handle' });
    await wrapped.take('A', 'B');
    deepStrictEqual(calls, [
      ['newSessionId', 'A'], ['load', 'A', { mayBeCached: true }], ['create', 'A', change.set, { lifetime: 1, patience: SHORT, newInfo }],
      ['update', 'A', change, { lifetime: 2, version: 'v', patience: SHORT, user: 'ada', maxBytes: 3, loaded: change.set }],
      ['touch', 'A', 3, 'ada'], ['end', 'A', { moved: true }],
      ['move', 'A', 'B', change, { lifetime: 4, version: 'v', patience: SHORT, newInfo, maxBytes: 5 }], ['sessionsOf', 'ada'],
      ['endSessionsOf', 'ada', { only: 'handle' }], ['take', 'A', 'B', SHORT, 'patienceLeft'],
    ]);
    strictEqual(asked, 4);
    strictEqual(wrapped.canMove, true);
    store.move = undefined;
    strictEqual(wrapped.canMove, false);

  });

  it('refuses invalid answers', async () => {

    const change = { set: new Map(), unset: [] };
    for (const answer of [0, 1, 'x', {}, [], { status: 'x' }, { status: 'live' }, { status: 'live', texts: {} }]) {
      const every = () => answer;
      const store = timedStore(
        { load: every, create: every, update: every, end: every, move: every } as unknown as AtomicSessionStore, SHORT,
      );
      for (const call of [
        () => store.load('A'), () => store.create('A', change.set, { lifetime: 1 }), () => store.update('A', change, { lifetime: 1 }),
        () => store.end('A'), () => store.move('A', 'B', change, { lifetime: 1 }),
      ]) {
        throws(call, SessionStoreError, `${call} with ${String(answer)}`);
      }
    }

  });

  it('refuses a session that lives for longer than any option allows', () => {

    const left = (remaining: unknown) => timed(() => ({ status: 'live', texts: new Map(), remaining }));
    for (const remaining of [-1, 0, 1, 11 * 365 * 86_400 - 366 * 86_400]) strictEqual((left(remaining).load('A') as { status: string }).status, 'live');
    for (const remaining of [11 * 365 * 86_400, Date.now(), Infinity, Number.NaN, undefined, 'x']) {
      throws(() => left(remaining).load('A'), { name: 'SessionStoreError', message: /seconds left to live, which no option allows$/ });
    }

  });

  it('makes a failure a SessionStoreError that says why', async () => {

    const cause = Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED', address: '192.0.2.1' });
    const isOurs = (error: unknown) => {
      ok(error instanceof SessionStoreError);
      const { message, code, stack, ...more } = error.cause as typeof cause;
      deepStrictEqual([message, code, stack, more], [cause.message, cause.code, cause.stack, {}]);
      strictEqual(error.httpStatus, 503);
      return true;
    };
    await rejects(async () => timed(() => Promise.reject(cause)).load('A'), isOurs);
    throws(() => timed(() => { throw cause; }).load('A'), isOurs);

  });

  it('leaves an error of ours as it is', async () => {

    const ours = new SessionEndedError('gone');
    await rejects(async () => timed(() => Promise.reject(ours)).load('A'), (error: unknown) => error === ours);

  });

  it('gives up on a store that hangs', async () => {

    const start = performance.now();
    await rejects(async () => timed(() => never()).load('A'), (error: unknown) => {
      ok(error instanceof SessionStoreError);
      ok((error.cause as Error).message.includes('0.02 seconds'));
      return true;
    });
    ok(performance.now() - start < 1000);

  });

  it('gives each call its own time, with one timer for all of them', async () => {

    const time = fakeTime();
    const timers = mock.method(globalThis, 'setTimeout');
    try {
      const store = timed(() => never(), 3);
      const log: string[] = [];
      const call = (name: string) => void (store.load(name) as Promise<unknown>).catch(() => log.push(name));
      for (let i = 0; i < 100; i++) call('first');
      strictEqual(timers.mock.callCount(), 1);
      time.advance(2000);
      call('second');
      strictEqual(timers.mock.callCount(), 1);
      time.advance(999);
      await settled();
      deepStrictEqual(log, []);
      time.advance(1);
      await settled();
      deepStrictEqual(log, Array.from({ length: 100 }, () => 'first'));
      time.advance(1999);
      await settled();
      strictEqual(log.length, 100);
      time.advance(1);
      await settled();
      strictEqual(log.at(-1), 'second');
      strictEqual(timers.mock.callCount(), 2);
    } finally {
      timers.mock.restore();
      time.restore();
    }

  });

  it('gives back the time during which the process stood still, up to the limit', async () => {

    const time = fakeTime();
    try {
      const store = timed(() => never(), 3);
      const log: string[] = [];
      const call = (name: string) => void (store.load(name) as Promise<unknown>).catch(() => log.push(name));
      const after = async (milliseconds: number) => {
        time.advance(milliseconds);
        await settled();
        return [...log];
      };
      call('first');
      time.advance(1000);
      call('second');
      // One second later than the timer of the first.
      deepStrictEqual(await after(3000), []);
      call('third');
      deepStrictEqual(await after(1000), []);
      deepStrictEqual(await after(10), ['first', 'second']);
      // It came after the standstill: its three seconds are its own.
      deepStrictEqual(await after(1989), ['first', 'second']);
      deepStrictEqual(await after(1), ['first', 'second', 'third']);
      call('fourth');
      deepStrictEqual(await after(3600_000), ['first', 'second', 'third']);
      deepStrictEqual(await after(2999), ['first', 'second', 'third']);
      deepStrictEqual(await after(1), ['first', 'second', 'third', 'fourth']);
      call('fifth');
      await after(5000);
      // What is left of the three seconds.
      deepStrictEqual((await after(5000)).at(-1), 'fourth');
      deepStrictEqual((await after(990)).at(-1), 'fifth');
    } finally {
      time.restore();
    }

  });

  it('lets the store ask how long its caller still waits', async () => {

    const time = fakeTime();
    try {
      const asking: Array<() => number> = [];
      const store = timedStore(({
        update: (_id: string, _change: unknown, { patienceLeft }: { patienceLeft: () => number }) => {
          asking.push(patienceLeft);
          // Time that passes before the store returns is not counted.
          time.advance(1000);
          strictEqual(patienceLeft(), 3);
          return never();
        },
      }) as unknown as AtomicSessionStore, 3);
      const log: number[] = [];
      const call = () => void Promise.resolve(store.update('A', { set: new Map(), unset: [] }, { lifetime: 1 })).catch(() => log.push(log.length + 1));
      const left = () => asking.map(patienceLeft => Math.round(patienceLeft() * 1000));
      call();
      time.advance(1000);
      call();
      deepStrictEqual(left(), [1000, 3000]);
      // The process stands still, and the store asks before any timer.
      const { advance, hold } = time;
      hold(3000);
      deepStrictEqual(left(), [2010, 2010]);
      advance(2009);
      await settled();
      deepStrictEqual([left(), log], [[1, 1], []]);
      advance(1);
      await settled();
      deepStrictEqual([left(), log], [[0, 0], [1, 2]]);
      // One that has given up gets no time back.
      hold(60_000);
      deepStrictEqual(left(), [-60_000, -60_000]);
      call();
      hold(63_000);
      // At most twice the limit.
      deepStrictEqual(left().at(-1), 3000);
      hold(63_000);
      ok((left().at(-1) as number) <= 0);
      await settled();
      deepStrictEqual(log, [1, 2, 3]);
    } finally {
      time.restore();
    }

  });

  it('does not give up on an answer that came in time', async () => {

    const time = fakeTime();
    try {
      const answers = [deferred<null>(), deferred<null>()];
      const given = [...answers];
      const store = timed(() => (given.shift() as { promise: Promise<null> }).promise, 3);
      const first = store.load('A') as Promise<unknown>;
      time.advance(2900);
      answers[0].resolve(null);
      strictEqual(await first, null);
      const second = store.load('A') as Promise<unknown>;
      time.advance(2900);
      answers[1].resolve(null);
      strictEqual(await second, null);
      time.advance(10_000);
    } finally {
      time.restore();
    }

  });

  it('ends a session that was created when its caller had given up: no browser will ever have its id', async () => {

    for (const [answer, expected] of [[true, ['A']], [false, []], ['revoked', []]] as const) {
      const late = deferred<boolean | 'revoked'>();
      const ended: string[] = [];
      const store = timedStore(({
        create: () => late.promise,
        end: async (id: string) => {
          ended.push(id);
          throw new Error('down again');
        },
      }) as unknown as AtomicSessionStore, SHORT);
      await rejects(async () => store.create('A', new Map(), { lifetime: 1 }), SessionStoreError);
      late.resolve(answer);
      await settled();
      deepStrictEqual(ended, expected);
    }
    const inTime = timedStore(({ create: async () => true, end: () => { throw new Error('ended'); } }) as unknown as AtomicSessionStore, SHORT);
    strictEqual(await inTime.create('A', new Map(), { lifetime: 1 }), true);

  });

  it('passes over a failure that comes too late', async () => {

    const late = deferred<null>();
    await rejects(async () => timed(() => late.promise).load('A'), SessionStoreError);
    let unhandled = 0;
    const count = () => { unhandled++; };
    process.on('unhandledRejection', count);
    try {
      late.reject(new Error('too late'));
      await settled();
      await settled();
      strictEqual(unhandled, 0);
    } finally {
      process.off('unhandledRejection', count);
    }

  });

  it('keeps the process alive while a caller waits for the store, and no longer', () => {

    const program = (load: string) => `
      const other = async () => null;
      const store = {
        atomic: true, load: ${load}, create: other, update: other, touch: other, end: other, move: other,
        get: other, set: other, delete: other, newSessionId: other,
      };
      const middleware = lib.default({ store, storeTimeout: STORE_TIMEOUT });
      const { Application } = await import(${JSON.stringify(import.meta.resolve('@curveball/kernel'))});
      const app = new Application();
      app.use(async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          ctx.status = error.httpStatus;
        }
      }, middleware, ctx => { ctx.status = 200; });
      app.subRequest('GET', '/', { Cookie: 'CB=A' }).then(response => console.log(response.status));
    `;
    const answered = runProgram(program('async () => null').replace('STORE_TIMEOUT', '3600'));
    deepStrictEqual({ ...answered, stderr: '' }, { status: 0, signal: null, stdout: '200\n', stderr: '' });
    const hanging = runProgram(program('() => new Promise(() => {})').replace('STORE_TIMEOUT', '0.05'));
    deepStrictEqual({ ...hanging, stderr: '' }, { status: 0, signal: null, stdout: '503\n', stderr: '' });

  });

});
