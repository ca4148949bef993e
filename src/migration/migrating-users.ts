import type { AtomicSessionStore, SessionState, StoredUserSession } from '../base/store.js';
import type { Side } from './side.js';

type Methods = Required<AtomicSessionStore>;

/** The methods that find sessions by user and handle. */
export type MethodsOfUsers = Pick<Methods, 'sessionsOf' | 'endSessionsOf' | 'endAllSessions' | 'infoByHandle' | 'statesOf' | 'endByHandle' | 'watch' | 'watchEnds'>;

/**
 * Makes the methods that ask both stores: `from` first, since sessions go from there
 * to `to`. One that does so between the two questions is met twice, and not missed.
 */
export function usersInBoth({ store: from }: Side, { store: to }: Side): MethodsOfUsers {

  return {

    async sessionsOf(user) {

      const sessions = new Map<string, StoredUserSession>();
      for (const session of [...await from.sessionsOf(user), ...await to.sessionsOf(user)]) {
        const { handle, remaining } = session;
        // A place that is reserved for a session ends sooner than the session.
        if (remaining > (sessions.get(handle)?.remaining ?? -Infinity)) sessions.set(handle, session);
      }
      return [...sessions.values()];

    },

    async endSessionsOf(user, terms) {

      const inFrom = await from.endSessionsOf(user, terms);
      return [...new Set([...inFrom, ...await to.endSessionsOf(user, terms)])];

    },

    async endByHandle(handle, reason) {

      const inFrom = await from.endByHandle(handle, reason);
      return await to.endByHandle(handle, reason) || inFrom;

    },

    async endAllSessions() {

      await from.endAllSessions();
      await to.endAllSessions();

    },

    infoByHandle: async handle => await from.infoByHandle(handle) ?? await to.infoByHandle(handle),

    async statesOf(handles) {

      const inFrom = await from.statesOf(handles);
      const inTo = await to.statesOf(handles);
      return handles.map((_, index) => stateIn(inFrom[index] ?? null, inTo[index] ?? null));

    },

    watch(changed) {

      const watches = [from, to].flatMap(store => store.watch(changed) ?? []);
      return watches.length === 2 ? { confirm: () => Promise.all(watches.map(watch => watch.confirm())) } : null;

    },

    watchEnds(ended) {

      const watches = [from, to].flatMap(store => store.watchEnds(ended) ?? []);
      const stop = () => { for (const watch of watches) watch.stop(); };
      if (watches.length === 2) return { stop, confirm: () => Promise.all(watches.map(watch => watch.confirm())) };
      stop();
      return null;

    },

  };

}

/** A session that has gone to the other store is live there. What ended it there came later than its mark here. */
function stateIn(inFrom: SessionState | null, inTo: SessionState | null): SessionState | null {

  for (const status of ['live', 'retired', 'expired']) {
    const state = [inTo, inFrom].find(each => each?.status === status);
    if (state) return state;
  }
  return null;

}
