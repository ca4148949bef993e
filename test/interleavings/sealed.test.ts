import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import type { AtomicSessionStore } from '../../src/base/store.js';
import { ACTIONS, change, count, destroy, LONG_ACTIONS, regenerate, remove, signIn } from '../support/actions.js';
import { selections } from '../support/explore.js';
import type { Faults, Plan } from '../support/scenario.js';
import { sealedWorld } from '../support/sealed-world.js';
import { TakeStore } from '../support/take-store.js';
import { exploreScenario, timelessStore } from '../support/worlds.js';

/*
 * Requests at once on encrypted() stores, in every order of the calls that reach
 * the store inside: a move is two of them there.
 */

const STORES: { readonly [kind: string]: () => AtomicSessionStore } = {
  'that moves a record at once': timelessStore,
  'that changes only single records': () => new TakeStore(),
};

async function exploreAll(scenarios: readonly Plan[][], store: () => AtomicSessionStore, faults: Faults = {}): Promise<number> {

  let runs = 0;
  for (const plans of scenarios) {
    const finding = await exploreScenario(plans, () => sealedWorld(store()), faults);
    assert.equal(finding.violation, null);
    runs += finding.runs;
  }
  return runs;

}

for (const [kind, store] of Object.entries(STORES)) {

  test(`any two requests keep the invariants on an encrypted store ${kind}`, async t => {

    const runs = await exploreAll(selections(ACTIONS, 2).map(actions => actions.map(action => ({ action }))), store);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 150);

  });

  test(`any two requests keep the invariants on an encrypted store ${kind} if one thing goes wrong`, async t => {

    const runs = await exploreAll(selections(ACTIONS, 2).map(actions => actions.map(action => ({ action }))), store, { faults: 1 });
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 3000);

  });

  test(`a request that stores in several steps keeps the invariants on an encrypted store ${kind}`, async t => {

    const runs = await exploreAll(LONG_ACTIONS.flatMap(long => ACTIONS.map(other => [{ action: long }, { action: other }])), store);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 100);

  });

  test(`three requests of which some regenerate keep the invariants on an encrypted store ${kind}`, async t => {

    const triples = [[change, destroy, signIn], [change, remove, regenerate], [change, count, regenerate]];
    const runs = await exploreAll(triples.map(actions => actions.map(action => ({ action }))), store);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 500);

  });

}
