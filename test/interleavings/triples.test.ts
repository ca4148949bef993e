import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import {
  type Action, ACTIONS, change, count, destroy, empty, regenerate, remove, signIn,
} from '../support/actions.js';
import { selections } from '../support/explore.js';
import { TakeStore } from '../support/take-store.js';
import { exploreScenario, timelessStore, worldOf } from '../support/worlds.js';

/*
 * Three requests in every order of their calls and of their answers: without
 * faults, any three on a store that moves at once, and on one that can't, those
 * three of which one regenerates (the others make the same calls there). With one
 * fault, the combinations in which a third request can find what two have left
 * behind. Three counts at once, with their repetitions, are left to the race
 * tests: they alone have as many orders as half of the rest.
 */

const TRIPLES = selections(ACTIONS, 3).filter(actions => actions.some(action => action !== count));

async function exploreAll(triples: readonly Action[][], store: () => Parameters<typeof worldOf>[0], faults: number) {

  let runs = 0;
  for (const actions of triples) {
    const finding = await exploreScenario(actions.map(action => ({ action })), () => worldOf(store()), { faults });
    assert.equal(finding.violation, null);
    runs += finding.runs;
  }
  return runs;

}

test('any three requests keep the invariants on a store that moves a record at once', async t => {

  const runs = await exploreAll(TRIPLES, timelessStore, 0);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 10_000);

});

test('any three requests of which one regenerates keep the invariants on a store that changes only single records', async t => {

  const triples = TRIPLES.filter(actions => actions.some(({ rotates }) => rotates));
  const runs = await exploreAll(triples, () => new TakeStore(), 0);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 10_000);

});

test('three requests keep the invariants if one thing goes wrong', async t => {

  const triples = [[change, destroy, signIn], [change, remove, regenerate], [change, empty, destroy]];
  const runs = await exploreAll(triples, timelessStore, 1);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 5000);

});

test('a poll, a sign-in and a request sent after it keep the invariants', async t => {

  let runs = 0;
  for (const store of [timelessStore, () => new TakeStore()]) {
    for (const first of [change, count, destroy]) {
      for (const last of [change, destroy, signIn]) {
        const plans = [{ action: first }, { action: signIn }, { action: last, after: 1 }];
        const finding = await exploreScenario(plans, () => worldOf(store()));
        assert.equal(finding.violation, null);
        runs += finding.runs;
      }
    }
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 500);

});
