import assert from 'node:assert/strict';
import { MemoryStore } from '../../src/index.js';
import { destroy, signInOwner as signIn, signInOwnerByUpdate as signInByUpdate } from '../support/actions.js';
import { explore, exploreSome, type Run } from '../support/explore.js';
import { test } from '../support/exploring.js';
import { texts } from '../support/memory-store-at.js';
import { ParkingStore } from '../support/parking-store.js';
import { type History, type Plan, runScenario, type World } from '../support/scenario.js';

/*
 * Requests that sign one user in, where sign-ins are refused at the limit, in every
 * order of their calls: as many get in as there is room for, and no more.
 */

let store: MemoryStore;

/** The ids of the first sessions. */
let firstIds: string[];

/** @param owners whose sessions exist; null for a visitor's */
function world(limit: number, owners: ReadonlyArray<string | null>): World {

  let time = 1_800_000_000;
  store = new MemoryStore({ now: () => time += 0.001 });
  store.close();
  firstIds = owners.map((owner, index) => {
    const id = store.newSessionId();
    const info = { user: owner, details: `{"created":${index + 1},"renewed":1}` };
    store.create(id, texts({ kept: 'yes', ...(owner && { owner }) }), { lifetime: 1800, newInfo: { info } });
    return id;
  });
  // Pauses between looks end when nothing else can happen; time limits never do.
  const waiting: Array<() => void> = [];
  globalThis.setTimeout = ((end: () => void, after: number) => {
    if (after < 1000) waiting.push(end);
    return { ref() {}, unref() {} };
  }) as unknown as typeof setTimeout;
  return {
    cookie: null,
    options: { user: 'owner', maxUserSessions: { count: limit, atLimit: 'refuse' } },
    storeFor: (request, lot) => new ParkingStore(lot, store, request, [], moving => store.newSessionId(moving)),
    peek: () => null,
    idle() {
      const ends = waiting.splice(0);
      for (const end of ends) end();
      return ends.length > 0;
    },
  };

}

/** @param room how many sign-ins must succeed; undefined if that depends on the order */
function scenario(plans: () => readonly Plan[], owners: ReadonlyArray<string | null>, limit: number, room?: number): Run {

  return async choose => {
    const made = world(limit, owners);
    const history = await runScenario(plans(), made, choose);
    const problem = broken(history, limit, room);
    assert.equal(problem && `${problem}\n${history.schedule.join('\n')}`, null);
  };

}

function broken({ requests }: History, limit: number, room: number | undefined): string | null {

  const signIns = requests.filter(({ action }) => action !== destroy);
  const strange = signIns.find(({ status }) => status !== 200 && status !== 409);
  if (strange) return `${strange.name} got ${strange.status}`;
  const cookie = signIns.find(({ status, cookie }) => status === 409 && cookie !== undefined);
  if (cookie) return `${cookie.name} was refused, and got a cookie`;
  const admitted = signIns.filter(({ status }) => status === 200).length;
  if (room !== undefined && admitted !== room) return `${admitted} got in, and there was room for ${room}`;
  const left = store.sessionsOf('ada').map(({ details, handle }) => JSON.parse(details).place === handle);
  if (left.some(isPlaceholder => isPlaceholder)) return 'a placeholder is left';
  return left.length <= limit ? null : `${left.length} sessions are left`;

}

for (const owners of [[], ['ada']]) {

  const limit = owners.length + 1;

  test(`of two sign-ins at once on the last of ${limit} places, one gets in`, async t => {

    let runs = await explore(scenario(() => [{ action: signIn }, { action: signIn }], owners, limit, 1));
    runs += await explore(scenario(() => [{ action: signInByUpdate }, { action: signIn, cookie: firstIds[owners.length] }], [...owners, null], limit, 1));
    const both = scenario(() => [{ action: signIn, cookie: firstIds[owners.length] }, { action: signIn, cookie: firstIds[owners.length + 1] }], [...owners, null, null], limit, 1);
    await exploreSome(both, 400);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 200);

  });

  test(`of three sign-ins at once on the last two of ${limit + 1} places, two get in`, async () => {

    await exploreSome(scenario(() => [{ action: signIn }, { action: signIn }, { action: signIn }], owners, limit + 1, 2), 400);

  });

}

test('a sign-out during two sign-ins leaves at most as many sessions as allowed', async t => {

  const plans = () => [{ action: signIn }, { action: destroy, cookie: firstIds[0] }];
  const runs = await explore(scenario(plans, ['ada'], 1));
  await exploreSome(scenario(() => [...plans(), { action: signIn }], ['ada'], 1), 400);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 5);

});

test('two clicks of one sign-in with a session leave one session, and at least one of them succeeds', async () => {

  await exploreSome(async choose => {
    const made = world(1, [null]);
    const history = await runScenario([{ action: signIn, cookie: firstIds[0] }, { action: signIn, cookie: firstIds[0] }], made, choose);
    const problem = history.requests.every(({ status }) => status !== 200) ? 'both were refused' : broken(history, 1, undefined);
    assert.equal(problem && `${problem}\n${history.schedule.join('\n')}`, null);
  }, 400);

});
