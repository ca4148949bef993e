import { known } from '../base/option-checks.js';
import type { AtomicSessionStore, SessionStore } from '../base/store.js';
import { CONTRACT_NAMES, checkedStore } from './checked-store.js';
import { overlay } from './overlay.js';

/** A store around another: an atomic one, with whatever the other has. */
export type WrappedStore<Store extends SessionStore> = AtomicSessionStore & {
  readonly [Name in keyof Store]: Name extends keyof AtomicSessionStore ? Required<AtomicSessionStore>[Name] : Store[Name];
};

/** The members that a wrapper can replace. */
const REPLACEABLE = CONTRACT_NAMES.filter(name => name !== 'atomic');

/**
 * Makes a store around another. It replaces some methods of the atomic contract,
 * and passes everything else on, also what is not in the contract.
 *
 * A replacement of a method that the inner store lacks is left out: the wrapper
 * can do what the inner store can. One with four methods is adapted to the atomic
 * contract first, as the middleware does it.
 *
 * @param replace returns the replacements. It is given the inner store, on which
 *   they call what they replace; what the inner store lacks is undefined there
 * @throws {TypeError} for what is no store, and for a replacement that is not in the contract
 */
export function wrapStore<Store extends SessionStore>(
  store: Store, replace: (inner: Required<AtomicSessionStore>) => Partial<Omit<AtomicSessionStore, 'atomic'>>,
): WrappedStore<Store> {

  const inner = checkedStore(store) as Required<AtomicSessionStore>;
  const replacements = replace(inner);
  known('replacement', replacements, REPLACEABLE);
  return overlay(inner, replacements, { atomic: true }) as AtomicSessionStore as WrappedStore<Store>;

}
