import assert from 'node:assert/strict';
import { type SessionEnd, type SessionStore, type SessionTexts, UserSessions } from '../../src/index.js';
import { type Action, change, count, destroy, regenerate, signInOwner } from '../support/actions.js';
import { cachedWorld } from '../support/cached-world.js';
import { type Choose, explore, exploreSome } from '../support/explore.js';
import { test } from '../support/exploring.js';
import { fourMethodWorld } from '../support/four-method-world.js';
import { texts } from '../support/memory-store-at.js';
import { type Begun, type Knows, migratingWorld } from '../support/migrating-world.js';
import type { Step } from '../support/parking-lot.js';
import { ParkingStore } from '../support/parking-store.js';
import { type Plan, runScenario, type World } from '../support/scenario.js';
import { sealedWorld } from '../support/sealed-world.js';
import { peekInto, timelessStore } from '../support/worlds.js';

/*
 * What `ctx.sessionEnded` says of a session, in every order of the calls of requests that
 * end it, move it and change it, and of one that asks in the meantime: on one store, and
 * in some of the orders on stores around others.
 */

const stores = new Map<string, SessionStore>();
/** What each request was told. */
const told = new Map<string, SessionEnd | null>();

const ask: Action = {
  name: 'ask',
  handle: (ctx, request) => { told.set(request, ctx.sessionEnded); },
};

const revoke: Action = {
  name: 'end all sessions of the user',
  handle: (_, request) => new UserSessions(stores.get(request) as ConstructorParameters<typeof UserSessions>[0]).endAll('ada'),
};

/** Ways to end the session, and what is to be said of it then. */
const SIGN_OUT: Plan = { action: destroy };
const REVOKE: Plan = { action: revoke, cookie: null };
const SIGN_IN: Plan = { action: signInOwner, cookie: null };
const REASONS: ReadonlyMap<Plan, SessionEnd> = new Map([[SIGN_OUT, 'signed-out'], [REVOKE, 'revoked'], [SIGN_IN, 'limit']]);

const BEGUN: Begun = { texts: texts({ kept: 'yes', owner: 'ada' }), lifetime: 7200, newInfo: { info: { user: 'ada', details: '{"created":1,"renewed":1}' } } };

/** Where the session is. */
interface Place {
  readonly world: () => World;
  /** How many orders of each set of requests are tried; all by default. */
  readonly some?: number;
  /** Whether an end or a move has several steps, so that it may be told from the first one on, and of two of them either. */
  readonly endsInSteps?: true;
  /** What may be said, too, since a process does not see what another one does. */
  readonly orElse?: SessionEnd | null;
  /** Whether nothing is asked in the end, since processes can't be reached any more. */
  readonly isOver?: true;
}

function inOneStore(): World {

  const store = timelessStore();
  const first = store.newSessionId();
  // Half of its life is over.
  store.create(first, BEGUN.texts, { ...BEGUN, lifetime: 1800 });
  return { cookie: first, storeFor: (request, lot) => new ParkingStore(lot, store, request, [], moving => store.newSessionId(moving)), peek: peekInto(store) };

}

/** Notes which store each request uses. */
function noting(world: World): World {

  return { ...world, storeFor: (request, lot) => {
    const store = world.storeFor(request, lot);
    stores.set(request, store);
    return store;
  } };

}

/** Explores these requests, and one that asks with the first id. */
async function exploreAll(plans: readonly Plan[], { world, some, endsInSteps, orElse, isOver }: Place, seen: Set<unknown>): Promise<number> {

  let runs = 0;
  const run = async (choose: Choose) => {
    runs++;
    told.clear();
    const made = noting(world());
    const first = made.cookie as string;
    const { requests, steps, before, schedule } = await runScenario([...plans, { action: ask, cookie: first }], made, choose);
    const reasons = new Map(plans.map((plan, index) => [requests[index]?.name, REASONS.get(plan)]));
    const what = `${plans.map(({ action }) => action.name).join(', ')}:\n${schedule.join('\n')}`;
    for (const { status } of requests) assert.ok(status === 200 || status === 409, `${status} ${what}`);
    const expected = (id: string, end: number) => expectedOf(id, { before, steps: steps.slice(0, end), reasons });
    const asker = requests.at(-1)?.name as string;
    const asked = steps.flatMap(({ call: { request } }, index) => request === asker ? [index] : []);
    // What is true when its last call is answered, or was at an earlier one.
    const [since = 0, until = steps.length] = [asked[0], asked.at(-1)];
    const truths = Array.from({ length: until - since + 1 }, (_, index) => expected(first, since + index + 1));
    const acts = new Set<SessionEnd | null | undefined>([...reasons.values(), ...plans.some(({ action }) => action.rotates) ? ['moved'] as const : []]);
    const isPossible = (answer: SessionEnd | null | undefined) => answer === orElse || (endsInSteps && acts.has(answer ?? null));
    assert.ok(truths.includes(told.get(asker)) || isPossible(told.get(asker)), `${told.get(asker)} instead of ${truths}, ${what}`);
    seen.add(told.get(asker));
    if (isOver) return;
    made.restart?.('caching');
    // In the end, with each id that a browser has got.
    const ids = [first, ...requests.flatMap(({ cookie, action }) => cookie && cookie !== 'clear' && action !== signInOwner ? [cookie] : [])];
    for (const id of ids) {
      await runScenario([{ action: ask }], { ...made, cookie: id }, () => 0);
      const answer = told.get('a');
      const truth = expected(id, steps.length);
      assert.ok(answer === truth || (truth !== null && truth !== 'moved' && isPossible(answer)), `${id === first ? 'the first' : 'a later'} id, in the end: ${answer} instead of ${truth}, ${what}`);
    }
  };
  await (some === undefined ? explore(run) : exploreSome(run, some));
  return runs;

}

