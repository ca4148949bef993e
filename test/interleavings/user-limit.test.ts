import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import { MemoryStore } from '../../src/index.js';
import { type Action, change, read, regenerate, signInOwner as signIn, signInOwnerByUpdate as signInByUpdate } from '../support/actions.js';
import { HANDLE_LENGTH } from '../../src/id/session-id.js';
import { explore, exploreSome, type Run } from '../support/explore.js';
import { texts } from '../support/memory-store-at.js';
import { ParkingStore } from '../support/parking-store.js';
import { type History, type Plan, runScenario, type World } from '../support/scenario.js';

/*
 * Requests that sign one user in, in every order of their calls, with others that
 * use the user's sessions: the promises of `maxUserSessions` hold in each.
 */

/** The ids of the first sessions: of these users, each used later than the one before. */
const firstIds: string[] = [];

let store: MemoryStore;

let ids = 0;

/** Handles count, since they decide which of two sessions ends that were used at the same time. */
function newId(moving?: string): string {

  const id = store.newSessionId(moving);
  return moving === undefined ? String(++ids).padStart(HANDLE_LENGTH, '0') + id.slice(HANDLE_LENGTH) : id;

}

/** The values of a session name its user, but it was stored without the option `user`. */
const OLDER = 'ada, from before there was the option';

/**
 * @param owners whose sessions exist; null for a visitor's
 * @param pace seconds that pass with each look at the store's clock: with 0, it
 * can't tell which session was used last
 */
function world(limit: number, owners: ReadonlyArray<string | null>, pace = 1): World {

  let time = 1_800_000_000;
  store = new MemoryStore({ now: () => time += pace });
  store.close();
  firstIds.length = 0;
  ids = 0;
  for (const owner of owners) {
    const id = newId();
    const isOlder = owner === OLDER;
    const info = { user: owner, details: `{"created":${firstIds.length + 1},"renewed":1}` };
    const values = { kept: 'yes', ...(owner && { owner: isOlder ? 'ada' : owner }) };
    store.create(id, texts(values), { lifetime: 1800, newInfo: isOlder ? undefined : { info } });
    firstIds.push(id);
  }
  return {
    cookie: null,
    options: { user: 'owner', maxUserSessions: limit },
    storeFor: (request, lot) => new ParkingStore(lot, store, request, [], newId),
    peek: () => null,
  };

}

function scenario(plans: () => readonly Plan[], makeWorld: () => World, limit: number): Run {

  return async choose => {
    const made = makeWorld();
    const history = await runScenario(plans(), made, choose);
    const problem = broken(history, limit);
    assert.equal(problem && `${problem}\n${history.schedule.join('\n')}`, null);
  };

}

function broken({ requests }: History, limit: number): string | null {

  const strange = requests.find(({ status }) => status !== 200 && status !== 409);
  if (strange) return `${strange.name} got ${strange.status}`;
  const refused = requests.find(({ action, status }) => action === read && status !== 200);
  if (refused) return `${refused.name} only read, and got ${refused.status}`;
  const left = store.sessionsOf('ada').length;
  return left >= 1 && left <= limit ? null : `${left} sessions are left`;

}

for (const limit of [1, 2]) {

  const full = Array.from({ length: limit }, () => 'ada');

  for (const [which, pace] of [['', 1], [', where the store can\'t tell which was used last', 0]] as const) {

    const several = (plans: () => readonly Plan[], owners: ReadonlyArray<string | null> = full) => (
      scenario(plans, () => world(limit, owners, pace), limit));

    test(`two sign-ins at once leave at most ${limit} of the user's sessions, and at least one${which}`, async t => {

      let runs = await explore(several(() => [{ action: signIn }, { action: signIn }]));
      runs += await explore(several(() => [{ action: signInByUpdate }, { action: signIn, cookie: firstIds[limit] }], [...full, null]));
      t.diagnostic(`${runs} schedules`);
      assert.ok(runs > 20);

    });

    test(`a session that is used during sign-ins does not make it more than ${limit}${which}`, async t => {

      const used = (action: Action) => ({ action, cookie: firstIds[0] });
      let runs = 0;
      for (const use of [change, regenerate]) runs += await explore(several(() => [{ action: signIn }, used(use)]));
      t.diagnostic(`${runs} schedules`);
      assert.ok(runs > 10);
      await exploreSome(several(() => [{ action: signIn }, used(change), { action: signIn }]), 500);

    });

    test(`sessions from before the option user that are read during a sign-in leave at most ${limit}, and are not refused${which}`, async t => {

      const older = (index: number, action = read) => ({ action, cookie: firstIds[index] });
      const three = Array.from({ length: 3 }, () => OLDER);
      let runs = await explore(several(() => [older(0), older(1)], three.slice(1)));
      runs += await explore(several(() => [older(limit), { action: signIn }], [...full, OLDER]));
      t.diagnostic(`${runs} schedules`);
      assert.ok(runs > 20);
      await exploreSome(several(() => [older(0), older(1), older(2)], three), 500);
      await exploreSome(several(() => [older(0), older(1, change), { action: signIn }], three.slice(1)), 500);

    });

    test(`three sign-ins at once leave at most ${limit} of the user's sessions, and at least one${which}`, async () => {

      await exploreSome(several(() => [{ action: signIn }, { action: signIn }, { action: signIn }]), 500);

    });

  }

}
