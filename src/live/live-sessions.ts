import type { SessionEndReason } from '../base/errors.js';
import { flatCopy } from '../base/flat-copy.js';
import type { AtomicSessionStore, EndReason } from '../base/store.js';
import { type EndsObserver, endsObservers } from '../events/session-ends.js';
import type { TimedStore } from '../wrapping/timed-store.js';
import { EndReports } from './end-reports.js';
import { OpenSession, type Watcher } from './open-session.js';
import { StateQuery } from './state-query.js';

/** Milliseconds between two looks at the open sessions. */
const EVERY = 3000;

/** The fewest milliseconds between two questions for one session, if the store can only be asked for one at a time. */
const RARELY = 60_000;

/**
 * The sessions of one store on which streams and sockets of this process depend.
 *
 * Ends through this process are noticed at once, and those through others when the
 * store reports them, or else by a look every few seconds: one question for all
 * sessions. Nothing runs while there are none.
 */
export class LiveSessions implements EndsObserver {

  readonly #store: TimedStore;
  readonly #query: StateQuery;
  readonly #reports: EndReports;
  /** By each of their handles. */
  readonly #open = new Map<string, OpenSession>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param origin the store itself, which may report ends */
  constructor(store: TimedStore, origin: AtomicSessionStore) {

    this.#store = store;
    this.#query = new StateQuery(store, (session, reason) => this.#finish(session, reason));
    this.#reports = new EndReports(origin, handle => this.#reported(handle));

  }

  /**
   * Waits for the end of a session, and asks at once whether it has ended since it
   * was loaded.
   *
   * @param endsAt as far as is known, in milliseconds of `performance.now()`
   */
  watch(id: string, endsAt: number, watcher: Watcher): OpenSession {

    const handle = flatCopy(this.#store.handleOf(id));
    const session = this.#open.get(handle) ?? new OpenSession(handle, this.#store.canTellStates ? undefined : flatCopy(id), endsAt);
    session.watchers.add(watcher);
    this.#open.set(handle, session);
    if (!this.#timer) this.#start();
    this.#query.ask([session]);
    return session;

  }

  /** Stops waiting. */
  release(session: OpenSession, watcher: Watcher): void {

    session.watchers.delete(watcher);
    if (session.watchers.size === 0) this.#close(session);

  }

  /** How many sessions are watched. */
  get size(): number {
    return new Set(this.#open.values()).size;
  }

  ended(handles: readonly string[] | null, reason: EndReason): void {

    if (handles === null) this.#query.ask(this.#open.values());
    for (const handle of handles ?? []) {
      const session = this.#open.get(handle);
      if (session) this.#finish(session, reason);
    }

  }

  moved(handle: string, newHandle: string, newId: string): void {

    const session = this.#open.get(handle);
    if (!session) return;
    if (session.id !== undefined) session.id = newId;
    if (newHandle === handle || this.#open.has(newHandle)) return;
    session.moved(newHandle);
    this.#open.set(newHandle, session);

  }

  #reported(handle: string | null): void {

    const session = handle === null ? undefined : this.#open.get(handle);
    if (handle === null) this.#query.ask(this.#open.values());
    else if (session) this.#query.ask([session]);

  }

  #finish(session: OpenSession, reason: SessionEndReason): void {

    const watchers = [...session.watchers];
    this.#close(session);
    for (const watcher of watchers) watcher.ended(reason);

  }

  #close(session: OpenSession): void {

    if (session.isOver) return;
    session.isOver = true;
    this.#query.forget(session);
    for (const handle of session.handles) this.#open.delete(handle);
    if (this.#open.size === 0) this.#stop();

  }

  #start(): void {

    endsObservers.add(this);
    this.#reports.start();
    this.#timer = setInterval(() => this.#look(), EVERY);
    this.#timer.unref();

  }

  #stop(): void {

    clearInterval(this.#timer);
    this.#timer = undefined;
    endsObservers.delete(this);
    this.#reports.stop();

  }

  async #look(): Promise<void> {

    this.#forgetGone();
    const areComplete = await this.#reports.areComplete();
    const isToAskFor = this.#store.canTellStates
      ? ({ endsAt }: OpenSession, now: number) => !areComplete || endsAt <= now
      : ({ endsAt, askedAt }: OpenSession, now: number) => Math.max(endsAt, askedAt + RARELY) <= now;
    const now = performance.now();
    this.#query.ask([...this.#open.values()].filter(session => isToAskFor(session, now)));

  }

  #forgetGone(): void {

    for (const session of new Set(this.#open.values())) {
      for (const watcher of session.watchers) if (watcher.isGone) this.release(session, watcher);
    }

  }

}

const live = new WeakMap<AtomicSessionStore, LiveSessions>();

/** Returns the sessions of a store that are open in this process. All middlewares on it share them. */
export function liveSessionsOf(store: TimedStore, origin: AtomicSessionStore): LiveSessions {

  const found = live.get(origin) ?? new LiveSessions(store, origin);
  live.set(origin, found);
  return found;

}
