import { known, show, wrong } from '../base/option-checks.js';
import type { AtomicSessionStore, SessionStore } from '../base/store.js';
import { CONTRACT_NAMES, checkedStore, STORE_NAMES } from './checked-store.js';
import { overlay } from './overlay.js';

/** An atomic store around another, with all members of the other. */
export type WrappedStore<Store extends SessionStore> = AtomicSessionStore & {
  readonly [Name in keyof Store]: Name extends keyof AtomicSessionStore ? Required<AtomicSessionStore>[Name] : Store[Name];
};

/** The members that are no methods. */
const FLAGS = ['touchIsFree', 'keepsInfo', 'uniqueHandles'];

/** The members that a wrapper can replace. */
const REPLACEABLE = CONTRACT_NAMES.filter(name => name !== 'atomic');

/**
 * Makes a store around another. It replaces some methods of the atomic contract,
 * and passes everything else on, also members that are not in the contract.
 *
 * A replacement of a method that the inner store lacks is left out, so the wrapper
 * can do what the inner store can do. A store with four methods is adapted to the
 * atomic contract first, as the middleware adapts it.
 *
 * @param replace returns the replacements, which call the inner store for what they
 *   replace. A method that the inner store lacks is undefined, whatever its type says
 * @throws {TypeError} if the store lacks a method that it must have, or if a
 *   replacement is not in the contract
 */
export function wrapStore<Store extends SessionStore>(
  store: Store, replace: (inner: Required<AtomicSessionStore>) => Partial<Omit<AtomicSessionStore, 'atomic'>>,
): WrappedStore<Store> {

  const inner = checkedStore(store) as Required<AtomicSessionStore>;
  if (typeof replace !== 'function') throw wrong('replace', replace, 'must be a function that returns the replacements');
  const replacements = checkedReplacements(replace(inner));
  return overlay(inner, replacements, { atomic: true }, STORE_NAMES) as AtomicSessionStore as WrappedStore<Store>;

}

/** @throws {TypeError} for what would never be called */
function checkedReplacements<Replacements extends object>(given: Replacements): Replacements {

  // The methods of a class are not its own, and would be passed over.
  if (given === null || ![Object.prototype, null].includes(Object.getPrototypeOf(Object(given)))) throw new TypeError(`replace returned ${show(given)}: it must return a plain object of methods`);
  known('replacement', given, REPLACEABLE);
  for (const [name, member] of Object.entries(given)) {
    if (typeof member === 'function' || member === undefined || (typeof member === 'boolean' && FLAGS.includes(name))) continue;
    throw wrong(`replacement ${name}`, member, FLAGS.includes(name) ? 'must be true or false' : 'must be a function');
  }
  return given;

}
