import { AssertionError } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { originalOf } from '../../base/plain-error.js';
import type { Awaitable, MoveTerms, SessionChange, SessionStore, SessionValues } from '../../base/store.js';
import { moveInSteps } from '../../steps/move-in-steps.js';
import { toTexts } from '../../values/session-values.js';
import { timedStore } from '../../wrapping/timed-store.js';
import type { CheckedStore } from './checked-store.js';
import { broken, expectSame } from './failure.js';
import { Handles } from './handles.js';
import { type Random, randomFrom } from './random.js';
import { recorded } from './recorded-store.js';

/** Seconds for which a session lives unless a test says otherwise. */
export const LONG = 600;

/** Lifetimes that an application may ask for, in seconds: each is longer than the one before, and the last is the longest possible. */
export const LIFETIMES: readonly number[] = [60.5, 3600, 315_446_400];

/** Seconds that a step of a move may take. */
const IN_STEPS = 60;

const MOST_TRIES = 5;

export interface SceneTerms {
  readonly trials: number;
  readonly wait: () => Promise<void>;
  readonly failing: ((commands: number) => Awaitable<SessionStore>) | undefined;
}

/** What a rule can use: two handles, ids of its own, and time. */
export class Scene extends Handles {

  readonly #terms: SceneTerms;
  readonly #ids = new Set<string>();

  constructor(stores: readonly [SessionStore, SessionStore], terms: SceneTerms) {
    super(stores);
    this.#terms = terms;
  }

  /** Makes a new id. */
  async id(moving?: string): Promise<string> {

    const id = await this.a.newSessionId(...(moving === undefined ? [] : [moving]));
    this.own(id);
    return id;

  }

  /** Records an id that belongs to this test. */
  own(id: string): void {

    this.#ids.add(id);

  }

  /** Makes a session. */
  async session(values: SessionValues = { a: 1, b: 2 }, lifetime = LONG): Promise<string> {

    const id = await this.id();
    expectSame('The answer to create() for a new id', await this.a.create(id, toTexts(values), { lifetime }), true);
    return id;

  }

  /** Makes up a user that no other test has, with this end of its name. */
  user(end = ''): string {

    return `store tests ${randomUUID()} ${end}`;

  }

  /** Makes a session with an info. */
  async bound(user: string | null, details = '', lifetime = LONG): Promise<string> {

    const id = await this.id();
    const newInfo = { info: { user, details } };
    expectSame('The answer to create() for a new id', await this.a.create(id, toTexts({ a: 1 }), { lifetime, newInfo }), true);
    return id;

  }

  /**
   * Makes a session that lives for a second, and lengthens its life in time.
   *
   * @param lengthen returns `answer` if it was in time
   */
  async lengthened(lengthen: (id: string) => Promise<unknown>, answer: unknown): Promise<string> {

    for (let tries = 1; ; tries++) {
      const id = await this.session({ a: 1 }, 1);
      const given = await lengthen(id);
      if (given === answer) return id;
      // On a busy machine, the second may be over too early.
      if (tries === MOST_TRIES) expectSame('The answer for a session that lives for a second', given, answer);
    }

  }

  /** Makes a session and moves it this number of times. Returns all ids that it has had; the last is the current one. */
  async moved(times: number, values: SessionValues = { a: 1, b: 2 }): Promise<string[]> {

    const ids = [await this.session(values)];
    for (let move = 0; move < times; move++) {
      const { answer, newId } = await this.move(this.a, ids[ids.length - 1] as string, NOTHING);
      expectSame('The answer to the move of a live session', answer, 'moved');
      ids.push(newId);
    }
    return ids;

  }

  /** Moves a session: in one step if the store can, else in the steps that the middleware takes. */
  async move(
    store: CheckedStore, id: string, change: SessionChange, terms: Partial<MoveTerms> = {},
  ): Promise<{ newId: string; answer: Awaited<ReturnType<CheckedStore['move']>> }> {

    const newId = await this.id(id);
    const { lifetime = LONG } = terms;
    if (store.canMove) return { newId, answer: await store.move(id, newId, change, { ...terms, lifetime }) };
    const found = await store.load(id);
    if (found?.status !== 'live') return { newId, answer: 'gone' };
    const timed = timedStore(store, IN_STEPS);
    try {
      return { newId, answer: await moveInSteps({ store: timed, id, newId, base: found.texts, own: change, terms: { lifetime } }) };
    } catch (error) {
      const cause = originalOf((error as Error).cause);
      throw cause instanceof AssertionError ? cause : broken(`The steps of a move failed with ${error}`, error);
    }

  }

  /** Calls a method that may throw. Returns its answer; an empty object if it threw. */
  async attempt(
    store: CheckedStore, method: 'create' | 'update' | 'move' | 'take', ...args: readonly unknown[]
  ): Promise<{ answer?: unknown }> {

    const methods = store.store as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
    try {
      return { answer: await methods[method]?.(...args) };
    } catch {
      return {};
    }

  }

  /** Opens the store on a backend that fails after this number of commands. */
  async failing(commands: number): Promise<Partial<Record<string, (...args: readonly unknown[]) => unknown>>> {

    const store = await this.#terms.failing?.(commands) as SessionStore;
    return recorded(store, 'failing', this.journal) as unknown as Record<string, (...args: readonly unknown[]) => unknown>;

  }

  /** Lets as much time pass as the rule says. */
  wait(): Promise<void> {

    return this.#terms.wait();

  }

  /** Tries something many times, each with another seed. */
  async trials(attempt: (random: Random) => Promise<void>): Promise<void> {

    for (let seed = 1; seed <= this.#terms.trials; seed++) {
      this.journal.clear();
      await attempt(randomFrom(seed));
      await this.tidy();
    }

  }

  /** Removes the sessions that the test has left. */
  async tidy(): Promise<void> {

    const ids = [...this.#ids];
    this.#ids.clear();
    await Promise.allSettled(ids.map(async id => this.a.store.delete(id)));

  }

}

export const NOTHING: SessionChange = { set: new Map(), unset: [] };

/** Makes a change of top-level keys: a value, or `undefined` for a key to be removed. */
export function changing(values: SessionValues): SessionChange {

  return { set: toTexts(values), unset: Object.keys(values).filter(key => values[key] === undefined) };

}

/** Returns the `expire` of a session that lives for this number of seconds from now on. */
export function expireIn(seconds: number): number {

  return Math.floor(Date.now() / 1000) + seconds;

}
