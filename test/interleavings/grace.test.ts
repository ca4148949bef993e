import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import {
  type Action, change, changeAndCount, count, keyOf, look, read, regenerate, regenerateAndChange, regenerateAndCount, regenerateWhileSaving, signIn,
} from '../support/actions.js';
import { explore } from '../support/explore.js';
import { runScenario } from '../support/scenario.js';
import { FIRST_ID, timelessStore, worldOf } from '../support/worlds.js';

/*
 * A request with the former id arrives at any moment, in every order of the calls.
 * It must never be led to what was stored together with the new id, however the
 * request asked for that id.
 */

/** Sets a key after it has saved a new id, with an update, in the same step or before. */
const updateAfterRegenerate: Action = {
  name: 'regenerate and set with an update',
  rotates: true,
  sets: true,
  inSteps: true,
  handle: async (ctx, request) => {
    ctx.sessionId = null;
    await ctx.updateSession(values => { values[keyOf(request)] = request; });
  },
};

const saveThenRegenerate: Action = {
  name: 'change, save and regenerate',
  rotates: true,
  sets: true,
  inSteps: true,
  handle: async (ctx, request) => {
    ctx.session[keyOf(request)] = request;
    await ctx.saveSession();
    ctx.sessionId = null;
  },
};

const ELEVATING = [signIn, regenerateAndChange, regenerateWhileSaving, updateAfterRegenerate, saveThenRegenerate];

test('with grace, no former id leads to data that came with a new one', async t => {

  let runs = 0;
  for (const elevating of ELEVATING) {
    for (const other of [read, look, change, count, changeAndCount]) {
      await explore(async choose => {
        runs++;
        const world = { ...worldOf(timelessStore()), options: { grace: 30 } };
        const { requests: [mover, holder], steps, schedule } = await runScenario(
          [{ action: elevating }, { action: other, cookie: FIRST_ID }], world, choose,
        );
        const what = `${elevating.name}, ${other.name}:\n${schedule.join('\n')}`;
        assert.ok([200, 409].includes(mover.status as number) && [200, 409].includes(holder.status as number), what);
        if (mover.status !== 200 || holder.cookie === undefined) return;
        const final = steps.at(-1)?.live.get(holder.cookie);
        assert.ok(!final?.has(keyOf('a')), what);
      });
    }
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 200);

});

test('with grace, a request with the former id keeps what it counted beside a new id alone', async t => {

  let runs = 0;
  await explore(async choose => {
    runs++;
    const world = { ...worldOf(timelessStore()), options: { grace: 30 } };
    const { requests, steps, schedule } = await runScenario([{ action: regenerate }, { action: count }, { action: regenerateAndCount, after: 0 }], world, choose);
    const counted = requests.filter(({ action, status }) => action.counts && status === 200).length;
    const live = [...steps.at(-1)?.live.values() ?? []];
    assert.deepEqual(live.map(texts => texts.get('count')), [String(counted)], schedule.join('\n'));
  });
  t.diagnostic(`${runs} schedules`);

});
