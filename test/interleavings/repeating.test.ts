import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { change, read, signIn } from '../support/actions.js';
import { cachedWorld } from '../support/cached-world.js';
import { explore, exploreSome, type Run } from '../support/explore.js';
import { test } from '../support/exploring.js';
import { runScenario, type World } from '../support/scenario.js';
import { timelessStore, worldOf } from '../support/worlds.js';

/*
 * A machine under load stands still for seconds, at any point of a run. An
 * exploration follows a path again only if that changes nothing: nothing in it may
 * read a real clock.
 */

const PLANS = [{ action: change }, { action: read, after: 0 }, { action: signIn }];

const WORLDS: { readonly [kind: string]: () => World } = {
  'a store that moves a record at once': () => worldOf(timelessStore()),
  'a process with copies': () => cachedWorld(false),
};

/** Returns the schedules of an exploration, while every look at the real clock finds that this many milliseconds have passed. */
async function schedules(world: () => World, exploration: (run: Run) => Promise<unknown>, lost: number): Promise<string[][]> {

  let time = 1_700_000_000_000;
  const clocks = [mock.method(performance, 'now', () => time += lost), mock.method(Date, 'now', () => time += lost)];
  const all: string[][] = [];
  try {
    await exploration(async choose => {
      const { schedule } = await runScenario(PLANS, world(), choose);
      all.push(schedule.map(withoutIds));
    });
  } finally {
    for (const clock of clocks) clock.mock.restore();
  }
  return all;

}

/** Leaves the request and the method of a call: ids may be random. */
function withoutIds(step: string): string {

  return step.split(' ', 2).join(' ');

}

for (const [kind, world] of Object.entries(WORLDS)) {

  test(`an exploration of ${kind} makes the same steps however much time is lost in it`, async t => {

    const inTime = await schedules(world, explore, 0);
    assert.deepEqual(await schedules(world, explore, 2500), inTime);
    t.diagnostic(`${inTime.length} schedules`);
    assert.ok(inTime.length > 5);

  });

}

test('some schedules of many make the same steps however much time is lost in them', async () => {

  const some = (run: Run) => exploreSome(run, 100);
  const oneStore = () => worldOf(timelessStore());
  assert.deepEqual(await schedules(oneStore, some, 2500), await schedules(oneStore, some, 0));

});
