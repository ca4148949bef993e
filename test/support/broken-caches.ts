import type { AtomicSessionStore, FoundSession, LoadTerms } from '../../src/base/store.js';
import { wrapStore } from '../../src/index.js';

/** What a naive cache gets wrong. */
interface Faults {
  /** Keeps what a load found although a change came while it was under way. */
  readonly keepsEveryLoad?: boolean;
  /** Keeps copies after its own changes. */
  readonly forgetsNothing?: boolean;
  /** Does not listen to the reports of the store. */
  readonly isDeaf?: boolean;
  /** Answers every load from a copy, and forgets none after a conflict. */
  readonly ignoresTerms?: boolean;
}

/** Makes a cache that is as simple as possible, with faults. */
const naive = (faults: Faults) => (store: AtomicSessionStore): AtomicSessionStore => {

  const copies = new Map<string, FoundSession>();
  let changes = 0;
  const clear = () => {
    changes++;
    copies.clear();
  };
  if (!faults.isDeaf) store.watch?.(clear);
  const changing = (method: 'update' | 'move' | 'end' | 'touch') => async (...args: unknown[]) => {
    const answer = await (store[method] as (...args: unknown[]) => unknown)(...args);
    if (!faults.forgetsNothing && !(faults.ignoresTerms && answer === 'conflict')) clear();
    return answer as never;
  };
  return wrapStore(store, () => ({
    async load(id: string, terms?: LoadTerms) {
      const copy = terms?.mayBeCached || faults.ignoresTerms ? copies.get(id) : undefined;
      if (copy) return copy;
      const before = changes;
      const found = await store.load(id);
      if (found?.status === 'live' && (faults.keepsEveryLoad || changes === before)) copies.set(id, found);
      return found;
    },
    update: changing('update'),
    move: changing('move'),
    end: changing('end'),
    touch: changing('touch'),
  }));

};

/** Caches that break one rule each, and one that breaks none. */
export const BROKEN_CACHES: { readonly [sentence: string]: (store: AtomicSessionStore) => AtomicSessionStore } = {
  'keeps what a load found that was under way during a change': naive({ keepsEveryLoad: true }),
  'keeps copies after its own changes': naive({ forgetsNothing: true }),
  'does not listen to reports': naive({ isDeaf: true }),
  'answers a load after a conflict from a copy': naive({ ignoresTerms: true }),
};

export const NAIVE_CACHE = naive({});
