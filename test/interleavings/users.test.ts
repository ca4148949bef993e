import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import { MemoryStore, UserSessions } from '../../src/index.js';
import { type Action, change, count, empty, read, regenerate } from '../support/actions.js';
import { explore } from '../support/explore.js';
import { ParkingStore } from '../support/parking-store.js';
import { type History, type Plan, runScenario, type World } from '../support/scenario.js';
import { peekInto } from '../support/worlds.js';
import { texts } from '../support/memory-store-at.js';

/*
 * Requests that sign in, in every order of their calls, with others and with the
 * end of all of a user's sessions. The key `owner` of a session names its user.
 */

const signInAs = (owner: string): Action => ({
  name: `sign in as ${owner}`,
  handle: (ctx, request) => {
    ctx.session.owner = owner;
    ctx.session[`by-${request}`] = true;
  },
});

const signOutSoftly: Action = {
  name: 'delete the owner',
  handle: ctx => {
    delete ctx.session.owner;
  },
};

const signInByUpdate: Action = {
  name: 'assign another user and update',
  handle: async ctx => {
    ctx.session.page = '/sign-in';
    await ctx.saveSession();
    ctx.session = { owner: 'bob' };
    await ctx.updateSession(values => { values.n = 1; });
  },
};

const signInAfterReload: Action = {
  name: 'assign another user, reload and update',
  handle: async ctx => {
    ctx.session = { owner: 'bob' };
    await ctx.reloadSession();
    await ctx.updateSession(values => { values.n = 1; });
  },
};

const signInWithinUpdate: Action = {
  name: 'assign, and name another user in an update',
  handle: async ctx => {
    ctx.session.page = '/sign-in';
    await ctx.saveSession();
    ctx.session = { owner: 'ada' };
    await ctx.updateSession(values => { values.owner = 'bob'; });
  },
};

/** Where the requests of a run find their store. */
let storeInUse: MemoryStore;
const parked = new Map<string, ParkingStore>();

const revokeAll: Action = {
  name: 'end all sessions',
  handle: (_, request) => new UserSessions(parked.get(request) as ParkingStore).endAll('ada'),
};

function world(owner?: string): World {

  const store = new MemoryStore();
  store.close();
  storeInUse = store;
  const first = store.newSessionId();
  const newInfo = owner === undefined ? undefined : { info: { user: owner, details: '{"created":1,"renewed":1}' } };
  store.create(first, texts({ kept: 'yes', ...(owner === undefined ? {} : { owner }) }), { lifetime: 1800, newInfo });
  return {
    cookie: first,
    options: { user: 'owner' },
    storeFor: (request, lot) => {
      const each = new ParkingStore(lot, store, request, [], moving => store.newSessionId(moving));
      parked.set(request, each);
      return each;
    },
    peek: peekInto(store),
  };

}

/** The values of the live sessions. */
function sessions(): Array<Record<string, unknown>> {

  return [...storeInUse.store.keys()].flatMap(id => {
    const found = storeInUse.load(id);
    return found?.status === 'live' ? [Object.fromEntries([...found.texts].map(([key, text]) => [key, JSON.parse(text)]))] : [];
  });

}

async function everyOrder(plans: readonly Plan[], makeWorld: () => World, check: (history: History) => string | null): Promise<number> {

  let runs = 0;
  await explore(async choose => {
    const history = await runScenario(plans, makeWorld(), choose);
    runs++;
    const problem = check(history);
    assert.equal(problem && `${problem}\n${history.schedule.join('\n')}`, null);
  });
  return runs;

}

const strangeStatus = ({ requests }: History) => {
  const strange = requests.find(({ status }) => status !== 200 && status !== 409);
  return strange ? `${strange.name} got ${strange.status}` : null;
};

test('a revocation beats every sign-in that was under way, whichever user signs in as well', async t => {

  let runs = 0;
  for (const other of [change, regenerate, read, empty, signInAs('ada')]) {
    const plans = [{ action: signInAs('ada') }, { action: revokeAll }, { action: other }];
    runs += await everyOrder(plans, () => world(), history => (
      strangeStatus(history) ?? (sessions().some(({ owner }) => owner === 'ada') ? 'a session of the user lives' : null)));
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 100);

});

test('a revocation beats every request on a session of the user', async t => {

  let runs = 0;
  for (const other of [change, regenerate, read, empty, signInAs('bob'), signOutSoftly]) {
    const plans = [{ action: revokeAll }, { action: other }, { action: regenerate }];
    runs += await everyOrder(plans, () => world('ada'), history => (
      strangeStatus(history) ?? (sessions().some(({ owner, kept }) => owner === 'ada' || (kept && owner !== undefined)) ? 'a session of the user lives' : null)));
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 100);

});

test('the last sign-in after a revocation succeeds', async t => {

  const plans = [{ action: revokeAll }, { action: signInAs('ada'), after: 0 }];
  const runs = await everyOrder(plans, () => world('ada'), history => (
    strangeStatus(history) ?? (sessions().filter(({ owner }) => owner === 'ada').length === 1 ? null : 'no user is signed in')));
  t.diagnostic(`${runs} schedules`);

});

test('two clicks on a sign-in leave one session, which has the values of one of them', async t => {

  const plans = [{ action: signInAs('ada') }, { action: signInAs('ada') }];
  const runs = await everyOrder(plans, () => world(), history => {
    const [session, ...more] = sessions();
    if (!session || more.length > 0) return `${more.length + 1} sessions are left`;
    return history.requests.every(({ status }) => status === 200) ? strangeStatus(history) : 'a click was refused';
  });
  t.diagnostic(`${runs} schedules`);

});

test('two users who sign in from one id never see each other\'s session', async t => {

  const plans = [{ action: signInAs('ada') }, { action: signInAs('mallory') }, { action: change }];
  const runs = await everyOrder(plans, () => world(), history => {
    for (const values of sessions()) {
      if (values.owner === 'ada' && values['by-b']) return 'one has what the other put in';
      if (values.owner === 'mallory' && values['by-a']) return 'one has what the other put in';
    }
    return strangeStatus(history);
  });
  t.diagnostic(`${runs} schedules`);

});

test('no data of a user is in the session of the next one, or in an anonymous one', async t => {

  let runs = 0;
  for (const next of [signInAs('bob'), signOutSoftly, signInByUpdate, signInAfterReload, signInWithinUpdate]) {
    for (const other of [change, count, regenerate, read]) {
      const plans = [{ action: next }, { action: other }];
      runs += await everyOrder(plans, () => world('ada'), history => (
        strangeStatus(history) ?? (sessions().some(values => values.owner !== 'ada' && isOfAda(values)) ? 'something of the first user is there' : null)));
    }
  }
  t.diagnostic(`${runs} schedules`);

});

function isOfAda(values: Record<string, unknown>): boolean {

  return 'kept' in values || 'by-b' in values || 'count' in values;

}
