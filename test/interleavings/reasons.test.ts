import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import { MemoryStore, type SessionEnd, UserSessions } from '../../src/index.js';
import { type Action, change, count, destroy, regenerate, signInOwner } from '../support/actions.js';
import { explore } from '../support/explore.js';
import { texts } from '../support/memory-store-at.js';
import type { Step } from '../support/parking-lot.js';
import { ParkingStore } from '../support/parking-store.js';
import { type Plan, runScenario, type World } from '../support/scenario.js';
import { peekInto } from '../support/worlds.js';

/*
 * What `ctx.sessionEnded` says of a user's session, in every order of the calls of
 * requests that end it, move it and change it, and of one that asks in the meantime.
 */

let store: MemoryStore;
let first = '';
const parked = new Map<string, ParkingStore>();
/** What each request was told. */
const told = new Map<string, SessionEnd | null>();

const ask: Action = {
  name: 'ask',
  handle: (ctx, request) => { told.set(request, ctx.sessionEnded); },
};

const revoke: Action = {
  name: 'end all sessions of the user',
  handle: (_, request) => new UserSessions(parked.get(request) as ParkingStore).endAll('ada'),
};

/** Ways to end the session, and what is to be said of it then. */
const SIGN_OUT: Plan = { action: destroy };
const REVOKE: Plan = { action: revoke, cookie: null };
const SIGN_IN: Plan = { action: signInOwner, cookie: null };
const REASONS: ReadonlyMap<Plan, SessionEnd> = new Map([[SIGN_OUT, 'signed-out'], [REVOKE, 'revoked'], [SIGN_IN, 'limit']]);

function world(): World {

  store = new MemoryStore({ now: () => 1000 });
  store.close();
  told.clear();
  first = store.newSessionId();
  store.create(first, texts({ kept: 'yes', owner: 'ada' }), { lifetime: 1800, newInfo: { info: { user: 'ada', details: '{"created":1,"renewed":1}' } } });
  return {
    cookie: first,
    options: { user: 'owner', maxUserSessions: 1 },
    storeFor: (request, lot) => {
      const each = new ParkingStore(lot, store, request, [], moving => store.newSessionId(moving));
      parked.set(request, each);
      return each;
    },
    peek: peekInto(store),
  };

}

/** The id under which the session lives after a step; undefined if it has ended. */
function placeAfter({ live }: Step): string | undefined {

  return [...live].find(([, values]) => values.has('kept'))?.[0];

}

/** What is to be said of an id that the session has or had. */
function expected(id: string, steps: readonly Step[], reasons: ReadonlyMap<string | undefined, SessionEnd | undefined>): SessionEnd | null | undefined {

  const end = steps.find(step => placeAfter(step) === undefined);
  if (end) return reasons.get(end.call.request);
  const place = placeAfter(steps.at(-1) as Step);
  return place === id ? null : 'moved';

}

/** Explores these requests, and one that asks with the first id. */
async function exploreAll(plans: readonly Plan[], seen: Set<unknown>): Promise<number> {

  const all = [...plans, { action: ask, cookie: 'first' }];
  let runs = 0;
  await explore(async choose => {
    runs++;
    const made = world();
    const { requests, steps, schedule } = await runScenario(all.map(plan => plan.cookie === 'first' ? { ...plan, cookie: first } : plan), made, choose);
    const reasons = new Map(plans.map((plan, index) => [requests[index]?.name, REASONS.get(plan)]));
    const what = `${plans.map(({ action }) => action.name).join(', ')}:\n${schedule.join('\n')}`;
    for (const { status } of requests) assert.ok(status === 200 || status === 409, what);
    const asker = requests.at(-1)?.name as string;
    const asked = steps.findIndex(({ call: { request, method } }) => request === asker && method === 'load');
    assert.equal(told.get(asker), expected(first, steps.slice(0, asked + 1), reasons), what);
    seen.add(told.get(asker));
    // In the end, with each id that a browser has got.
    const ids = [first, ...requests.flatMap(({ cookie, action }) => cookie && cookie !== 'clear' && action !== signInOwner ? [cookie] : [])];
    for (const id of ids) {
      await runScenario([{ action: ask }], { ...made, cookie: id, storeFor: () => store }, () => 0);
      assert.equal(told.get('a'), expected(id, steps, reasons), `${id === first ? 'the first' : 'a later'} id, in the end, ${what}`);
    }
  });
  return runs;

}

test('a session that has ended says which act ended it, whatever moves, changes or ends it at the same time', async t => {

  const others = [regenerate, count, change].map(action => ({ action }));
  const together = [
    ...[SIGN_OUT, REVOKE, SIGN_IN].flatMap(end => others.map(other => [end, other])),
    [SIGN_OUT, SIGN_OUT], [SIGN_OUT, REVOKE], [SIGN_OUT, SIGN_IN], [REVOKE, SIGN_IN],
    [SIGN_OUT, REVOKE, { action: regenerate }], [REVOKE, SIGN_IN, { action: regenerate }], [SIGN_OUT, { action: regenerate }, { action: regenerate }],
  ];
  const seen = new Set<unknown>();
  let runs = 0;
  for (const plans of together) runs += await exploreAll(plans, seen);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 500);
  assert.deepEqual([...seen].map(String).sort(), ['limit', 'moved', 'null', 'revoked', 'signed-out']);

});
