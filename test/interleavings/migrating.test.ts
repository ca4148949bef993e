import assert from 'node:assert/strict';
import { newStoredId } from '../../src/id/stored-id.js';
import { type AtomicSessionStore, type EndTerms, type IndexingSessionStore, type LoadTerms, wrapStore } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { type Action, ACTIONS, change, count, destroy, FIRST_VALUES, read } from '../support/actions.js';
import { settled } from '../support/events.js';
import { type Choose, explore, exploreSome, selections } from '../support/explore.js';
import { test } from '../support/exploring.js';
import { violation } from '../support/invariants.js';
import { type Knows, type MakeMigrating, migratingWorld } from '../support/migrating-world.js';
import { ParkingLot } from '../support/parking-lot.js';
import { ParkingStore } from '../support/parking-store.js';
import { runScenario } from '../support/scenario.js';
import { timelessStore } from '../support/worlds.js';

/*
 * Requests at once in two processes, while a session moves from one store to another,
 * in every order of the calls that reach the two stores; where a move meets a long
 * action, in some of the orders.
 */

interface Exploring {
  readonly knows: readonly [Knows, Knows];
  readonly faults?: number;
  /** How many orders of each pair are tried; all by default. */
  readonly some?: number;
  readonly make?: MakeMigrating;
}

async function exploreAll(pairs: ReadonlyArray<readonly Action[]>, { knows, faults = 0, some, make }: Exploring): Promise<{ runs: number; violation: string | null }> {

  let runs = 0;
  let found: string | null = null;
  for (const actions of pairs) {
    const run = async (choose: Choose) => {
      if (found !== null) return;
      const world = migratingWorld(request => request === 'a' ? knows[0] : knows[1], make);
      const history = await runScenario(actions.map(action => ({ action })), world, choose, { faults });
      runs++;
      const problem = violation(history);
      if (problem === null) return;
      found = [problem, ...actions.map(({ name }) => name), ...history.schedule].join('\n');
      throw new Error(found);
    };
    try {
      await (some === undefined ? explore(run) : exploreSome(run, some));
    } catch (error) {
      if (found === null) throw error;
      break;
    }
  }
  return { runs, violation: found };

}

const ordered = ACTIONS.flatMap(first => ACTIONS.map(second => [first, second]));

test('two requests keep the invariants if one process knows only the old store, and the other prepares the move', async t => {

  const { runs, violation } = await exploreAll(ordered, { knows: ['from', 'prepare'] });
  assert.equal(violation, null);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 300);

});

test('two requests keep the invariants if one process prepares the move, and the other moves the session', async t => {

  const { runs, violation } = await exploreAll([[read, read]], { knows: ['prepare', 'move'] });
  assert.equal(violation, null);
  const changing = await exploreAll([[change, read], [count, read]], { knows: ['prepare', 'move'], some: 150 });
  assert.equal(changing.violation, null);
  const more = await exploreAll(ordered, { knows: ['prepare', 'move'], faults: 1, some: 30 });
  assert.equal(more.violation, null);
  t.diagnostic(`${runs} and ${more.runs} schedules`);
  assert.ok(runs > 100);

});

test('two requests keep the invariants if both processes move the session', async t => {

  const pairs = selections(ACTIONS, 2);
  const { runs, violation } = await exploreAll(pairs, { knows: ['move', 'move'], some: 30 });
  assert.equal(violation, null);
  const more = await exploreAll(pairs, { knows: ['move', 'move'], faults: 1, some: 30 });
  assert.equal(more.violation, null);
  t.diagnostic(`${runs} and ${more.runs} schedules`);

});

const COPYING: MakeMigrating = (from, to, phase) => {

  const load = async (id: string, terms?: LoadTerms) => {
    const found = await to.load(id, terms) ?? await from.load(id);
    if (found?.status !== 'live' || phase === 'prepare') return found;
    await to.create(id, found.texts, { lifetime: found.remaining });
    await from.end(id, { moved: true });
    return await to.load(id);
  };
  return wrapStore(migrating({ from, to, phase }), () => ({ load }));

};

const ENDING_TO_FIRST: MakeMigrating = (from, to, phase) => wrapStore(migrating({ from, to, phase }), () => ({
  async end(id: string, terms?: EndTerms) {
    const inTo = await to.end(id, terms);
    return await from.end(id, terms) || inTo;
  },
}));

