import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { AtomicSessionStore, Awaitable, SessionState } from '../../src/index.js';
import { LiveSessions } from '../../src/live/live-sessions.js';
import type { TimedStore } from '../../src/wrapping/timed-store.js';
import { deferred, never, settled } from '../support/events.js';

const LIVE: SessionState = { status: 'live', remaining: 1000 };

/** Milliseconds between two looks. */
const EVERY = 3000;

/** A store of which tests say how it answers, and whose ids are handles. */
class Answering {

  /** The handles of each question. */
  questions: string[][] = [];
  stateOf: (handle: string) => SessionState | null = () => LIVE;
  before: () => Awaitable<unknown> = () => {};
  readonly canTellStates: boolean = true;
  handleOf(id: string): string {
    return id;
  }

  async statesOf(handles: readonly string[]) {
    this.questions.push([...handles]);
    await this.before();
    return handles.map(this.stateOf);
  }

  take(): string[][] {
    const { questions } = this;
    this.questions = [];
    return questions;
  }

}

function there(source: Partial<AtomicSessionStore> = {}) {

  const store = new Answering();
  const live = new LiveSessions(store as unknown as TimedStore, source as AtomicSessionStore);
  const ends: string[] = [];
  const open = (handle: string, endsAt = Infinity) => {
    const watcher = { ended: (reason: string) => { ends.push(`${handle} ${reason}`); } };
    const session = live.watch(handle, endsAt, watcher);
    return () => live.release(session, watcher);
  };
  return { store, live, ends, open };

}

/** Reports as a store makes them, and what it says if it is asked whether all have arrived. */
function reports(confirm: () => Promise<unknown> = async () => {}) {

  const made = {
    confirm,
    watched: 0,
    report: (_: string | null) => {},
    store: {
      watchEnds(report: (handle: string | null) => void) {
        made.report = report;
        made.watched++;
        return { confirm: () => made.confirm(), stop: () => { made.watched--; } };
      },
    },
  };
  return made;

}

async function look() {

  mock.timers.tick(EVERY);
  for (let turn = 0; turn < 3; turn++) await settled();

}

