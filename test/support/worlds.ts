import type { AtomicSessionStore, FoundSession } from '../../src/base/store.js';
import { MemoryStore } from '../../src/stores/memory-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { FIRST_VALUES } from './actions.js';
import { type Choose, explore } from './explore.js';
import { violation } from './invariants.js';
import { ParkingStore } from './parking-store.js';
import { type Faults, type History, type Plan, runScenario, type World } from './scenario.js';

/** The id of the session in the store, and in the browser's cookie, at first. */
export const FIRST_ID = 'first';

/** A memory store in which nothing expires. */
export function timelessStore(): MemoryStore {

  const store = new MemoryStore({ now: () => 1000 });
  store.close();
  return store;

}

/** A world with one session, in which each request is answered by a process of its own. */
export function worldOf(
  store: AtomicSessionStore, { cookie = FIRST_ID, ids = {} }: { cookie?: string | null; ids?: { [request: string]: string[] } } = {},
): World {

  // Half of its life is over, so that a request that only reads refreshes it.
  store.create(FIRST_ID, toTexts(FIRST_VALUES), { lifetime: 1800 });
  return {
    cookie,
    storeFor: (request, lot) => new ParkingStore(lot, store, request, ids[request]),
    peek: peekInto(store),
  };

}

/** Looks up the texts of live sessions in a store that answers without a promise. */
export function peekInto(store: Pick<AtomicSessionStore, 'load'>): World['peek'] {

  return id => {
    const found = store.load(id) as FoundSession | null;
    return found?.status === 'live' ? found.texts : null;
  };

}

/** The result of an exploration. */
export interface Finding {
  /** In how many orders it ran; up to the first violation, if there was one. */
  readonly runs: number;
  readonly violation: string | null;
}

/**
 * Runs a scenario in every order, until one violates an invariant.
 *
 * @param expected which violations end it; all by default
 */
export async function exploreScenario(
  plans: readonly Plan[], world: () => World, faults: Faults = {}, expected = /^/,
): Promise<Finding> {

  let runs = 0;
  const found: string[] = [];
  const run = async (choose: Choose) => {
    const history = await runScenario(plans, world(), choose, faults);
    runs++;
    const problem = violation(history);
    if (problem === null || !expected.test(problem)) return;
    found.push(`${problem}\n${tell(plans, history)}`);
    throw new Found();
  };
  try {
    await explore(run);
  } catch (error) {
    if (!(error instanceof Found)) throw error;
  }
  return { runs, violation: found[0] ?? null };

}

class Found extends Error {}

function tell(plans: readonly Plan[], { requests, schedule, jar }: History): string {

  return [
    ...requests.map(({ name, carried, status, cookie, fate }, index) =>
      `  ${name} = ${plans[index].action.name}: carried ${carried}, got ${status}, Set-Cookie ${cookie}, ${fate}`),
    ...schedule.map(event => `    ${event}`),
    `  the jar holds ${jar}`,
  ].join('\n');

}