const BROKEN: { readonly [sentence: string]: readonly [MakeMigrating, readonly Action[]] } = {
  'copies a session, and ends it then': [COPYING, [change, read]],
  'ends a session in the new store first': [ENDING_TO_FIRST, [destroy, read]],
};

for (const [sentence, [make, actions]] of Object.entries(BROKEN)) {

  test(`a store that ${sentence} is caught`, async () => {

    const { violation } = await exploreAll([actions], { knows: ['prepare', 'move'], make });
    assert.notEqual(violation, null);

  });

}

/** What calls have answered, and what they have left. */
interface Left {
  readonly from: IndexingSessionStore;
  readonly to: IndexingSessionStore;
  readonly id: string;
  readonly answers: readonly unknown[];
}

/** A process: what it knows of the move, and which of the two stores has the sessions for it. */
type Process = Knows | 'prepare the way back';

/** Sends calls of two processes at once, in every order. */
async function inEveryOrder(
  calls: (stores: readonly IndexingSessionStore[], id: string) => ReadonlyArray<Promise<unknown>>, knows: readonly Process[], check: (left: Left) => Promise<void>,
): Promise<number> {

  return explore(async choose => {
    const [from, to] = [timelessStore(), timelessStore()];
    const id = newStoredId();
    from.create(id, toTexts(FIRST_VALUES), { lifetime: 7200, newInfo: { info: { user: 'ada', details: '{}' } } });
    const lot = new ParkingLot(() => null, []);
    const stores = knows.map((role, index): AtomicSessionStore => {
      const parked = (store: AtomicSessionStore) => new ParkingStore(lot, store, `request ${index}`, [], newStoredId);
      if (role === 'prepare the way back') return migrating({ from: parked(to), to: parked(from), phase: 'prepare' });
      return role === 'from' ? parked(from) : migrating({ from: parked(from), to: parked(to), phase: role });
    });
    const answers = Promise.all(calls(stores as IndexingSessionStore[], id));
    for (;;) {
      await settled();
      if (lot.parked.length === 0) break;
      await lot.apply(lot.parked[choose(lot.parked.length)]);
    }
    const left = { from, to, id, answers: await answers };
    lot.close();
    await check(left);
  });

}

async function nothingIsLeft({ from, to, id }: Left): Promise<void> {

  assert.deepEqual([...await from.sessionsOf('ada'), ...await to.sessionsOf('ada')], []);
  assert.notEqual((await migrating({ from, to }).load(id))?.status, 'live');

}

const ENDS: { readonly [sentence: string]: (store: IndexingSessionStore, id: string) => unknown } = {
  'all sessions of its user are ended': store => store.endSessionsOf('ada'),
  'it is ended by its handle': (store, id) => store.endSessionsOf('ada', { only: store.handleOf(id) }),
  'it is ended by its id': (store, id) => store.end(id),
};

for (const [sentence, end] of Object.entries(ENDS)) {

  test(`no session survives that is moved while ${sentence}`, async t => {

    let runs = 0;
    for (const knows of [['move', 'move'], ['move', 'prepare']] as const) {
      runs += await inEveryOrder(([mover, ender], id) => [Promise.resolve(mover.load(id)), Promise.resolve(end(ender, id))], knows, nothingIsLeft);
    }
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 50);

  });

}

test('a list of all sessions misses none that is moved while it is read', async t => {

  let runs = 0;
  for (const knows of [['move', 'move'], ['move', 'prepare'], ['move', 'prepare the way back']] as const) {
    runs += await inEveryOrder(([mover, lister], id) => [Promise.resolve(mover.load(id)), handlesIn(lister)], knows, async ({ from, id, answers: [, handles] }) => {
      assert.ok((handles as readonly string[]).includes(from.handleOf(id)));
    });
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 50);

});

async function handlesIn(store: AtomicSessionStore): Promise<string[]> {

  const handles: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.sessionPage?.({ after, limit: 1 });
    handles.push(...page?.sessions.map(({ handle }) => handle) ?? []);
    if (!page || page.next === null) return handles;
    after = page.next;
  }

}