describe('Live sessions', () => {

  beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
  afterEach(() => mock.timers.reset());

  it('are asked for when they are opened, and then all together', async () => {

    const { store, open } = there();
    open('a');
    await settled();
    for (const handle of ['b', 'c', 'd']) open(handle);
    await settled();
    deepStrictEqual(store.take(), [['a'], ['b'], ['c', 'd']]);
    await look();
    deepStrictEqual(store.take(), [['a', 'b', 'c', 'd']]);

  });

  it('are asked for by a thousand at a time, one question after the other', async () => {

    const { store, open } = there();
    for (let index = 0; index < 2500; index++) open(`${index}`);
    await settled();
    store.take();
    let asking = 0;
    let most = 0;
    store.before = async () => {
      most = Math.max(most, ++asking);
      await settled();
      asking--;
    };
    mock.timers.tick(EVERY);
    for (let turn = 0; turn < 12; turn++) await settled();
    deepStrictEqual(store.take().map(({ length }) => length), [1000, 1000, 500]);
    for (let looks = 0; looks < 3; looks++) mock.timers.tick(EVERY);
    for (let turn = 0; turn < 12; turn++) await settled();
    strictEqual(most, 1);

  });

  it('have one timer, which does not keep the process alive, and none when nothing is open', async () => {

    mock.timers.reset();
    const timers = mock.method(globalThis, 'setInterval');
    const cleared = mock.method(globalThis, 'clearInterval');
    const { open, live } = there();
    const closing = Array.from({ length: 100 }, (_, index) => open(`${index}`));
    strictEqual(timers.mock.callCount(), 1);
    strictEqual(timers.mock.calls[0].result?.hasRef(), false);
    for (const close of closing) close();
    strictEqual(live.size, 0);
    ok(cleared.mock.calls.some(({ arguments: [timer] }) => timer === timers.mock.calls[0].result));
    mock.restoreAll();

  });

  it('end as the store says, each once', async () => {

    const { store, ends, open, live } = there();
    for (const handle of ['out', 'revoked', 'limit', 'expired', 'marked', 'unknown']) open(handle);
    open('out');
    await settled();
    const states: { readonly [handle: string]: SessionState | null } = {
      out: { status: 'retired', reason: 'signed-out' },
      revoked: { status: 'retired', reason: 'revoked' },
      limit: { status: 'retired', reason: 'limit' },
      expired: { status: 'expired' },
      marked: { status: 'retired' },
      unknown: null,
    };
    store.stateOf = handle => states[handle];
    await look();
    deepStrictEqual(ends.sort(), ['expired expired', 'limit limit', 'marked revoked', 'out signed-out', 'out signed-out', 'revoked revoked', 'unknown revoked']);
    await look();
    deepStrictEqual([ends.length, live.size], [7, 0]);

  });

  it('are taken for expired if the store no longer knows them when their time is over', async () => {

    const { store, ends, open } = there();
    store.stateOf = () => ({ status: 'live', remaining: 0 });
    open('a');
    await settled();
    store.stateOf = () => null;
    await look();
    deepStrictEqual(ends, ['a expired']);

  });

  it('do not end because the store fails, hangs or answers nonsense, and are asked for again', async () => {

    const { store, ends, open } = there();
    open('a');
    await settled();
    store.before = () => { throw new Error('away'); };
    await look();
    store.before = () => {};
    const { statesOf } = store;
    store.statesOf = async () => [];
    await look();
    store.statesOf = statesOf;
    store.take();
    const answer = deferred();
    store.before = () => answer.promise;
    await look();
    await look();
    deepStrictEqual([store.take(), ends], [[['a']], []]);
    store.before = () => {};
    answer.resolve();
    await settled();
    store.stateOf = () => ({ status: 'expired' });
    await look();
    deepStrictEqual(ends, ['a expired']);

  });

  it('are not kept waiting by one that can\'t be read, where the store can only be asked for one at a time', async () => {

    const { store, ends, open } = there();
    Object.assign(store, { canTellStates: false, load: async (id: string) => {
      if (id.startsWith('unreadable')) throw new Error('unreadable');
      return null;
    } });
    for (const id of ['unreadable 1', 'a', 'unreadable 2', 'b']) open(id);
    for (let looks = 0; looks < 4; looks++) await look();
    deepStrictEqual(ends.sort(), ['a revoked', 'b revoked']);

  });

  it('do not end twice if they end while a question is under way', async () => {

    const { store, ends, open, live } = there();
    open('a');
    await settled();
    const answer = deferred();
    store.before = () => answer.promise;
    store.stateOf = () => ({ status: 'retired' });
    await look();
    live.ended(['a'], 'signed-out');
    answer.resolve();
    await settled();
    deepStrictEqual(ends, ['a signed-out']);

  });

  it('can be opened again after an end, and are asked for', async () => {

    const { store, ends, open, live } = there();
    open('a');
    live.ended(['a'], 'signed-out');
    store.stateOf = () => ({ status: 'retired', reason: 'signed-out' });
    open('a');
    for (let turn = 0; turn < 3; turn++) await settled();
    deepStrictEqual(ends, ['a signed-out', 'a signed-out']);

  });

  it('that are reported are asked for at once, and the others not, while reports are complete', async () => {

    const made = reports();
    const { store, ends, open } = there(made.store);
    for (const handle of ['a', 'b']) open(handle);
    await settled();
    store.take();
    await look();
    deepStrictEqual(store.take(), []);
    store.stateOf = handle => handle === 'a' ? { status: 'retired', reason: 'limit' } : LIVE;
    made.report('a');
    made.report('someone else');
    await settled();
    deepStrictEqual([store.take(), ends], [[['a']], ['a limit']]);

  });

  it('are asked for when their time is over, however complete reports are', async () => {

    const made = reports();
    const { store, ends, open } = there(made.store);
    store.stateOf = handle => ({ status: 'live', remaining: handle === 'a' ? 0 : 1000 });
    for (const handle of ['a', 'b']) open(handle);
    await settled();
    store.take();
    store.stateOf = () => ({ status: 'expired' });
    await look();
    deepStrictEqual([store.take(), ends], [[['a']], ['a expired']]);

  });

  for (const [what, confirm] of Object.entries({ 'may be lost': () => Promise.reject(new Error('lost')), 'can\'t be confirmed': never })) {

    it(`are all asked for if reports ${what}`, async () => {

      const made = reports(confirm);
      const { store, open } = there(made.store);
      for (const handle of ['a', 'b']) open(handle);
      await settled();
      store.take();
      await look();
      await look();
      ok(store.take().some(handles => handles.length === 2));
      made.report(null);
      await settled();
      deepStrictEqual(store.take(), [['a', 'b']]);

    });

  }

  it('take reports only while there are any', () => {

    const made = reports();
    const { open } = there(made.store);
    strictEqual(made.watched, 0);
    const [first, second] = [open('a'), open('b')];
    strictEqual(made.watched, 1);
    first();
    strictEqual(made.watched, 1);
    second();
    strictEqual(made.watched, 0);

  });

  it('take the reports that a cache takes, if there are no others', async () => {

    let watching = 0;
    let report = (_: string | null) => {};
    const { store, open } = there({
      watch(changed) {
        watching++;
        report = changed;
        return { confirm: async () => {} };
      },
    });
    open('a')();
    open('b');
    await settled();
    store.take();
    report('b');
    await settled();
    deepStrictEqual([watching, store.take()], [1, [['b']]]);

  });

});
