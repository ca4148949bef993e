import { wrong } from '../base/option-checks.js';
import type { Awaitable, SessionStore } from '../base/store.js';
import { anyCalls } from './atomic/any-calls.js';
import { create } from './atomic/create.js';
import { end } from './atomic/end.js';
import { fourMethods } from './atomic/four-methods.js';
import { load } from './atomic/load.js';
import { marks } from './atomic/marks.js';
import { move } from './atomic/move.js';
import { patience } from './atomic/patience.js';
import { reasons } from './atomic/reasons.js';
import { size } from './atomic/size.js';
import { take } from './atomic/take.js';
import { touch } from './atomic/touch.js';
import { update } from './atomic/update.js';
import { version } from './atomic/version.js';
import { expiry } from './contract/expiry.js';
import { ids } from './contract/ids.js';
import { sessions } from './contract/sessions.js';
import { values } from './contract/values.js';
import { failingAtomic, failingBackend, failingEndAll } from './failures/failing-backend.js';
import { Kit } from './lib/kit.js';
import type { Rule } from './lib/rule.js';
import { counts, pings } from './operations/counts.js';
import { endsByHandle } from './operations/ends.js';
import { pages } from './operations/pages.js';
import { recordRaces } from './operations/races.js';
import { records } from './operations/records.js';
import { checkOptions, type StoreTestOptions } from './options.js';
import { anyCallsAtOnce } from './races/any-calls.js';
import { changes } from './races/changes.js';
import { ends } from './races/ends.js';
import { moves } from './races/moves.js';
import { parallel } from './requests/parallel.js';
import { bindings } from './users/bindings.js';
import { endAll } from './users/end-all.js';
import { endSessions } from './users/end-sessions.js';
import { info } from './users/info.js';
import { races as usersRaces } from './users/races.js';
import { sessionsOf } from './users/sessions-of.js';
import { states } from './users/states.js';

export type { Cookies } from './application/cookie-jar.js';
export type { RequestBody } from './application/messages.js';
export type { Through } from './application/session-middlewares.js';
export { type SignInOptions, signIn, visit } from './application/sign-in.js';
export { type TestClock, testClock } from './application/test-clock.js';
export type { BodylessRequest, Visitor, VisitorRequest } from './application/visitor.js';
export type { StoreTestOptions } from './options.js';

/** One sentence of the contract, as a test for any runner. */
export interface StoreTest {
  /** The sentence. */
  readonly name: string;
  /** Tries the sentence out. Rejects with an `AssertionError` that says how the store broke it. */
  run(): Promise<void>;
}

/** What every store promises. */
const FOUR_METHODS: readonly Rule[] = [...sessions, ...ids, ...values, ...expiry];

/** What a store with `atomic: true` promises. */
const ATOMIC: readonly Rule[] = [
  ...load, ...version, ...create, ...update, ...touch, ...end, ...reasons, ...move, ...take, ...patience, ...size, ...fourMethods, ...anyCalls,
];

/** What an atomic store promises about users, as far as it keeps them. */
const USERS: readonly Rule[] = [...info, ...sessionsOf, ...endSessions, ...states, ...bindings, ...usersRaces];

/** What an atomic store promises to those who run it, as far as it can. */
const OPERATIONS: readonly Rule[] = [...pages, ...pings, ...endsByHandle, ...records, ...recordRaces];

/** What an atomic store promises for calls at once, on two handles. */
const RACES: readonly Rule[] = [...changes, ...ends, ...moves, ...anyCallsAtOnce];

/** What the middleware promises on the store: with an atomic store between processes, else within one. */
const REQUESTS: readonly Rule[] = [...parallel];

/**
 * Makes the tests that every store must pass, for any runner:
 *
 *     for (const { name, run } of storeTests(() => new MyStore(url))) test(name, run);
 *
 * They use ids that the store makes, so they disturb neither each other nor other
 * sessions in the store, and they remove their sessions at the end.
 *
 * @param open called twice, when the first test runs. Returns a handle on the same
 *   data each time, as two processes have them; for a store in memory, the same
 *   store twice. The tests do not close the handles
 * @throws {TypeError} for a wrong option
 */
export function storeTests(open: () => Awaitable<SessionStore>, options: StoreTestOptions = {}): StoreTest[] {

  if (typeof open !== 'function') throw wrong('open', open, 'must be a function that opens the store');
  checkOptions(options);
  const { atomic = true, alone = false, trials = 20, wait, failing } = options;
  const atomicRules = [...ATOMIC, ...(wait ? marks : []), ...RACES, ...USERS, ...OPERATIONS, ...(alone ? [...counts, ...endAll] : [])];
  const failures = failing ? [...failingBackend, ...(atomic ? failingAtomic : []), ...(atomic && alone ? failingEndAll : [])] : [];
  const rules = [...FOUR_METHODS, ...(atomic ? atomicRules : []), ...failures, ...REQUESTS];
  const kit = new Kit({ open, failing, trials, wait: wait ?? sleep, rules });
  return rules.map(rule => ({ name: rule.sentence, run: () => kit.run(rule) }));

}

function sleep(seconds: number): Promise<void> {

  return new Promise(resolve => {
    setTimeout(resolve, seconds * 1000);
  });

}
