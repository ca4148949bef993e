import { checkSeconds, known, record, wrong } from '../base/option-checks.js';
import { type AtomicSessionStore, isIndexing, type SessionStore } from '../base/store.js';
import { LONGEST_EXPIRY } from '../base/time.js';
import { checkedStore, KEEPS_ONLY_VALUES, keepsOnlyValues, ONE_KEEPS_ONLY_VALUES, oneKeepsOnlyValues } from '../wrapping/checked-store.js';
import { hasUniqueHandles } from '../wrapping/unique-handles.js';
import { migratingMethods } from './migrating-methods.js';
import { operationsOfBoth } from './migrating-operations.js';
import { usersInBoth } from './migrating-users.js';
import { Side } from './side.js';
import { Takeover } from './takeover.js';

/** Options of {@link migrating}. */
export interface MigrationOptions {

  /** The store that has the sessions now: any store, also one with four methods. */
  from: SessionStore;

  /** The store that is to have them. */
  to: SessionStore;

  /**
   * With `'prepare'`, new sessions begin in `from`, and the others stay where they are:
   * for the first deployment, while other processes still know only `from`. With
   * `'move'`, the default, new sessions begin in `to`, and each one in `from` goes there
   * when it is used.
   */
  phase?: 'prepare' | 'move' | undefined;

  /**
   * Seconds that a session lives in `to` from the moment at which it gets there, if
   * `from` has four methods and does not say how long it lives; 3600 by default. Use
   * the option `expiry` of the middleware.
   */
  expiry?: number | undefined;

}

/** The store that {@link migrating} makes. */
export interface MigratingStore extends AtomicSessionStore {

  /**
   * Counts what is left in `from`, record by record: at 0, nothing has to be taken over
   * any more.
   *
   * @returns null if `from` can't count its sessions
   */
  remaining(): Promise<number | null>;

}

const KNOWN = ['from', 'to', 'phase', 'expiry'];
const PHASES: readonly unknown[] = ['prepare', 'move'];

/**
 * Makes a store around two, which moves sessions from one to the other while they are
 * used: no one is signed out, and ids, users, details and deadlines stay the same.
 *
 * Processes that know only `from` must not run beside one that moves sessions, so there
 * are two deployments: the first with `phase: 'prepare'`, the second without.
 * docs/moving-stores.md has the steps, and the way back.
 *
 * @throws {TypeError} for a wrong option, or a store that lacks a method
 */
export function migrating(options: MigrationOptions): MigratingStore {

  record('options', options);
  known('option', options, KNOWN);
  const { phase = 'move', expiry = 3600 } = options;
  if (!PHASES.includes(phase)) throw wrong('phase', phase, 'must be \'prepare\' or \'move\'');
  checkSeconds('expiry', expiry, 1, LONGEST_EXPIRY);
  const from = new Side('from', checked('from', options.from));
  const to = new Side('to', checked('to', options.to));
  if (from.store === to.store) throw new TypeError('options from and to are the same store: sessions can\'t move to where they are');
  const stores = [from.store, to.store];
  // Sessions go from `from` to `to`: one that does so between the two questions is met twice, and not missed.
  // Beside processes that prepare a way back, others still move sessions from `to` to `from`.
  const asked = phase === 'prepare' ? [...stores, from.store] : stores;
  return {
    atomic: true,
    touchIsFree: stores.every(store => store.touchIsFree === true),
    keepsInfo: true,
    uniqueHandles: stores.every(hasUniqueHandles),
    ...(stores.some(store => keepsOnlyValues(store) || oneKeepsOnlyValues(store)) && { [KEEPS_ONLY_VALUES]: ONE_KEEPS_ONLY_VALUES }),
    ...migratingMethods(new Takeover(from, to, phase === 'move', expiry)),
    ...(stores.every(isIndexing) && ofBoth(from, to, usersInBoth(from, to, asked))),
    ...ofBoth(from, to, operationsOfBoth(from, to, asked)),
    async remaining() {
      const store: AtomicSessionStore = from.store;
      return (await store.countSessions?.({ exact: true }))?.live ?? null;
    },
  };

}

/** The methods that both stores have. */
function ofBoth<Methods extends Partial<AtomicSessionStore>>(from: Side, to: Side, methods: Methods): Partial<Methods> {

  const isInBoth = (name: string) => [from, to].every(({ store }) => store[name as keyof AtomicSessionStore] !== undefined);
  return Object.fromEntries(Object.entries(methods).filter(([name]) => isInBoth(name))) as Partial<Methods>;

}

/** @throws {TypeError} for a store that can't take part */
function checked(name: 'from' | 'to', given: SessionStore): AtomicSessionStore {

  let store: AtomicSessionStore;
  try {
    store = checkedStore(given);
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(`option ${name}: ${error.message}`) : error;
  }
  if (typeof store.move !== 'function' || store.keepsInfo !== true) {
    throw new TypeError(`option ${name} needs a store that has move() and \`keepsInfo: true\`, or one with four methods`);
  }
  return store;

}
