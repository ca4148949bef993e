import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import type { AtomicSessionStore } from '../../src/base/store.js';
import { ACTIONS, change, count, countTwiceAtOnce, LONG_ACTIONS, look, signIn } from '../support/actions.js';
import { selections } from '../support/explore.js';
import type { Plan } from '../support/scenario.js';
import { TakeStore } from '../support/take-store.js';
import { exploreScenario, FIRST_ID, timelessStore, worldOf } from '../support/worlds.js';

/*
 * Two requests in every order of their calls. With one fault: at each call, the
 * caller gives up and the call happens later, at any point, or never; at each
 * point, one request's process dies; each answer is lost. Answers reach the
 * browser in any order.
 */

const STORES: { readonly [kind: string]: () => AtomicSessionStore } = {
  'that moves a record at once': timelessStore,
  'that changes only single records': () => new TakeStore(),
};

async function exploreAll(scenarios: readonly Plan[][], store: () => AtomicSessionStore, faults: number, cookie: string | null = FIRST_ID) {

  let runs = 0;
  for (const plans of scenarios) {
    const finding = await exploreScenario(plans, () => worldOf(store(), { cookie }), { faults });
    assert.equal(finding.violation, null);
    runs += finding.runs;
  }
  return runs;

}

for (const [kind, store] of Object.entries(STORES)) {

  test(`any two requests keep the invariants on a store ${kind}`, async t => {

    const pairs = selections(ACTIONS, 2).map(actions => actions.map(action => ({ action })));
    const runs = await exploreAll(pairs, store, 0);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 150);

  });

  test(`any two requests keep the invariants on a store ${kind} if one thing goes wrong`, async t => {

    const pairs = selections(ACTIONS, 2).map(actions => actions.map(action => ({ action })));
    const runs = await exploreAll(pairs, store, 1);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 3000);

  });

  test(`a request that stores in several steps keeps the invariants on a store ${kind}`, async t => {

    const pairs = LONG_ACTIONS.flatMap(long =>
      ACTIONS.map(other => [{ action: long }, { action: other }]));
    const runs = await exploreAll(pairs, store, 1);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 3000);

  });

  test(`an update that changes nothing keeps the invariants on a store ${kind}`, async t => {

    const pairs = [...ACTIONS, look].map(other => [{ action: look }, { action: other }]);
    const runs = await exploreAll(pairs, store, 1);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 300);

  });

  test(`two updates at once in one request count twice on a store ${kind}`, async t => {

    const pairs = ACTIONS.map(other => [{ action: countTwiceAtOnce }, { action: other }]);
    const runs = await exploreAll(pairs, store, 0);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 100);

  });

  test(`a second request sent after the first, whatever became of its answer, keeps the invariants on a store ${kind}`, async t => {

    const sequences = ACTIONS.flatMap(first => ACTIONS.map(second => [{ action: first }, { action: second, after: 0 }]));
    const runs = await exploreAll(sequences, store, 1);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 500);

  });

  test(`two visitors without a session, or with an unknown id, keep the invariants on a store ${kind}`, async t => {

    const pairs = selections(ACTIONS, 2).map(actions => actions.map(action => ({ action })));
    const runs = await exploreAll(pairs, store, 1, null) + await exploreAll(pairs, store, 1, 'forged');
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 500);

  });

  test(`two faults do not break the invariants on a store ${kind}`, async t => {

    const pairs = [[change, count], [change, signIn], [count, signIn], [signIn, signIn]]
      .map(actions => actions.map(action => ({ action })));
    const runs = await exploreAll(pairs, store, 2);
    t.diagnostic(`${runs} schedules`);
    assert.ok(runs > 500);

  });

}
