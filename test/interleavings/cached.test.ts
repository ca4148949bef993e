import assert from 'node:assert/strict';
import { type Action, ACTIONS, change, count, countTwiceAtOnce, destroy, LONG_ACTIONS, look, read, regenerate, signIn } from '../support/actions.js';
import { BROKEN_CACHES, NAIVE_CACHE } from '../support/broken-caches.js';
import { cachedWorld, type MakeCached, outdated } from '../support/cached-world.js';
import { type Choose, explore } from '../support/explore.js';
import { test } from '../support/exploring.js';
import { violation } from '../support/invariants.js';
import { type Faults, type Plan, runScenario } from '../support/scenario.js';

/*
 * Requests at once in two processes, of which one has copies, in every order of
 * their calls. The requests a and c belong to that process, and b to the other. All
 * may use copies, as if each were a GET. Reports of changes come at any time later,
 * or never.
 */

interface Finding {
  readonly runs: number;
  /** How many requests found a copy, or another request's answer. */
  readonly copies: number;
  readonly violation: string | null;
}

async function exploreAll(scenarios: readonly Plan[][], reports: boolean, { faults = 0, make }: Faults & { make?: MakeCached } = {}): Promise<Finding> {

  let runs = 0;
  let copies = 0;
  let found: string | null = null;
  const run = (plans: readonly Plan[]) => async (choose: Choose) => {
    const history = await runScenario(plans, cachedWorld(reports, make), choose, { faults });
    runs++;
    for (const { name } of history.requests) {
      const at = history.loads.get(name);
      if (at !== undefined && history.steps[at].call.request !== name) copies++;
    }
    const problem = violation(history) ?? outdated(history);
    if (problem === null) return;
    found = [problem, ...plans.map(({ action }) => action.name), ...history.schedule].join('\n');
    throw new Error(found);
  };
  for (const plans of scenarios) {
    try {
      await explore(run(plans));
    } catch (error) {
      if (found === null) throw error;
      break;
    }
  }
  return { runs, copies, violation: found };

}

/** The first request fills the copies, and the third comes after it. The second may come at any time. */
const afterFirst = (actions: readonly Action[]): Plan[] => actions.map((action, index) => index === 2 ? { action, after: 0 } : { action });

const triples = (firsts: readonly Action[], seconds: readonly Action[], thirds: readonly Action[]) => (
  firsts.flatMap(first => seconds.flatMap(second => thirds.map(third => afterFirst([first, second, third]))))
);

test('three requests keep the invariants in a process with copies', async t => {

  const { runs, copies, violation } = await exploreAll(triples([read, change], ACTIONS, ACTIONS), false);
  assert.equal(violation, null);
  t.diagnostic(`${runs} schedules, ${copies} copies`);
  assert.ok(runs > 500 && copies > 300);

});

test('three requests keep the invariants in a process with copies whose store reports changes', async t => {

  const { runs, copies, violation } = await exploreAll(triples([read], [change, destroy, signIn], [read, change, destroy]), true);
  assert.equal(violation, null);
  t.diagnostic(`${runs} schedules, ${copies} copies`);
  assert.ok(runs > 500 && copies > 300);

});

test('three requests keep the invariants in a process with copies if one thing goes wrong', async t => {

  const { runs, copies, violation } = await exploreAll(triples([read], [destroy, change], [change, signIn]), false, { faults: 1 });
  assert.equal(violation, null);
  t.diagnostic(`${runs} schedules, ${copies} copies`);
  assert.ok(runs > 500 && copies > 300);

});

test('a request that stores in several steps keeps the invariants in a process with copies', async t => {

  const { runs, violation } = await exploreAll(triples([read], [change, destroy, regenerate], [...LONG_ACTIONS, look, countTwiceAtOnce]), false);
  assert.equal(violation, null);
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 500);

});

const TELLING = triples([read, change], [change, destroy], [read, count]);

for (const [sentence, make] of Object.entries(BROKEN_CACHES)) {

  test(`a cache that ${sentence} is caught`, async () => {

    const { violation } = await exploreAll(TELLING, true, { make });
    assert.notEqual(violation, null);

  });

}

test('a cache of which nothing is broken is not caught', async () => {

  const { violation } = await exploreAll(TELLING.slice(0, 4), true, { make: NAIVE_CACHE });
  assert.equal(violation, null);

});
