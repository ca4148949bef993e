import type { AtomicSessionStore, Awaitable, EndReason, SessionState, StoredUserSession } from '../base/store.js';
import { eachOf } from './each-of.js';
import type { Side } from './side.js';

type Methods = Required<AtomicSessionStore>;

/** The methods that find sessions by user and handle. */
export type MethodsOfUsers = Pick<Methods, 'sessionsOf' | 'endSessionsOf' | 'endAllSessions' | 'infoByHandle' | 'statesOf' | 'endByHandle' | 'watch' | 'watchEnds'>;

/** How many marks are left at a time: more would keep other requests from the store's connections. */
const MARKS_AT_ONCE = 16;

/**
 * Makes the methods that ask both stores.
 *
 * @param asked the stores in the order in which they are asked, so that no session is
 *   missed that moves in between
 */
export function usersInBoth(from: Side, to: Side, asked: readonly Methods[]): MethodsOfUsers {

  const moves = asked.at(-1) === to.store;

  const askAll = async <T>(question: (store: Methods) => Awaitable<T>): Promise<T[]> => {
    const answers: T[] = [];
    for (const store of asked) answers.push(await question(store));
    return answers;
  };

  /**
   * Ends one session. If it was in `from`, or has ended there before and the call that
   * should have left its mark has failed, it leaves the mark.
   *
   * @param endIn ends it in one store, and says whether it was live there
   */
  const endOne = async (handle: string, reason: EndReason | undefined, endIn: (store: Methods) => Awaitable<boolean>): Promise<boolean> => {
    const answers = await askAll(endIn);
    if (!moves) return answers.includes(true);
    const [isInFrom, isInTo] = answers;
    if (isInFrom && !isInTo) await to.keepOutHandle(handle, reason);
    if (isInFrom || isInTo) return true;
    // In this order: a session that was moved is in `to` before `from` says that it has left.
    const before = await from.stateOf(handle);
    if (before?.status !== 'retired') return false;
    const now = await to.stateOf(handle);
    if (now === null || now?.status === 'expired') await to.keepOutHandle(handle, before.reason);
    // A copy may have put it there since.
    return now?.status === 'live' && endIn(to.store);
  };

  return {

    async sessionsOf(user) {

      const sessions = new Map<string, StoredUserSession>();
      for (const session of (await askAll(store => store.sessionsOf(user))).flat()) {
        const { handle, remaining } = session;
        // A place that is reserved for a session ends sooner than the session.
        if (remaining > (sessions.get(handle)?.remaining ?? -Infinity)) sessions.set(handle, session);
      }
      return [...sessions.values()];

    },

    async endSessionsOf(user, terms = {}) {

      const { only, reason } = terms;
      if (only !== undefined) {
        const isEnded = await endOne(only, reason, async store => (await store.endSessionsOf(user, terms)).length > 0);
        return isEnded ? [only] : [];
      }
      const answers = await askAll(store => store.endSessionsOf(user, terms));
      // After both stores: what has ended there stays so, whatever becomes of the marks.
      if (moves) {
        const [inFrom = [], inTo = []] = answers;
        const marked = new Set(inTo);
        await eachOf(inFrom.filter(handle => !marked.has(handle)), MARKS_AT_ONCE, handle => to.keepOutHandle(handle, reason));
      }
      return [...new Set(answers.flat())];

    },

    endByHandle: (handle, reason) => endOne(handle, reason, store => store.endByHandle(handle, reason)),

    async endAllSessions() {

      await askAll(store => store.endAllSessions());

    },

    async infoByHandle(handle) {

      for (const store of asked) {
        const info = await store.infoByHandle(handle);
        if (info) return info;
      }
      return null;

    },

    async statesOf(handles) {

      const answers = await askAll(store => store.statesOf(handles));
      return handles.map((_, index) => stateIn(answers.map(states => states[index] ?? null).reverse()));

    },

    watch(changed) {

      const watches = [from, to].flatMap(({ store }) => store.watch(changed) ?? []);
      return watches.length === 2 ? { confirm: () => Promise.all(watches.map(watch => watch.confirm())) } : null;

    },

    watchEnds(ended) {

      const watches = [from, to].flatMap(({ store }) => store.watchEnds(ended) ?? []);
      const stop = () => { for (const watch of watches) watch.stop(); };
      if (watches.length === 2) return { stop, confirm: () => Promise.all(watches.map(watch => watch.confirm())) };
      stop();
      return null;

    },

  };

}

/**
 * A session that has gone to the other store is live there, or has expired there, or what
 * ended it says why. Its mark here says that it was signed out, as that of any session
 * that was replaced.
 */
function stateIn(states: ReadonlyArray<SessionState | null>): SessionState | null {

  const kinds: ReadonlyArray<(state: SessionState) => boolean> = [
    ({ status }) => status === 'live',
    state => state.status === 'retired' && state.reason !== 'signed-out',
    ({ status }) => status === 'expired',
    () => true,
  ];
  for (const isOfKind of kinds) {
    const state = states.find(each => each && isOfKind(each));
    if (state) return state;
  }
  return null;

}
