import type { AtomicSessionStore, Awaitable, SessionState, StoredUserSession } from '../base/store.js';
import type { Side } from './side.js';

type Methods = Required<AtomicSessionStore>;

/** The methods that find sessions by user and handle. */
export type MethodsOfUsers = Pick<Methods, 'sessionsOf' | 'endSessionsOf' | 'endAllSessions' | 'infoByHandle' | 'statesOf' | 'endByHandle' | 'watch' | 'watchEnds'>;

/**
 * Makes the methods that ask both stores.
 *
 * @param asked the stores in the order in which they are asked, so that no session is
 *   missed that moves in between
 */
export function usersInBoth({ store: from }: Side, to: Side, asked: readonly Methods[]): MethodsOfUsers {

  const moves = asked.at(-1) === to.store;

  const askAll = async <T>(question: (store: Methods) => Awaitable<T>): Promise<T[]> => {
    const answers: T[] = [];
    for (const store of asked) answers.push(await question(store));
    return answers;
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

    async endSessionsOf(user, terms) {

      const handles = await askAll(async store => {
        const ended = await store.endSessionsOf(user, terms);
        if (store === from && moves) await Promise.all(ended.map(handle => to.keepOutHandle(handle, terms?.reason)));
        return ended;
      });
      return [...new Set(handles.flat())];

    },

    async endByHandle(handle, reason) {

      const answers = await askAll(async store => {
        const isEnded = await store.endByHandle(handle, reason);
        if (store === from && moves && isEnded) await to.keepOutHandle(handle, reason);
        return isEnded;
      });
      return answers.includes(true);

    },

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

      const watches = [from, to.store].flatMap(store => store.watch(changed) ?? []);
      return watches.length === 2 ? { confirm: () => Promise.all(watches.map(watch => watch.confirm())) } : null;

    },

    watchEnds(ended) {

      const watches = [from, to.store].flatMap(store => store.watchEnds(ended) ?? []);
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
