import assert from 'node:assert/strict';
import type { AtomicSessionStore, SessionState } from '../../src/index.js';
import { LiveSessions } from '../../src/live/live-sessions.js';
import type { TimedStore } from '../../src/wrapping/timed-store.js';
import { settled } from '../support/events.js';
import { type Choose, explore } from '../support/explore.js';
import { test } from '../support/exploring.js';

/*
 * A request loads a session and asks for its signal, while another process moves the
 * session and ends it, in every order of what the store reads, what it answers and
 * what it reports. A report is sent for a change after a read, and arrives at any
 * time later.
 */

interface World {
  readonly reports: boolean;
  readonly ends: boolean;
  /** Whether the end goes through this process, so that it is known when it is answered. */
  readonly isOurs: boolean;
}

/** Runs until nothing is left to do. @returns the steps, and how the session ended for the request */
async function run({ reports, ends, isOurs }: World, choose: Choose) {

  const schedule: string[] = [];
  const ready = new Map<string, () => void>();
  let state: SessionState = { status: 'live', remaining: 1000 };
  let isTracked = false;
  let report = (_: string | null) => {};
  let questions = 0;
  const fired: string[] = [];

  const changed = (name: string) => {
    if (!isTracked) return;
    isTracked = false;
    ready.set(`report of the ${name}`, () => report('a'));
  };
  const store = {
    canTellStates: true,
    handleOf: (id: string) => id,
    statesOf: () => new Promise<SessionState[]>(resolve => {
      const number = ++questions;
      ready.set(`read ${number}`, () => {
        const found = state;
        isTracked = reports;
        ready.set(`answer ${number}`, () => resolve([found]));
      });
    }),
  };
  const origin: Partial<AtomicSessionStore> = reports ? { watch: changed => { report = changed; return { confirm: async () => {} }; } } : {};
  const live = new LiveSessions(store as unknown as TimedStore, origin as AtomicSessionStore);
  const watcher = { ended: (reason: string) => { fired.push(reason); } };

  ready.set('load', () => {
    isTracked = reports;
    ready.set('ask for the signal', () => { live.watch('a', Infinity, watcher); });
    ready.set('move', () => {
      changed('move');
      if (ends) ready.set('end', () => {
        state = { status: 'retired', reason: 'signed-out' };
        changed('end');
        if (isOurs) ready.set('answer to the end', () => live.ended(['a'], 'signed-out'));
      });
    });
  });
  while (ready.size > 0) {
    const names = [...ready.keys()];
    const name = names[choose(names.length)];
    const step = ready.get(name) as () => void;
    ready.delete(name);
    schedule.push(name);
    step();
    await settled();
  }
  const { size } = live;
  live.ended(['a'], 'revoked');
  return { schedule: schedule.join(', '), fired: fired.filter(reason => reason !== 'revoked'), size };

}

async function exploreAll(world: World, check: (outcome: Awaited<ReturnType<typeof run>>) => void): Promise<number> {

  return explore(async choose => check(await run(world, choose)));

}

for (const world of [{ reports: true, isOurs: false }, { reports: false, isOurs: true }, { reports: true, isOurs: true }]) {

  test(`an end fires the signal once, without a look: ${JSON.stringify(world)}`, async t => {

    const runs = await exploreAll({ ...world, ends: true }, ({ fired, size, schedule }) => {
      assert.deepEqual([fired, size], [['signed-out'], 0], schedule);
    });
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 10);

  });

}

test('a move fires nothing', async () => {

  await exploreAll({ reports: true, isOurs: false, ends: false }, ({ fired, size, schedule }) => {
    assert.deepEqual([fired, size], [[], 1], schedule);
  });

});

test('an end in another process that reports nothing is left to the look, if it came after the question', async () => {

  const outcomes = new Set<number>();
  await exploreAll({ reports: false, isOurs: false, ends: true }, ({ fired }) => { outcomes.add(fired.length); });
  assert.deepEqual([...outcomes].sort(), [0, 1]);

});
