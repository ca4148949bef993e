import { SessionStoreError } from '../base/errors.js';
import { wrong } from '../base/option-checks.js';
import type { AtomicSessionStore, Awaitable, StoreOperations, StorePing } from '../base/store.js';
import type { Side } from './side.js';

type Methods = Required<AtomicSessionStore>;

/** The methods for those who run the stores, without those that transfer records. */
export type MethodsOfOperations = Pick<StoreOperations, 'sessionPage' | 'countSessions' | 'ping'>;

/** A cursor has the place of a store among those that are asked, and that store's own cursor. */
const FIRST_PAGE = '0:';
const CURSOR = /^(\d):(.*)$/s;

/**
 * Makes the methods that list and count the sessions of both stores, and ask whether
 * both are well.
 *
 * @param asked the stores in the order in which a list asks them, so that it misses no
 *   session that moves in between
 */
export function operationsOfBoth({ store: from }: Side, { store: to }: Side, asked: readonly Methods[]): MethodsOfOperations {

  return {

    async sessionPage({ after = FIRST_PAGE, ...terms } = {}) {

      const [, place, inner = ''] = (typeof after === 'string' && CURSOR.exec(after)) || [];
      const store = asked[Number(place)];
      if (!store) throw wrong('after', after, 'must be the `next` of another page of this store');
      const { sessions, next } = await store.sessionPage({ ...terms, ...(inner !== '' && { after: inner }) });
      if (next !== null) return { sessions, next: `${place}:${next}` };
      const following = Number(place) + 1;
      return { sessions, next: following < asked.length ? `${following}:` : null };

    },

    async countSessions(terms) {

      const [one, other] = await both(store => store.countSessions(terms));
      return {
        live: one.live + other.live, ofUsers: one.ofUsers + other.ofUsers, expired: one.expired + other.expired, isExact: one.isExact && other.isExact,
      };

    },

    async ping() {

      return worse(...await both((store, name) => answered(name, store)));

    },

  };

  /** At once: a count is no sharper if one store is asked after the other. */
  function both<T>(question: (store: Methods, name: string) => Awaitable<T>): Promise<[T, T]> {

    return Promise.all([(async () => question(from, 'from'))(), (async () => question(to, 'to'))()]);

  }

}

async function answered(name: string, store: Methods): Promise<StorePing> {

  try {
    const answer = await store.ping();
    return answer.selfTest === 'failed' ? { ...answer, problem: `the store in option ${name}: ${answer.problem}` } : answer;
  } catch (cause) {
    throw new SessionStoreError(`The store in option ${name} does not answer`, { cause });
  }

}

function worse(one: StorePing, other: StorePing): StorePing {

  const [farthest = null] = [one, other].map(({ clockDifference }) => clockDifference).filter(each => each !== null)
    .toSorted((first, second) => Math.abs(second) - Math.abs(first));
  const problem = [one, other].flatMap(each => each.problem ?? []).join('; ');
  return {
    roundTrip: Math.max(one.roundTrip, other.roundTrip),
    clockDifference: farthest,
    ...(problem === '' ? { selfTest: one.selfTest ?? other.selfTest } : { selfTest: 'failed', problem }),
  };

}
