import type { SessionEndReason } from '../base/errors.js';
import type { FoundSession, SessionState } from '../base/store.js';
import type { TimedStore } from '../wrapping/timed-store.js';
import type { OpenSession } from './open-session.js';

/** The most sessions that the store is asked for at once. */
const BATCH = 1000;

/** The marks and records of ended sessions stay in the store for much longer than a session's known end can be off, in milliseconds. */
const SLACK = 1000;

/**
 * Asks the store what has become of sessions. Only one question is under way at a
 * time: sessions that become due in the meantime are asked for together.
 */
export class StateQuery {

  readonly #store: TimedStore;
  readonly #ended: (session: OpenSession, reason: SessionEndReason) => void;
  readonly #due = new Set<OpenSession>();
  #isUnderWay = false;

  constructor(store: TimedStore, ended: (session: OpenSession, reason: SessionEndReason) => void) {

    this.#store = store;
    this.#ended = ended;

  }

  /** Asks for these sessions, and for those of a question that has failed. */
  ask(sessions: Iterable<OpenSession>): void {

    for (const session of sessions) this.#due.add(session);
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    // A store that fails ends nothing. It is asked again with the next look.
    this.#askAll().catch(() => {}).finally(() => {
      this.#isUnderWay = false;
    });

  }

  forget(session: OpenSession): void {
    this.#due.delete(session);
  }

  async #askAll(): Promise<void> {

    while (this.#due.size > 0) {
      const batch = this.#take();
      try {
        await this.#askFor(batch);
      } catch (error) {
        for (const session of batch) if (!session.isOver) this.#due.add(session);
        throw error;
      }
    }

  }

  #take(): OpenSession[] {

    const batch: OpenSession[] = [];
    for (const session of this.#due) {
      batch.push(session);
      this.#due.delete(session);
      if (batch.length === BATCH) break;
    }
    return batch;

  }

  async #askFor(batch: OpenSession[]): Promise<void> {

    const askedAt = performance.now();
    for (const session of batch) session.askedAt = askedAt;
    if (!this.#store.canTellStates) {
      for (const session of [...batch]) {
        // If it is this one that can't be read, the others come before it next time.
        batch.push(batch.shift() as OpenSession);
        this.#judge(session, await this.#store.load(session.id as string), askedAt);
      }
      return;
    }
    const states = await this.#store.statesOf(batch.map(({ handle }) => handle));
    if (states.length !== batch.length) throw new Error(`statesOf() returned ${states.length} states of ${batch.length} sessions`);
    for (const [index, session] of batch.entries()) this.#judge(session, states[index] ?? null, askedAt);

  }

  #judge(session: OpenSession, state: SessionState | FoundSession | null, askedAt: number): void {

    if (session.isOver) return;
    if (state?.status === 'live') session.endsAt = askedAt + state.remaining * 1000;
    else if (state?.status === 'expired') this.#ended(session, 'expired');
    else if (state?.status === 'retired') {
      // This process moves it at this moment, and learns of that next.
      if (!('moved' in state && state.moved)) this.#ended(session, state.reason ?? 'revoked');
    } else this.#ended(session, session.endsAt <= performance.now() + SLACK ? 'expired' : 'revoked');

  }

}