interface Course {
  readonly before: ReadonlyMap<string, SessionTexts>;
  readonly steps: readonly Step[];
  readonly reasons: ReadonlyMap<string | undefined, SessionEnd | undefined>;
}

/** What is to be said of an id that the session has or had. */
function expectedOf(id: string, { before, steps, reasons }: Course): SessionEnd | null | undefined {

  const end = steps.find(({ live }) => placeIn(live) === undefined);
  if (end) return reasons.get(end.call.request);
  return placeIn(steps.at(-1)?.live ?? before) === id ? null : 'moved';

}

/** The id under which the session lives; undefined if it has ended. */
function placeIn(live: ReadonlyMap<string, SessionTexts>): string | undefined {

  return [...live].find(([, values]) => values.has('kept'))?.[0];

}

const OTHERS = [regenerate, count, change].map(action => ({ action }));
const AT_ONCE: ReadonlyArray<readonly Plan[]> = [
  ...[SIGN_OUT, REVOKE, SIGN_IN].flatMap(end => OTHERS.map(other => [end, other])),
  [SIGN_OUT, SIGN_OUT], [SIGN_OUT, REVOKE], [SIGN_OUT, SIGN_IN], [REVOKE, SIGN_IN],
];
const THREE_AT_ONCE: ReadonlyArray<readonly Plan[]> = [
  [SIGN_OUT, REVOKE, { action: regenerate }], [REVOKE, SIGN_IN, { action: regenerate }], [SIGN_OUT, { action: regenerate }, { action: regenerate }],
];

const ALL_REASONS = ['limit', 'moved', 'null', 'revoked', 'signed-out'];

const options = { user: 'owner', maxUserSessions: 1 };

const ofUsers = (world: () => World) => () => ({ ...world(), options });

const whileMoving = (...knows: readonly Knows[]) => ofUsers(() => migratingWorld(request => knows['abc'.indexOf(request)], undefined, BEGUN));

test('a session that has ended says which act ended it, whatever moves, changes or ends it at the same time', async t => {

  const seen = new Set<unknown>();
  let runs = 0;
  for (const plans of [...AT_ONCE, ...THREE_AT_ONCE]) runs += await exploreAll(plans, { world: ofUsers(inOneStore) }, seen);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 500);
  assert.deepEqual([...seen].map(String).sort(), ALL_REASONS);

});

const PLACES: { readonly [sentence: string]: Place } = {
  'moves to another store': { world: whileMoving('move', 'move', 'move'), some: 20, endsInSteps: true },
  'moves to another store, and is ended by a process that prepares that': { world: whileMoving('prepare', 'move', 'move'), some: 20, endsInSteps: true },
  'moves to another store, and is asked for in a process that prepares that': { world: whileMoving('move', 'prepare', 'prepare'), some: 20, endsInSteps: true },
  'is encrypted': { world: ofUsers(() => sealedWorld(timelessStore(), BEGUN)), some: 20 },
  // A copy is as old as it may be.
  'has a copy in another process': { world: ofUsers(() => cachedWorld(false, undefined, BEGUN)), some: 20, orElse: null },
};

for (const [sentence, place] of Object.entries(PLACES)) {

  test(`a session that has ended says which act ended it if it ${sentence}`, async t => {

    const seen = new Set<unknown>();
    let runs = 0;
    for (const plans of AT_ONCE) runs += await exploreAll(plans, place, seen);
    t.diagnostic(`${runs} schedules`);
    assert.ok(seen.size > 3, [...seen].join());

  });

}

for (const [processes, isShared] of [['one process', true], ['two processes', false]] as const) {

  test(`a session in a store of four methods says which act of ${processes} ended it${isShared ? '' : ', or nothing'}`, async t => {

    const seen = new Set<unknown>();
    const world = () => fourMethodWorld(request => isShared || request === 'a' ? 'p' : 'q');
    let runs = 0;
    for (const other of [...OTHERS, SIGN_OUT]) runs += await exploreAll([SIGN_OUT, other], { world, endsInSteps: true, isOver: true, ...(!isShared && { orElse: null }) }, seen);
    t.diagnostic(`${runs} schedules`);
    assert.ok(seen.has(isShared ? 'signed-out' : null));

  });

}
