import { type AtomicSessionStore, isIndexing, type SessionStore } from '../base/store.js';
import { isStoredId, newStoredId } from '../id/stored-id.js';
import { checkedStore, KEEPS_ONLY_VALUES, STORE_NAMES } from '../wrapping/checked-store.js';
import { overlay } from '../wrapping/overlay.js';
import type { WrappedStore } from '../wrapping/wrap-store.js';
import { type EncryptionOptions, encryptionSettings } from './encryption-options.js';
import { sealedMethods } from './sealed-methods.js';
import { handleIn, storedIdOf } from './session-keys.js';

export type { EncryptionOptions } from './encryption-options.js';
export type { EncryptionKey } from './key-ring.js';

/** An atomic store around another, with all members of the other. */
export type EncryptedStore<Store extends SessionStore> = WrappedStore<Store>;

/**
 * Makes a store around another that seals what the other keeps. The other gets
 * neither ids nor values, and nothing that it holds opens a session. Names of keys,
 * users, details and times stay readable: docs/encryption.md lists who can read what.
 *
 * @param store any store. Its `move`, if it has one, must check the `version`.
 *   Otherwise changes are lost that other requests make during a move
 * @throws {TypeError} for a wrong option, or for a store that accepts only ids that
 *   it made itself
 */
export function encrypted<Store extends SessionStore>(
  store: Store, options: EncryptionOptions = {},
): EncryptedStore<Store> {

  const inner = checkedStore(store) as Required<AtomicSessionStore>;
  const sealed = sealedMethods(inner, encryptionSettings(options));
  checkIds(inner);
  const own = {
    atomic: true,
    touchIsFree: inner.touchIsFree === true,
    keepsInfo: inner.keepsInfo === true,
    isSessionId: isStoredId,
    /** The handle in the lists of the store, or else the public part of the id. */
    handleOf: (id: string) => isIndexing(inner) ? inner.handleOf(storedIdOf(id)) : handleIn(storedIdOf(id)),
    [KEEPS_ONLY_VALUES]: false,
  };
  return overlay(inner, sealed, own, STORE_NAMES) as AtomicSessionStore as EncryptedStore<Store>;

}

/** Tries out whether a store accepts ids that it has not made, and gives one handle to two ids of one session. */
function checkIds(inner: AtomicSessionStore): void {

  const id = newStoredId();
  const stored = [id, newStoredId(id)].map(storedIdOf);
  if (inner.isSessionId && !stored.every(each => inner.isSessionId?.(each))) {
    throw new TypeError('The store can\'t be encrypted: its isSessionId() refuses ids of 59 letters and digits');
  }
  if (isIndexing(inner) && new Set(stored.map(each => inner.handleOf(each))).size > 1) {
    throw new TypeError('The store can\'t be encrypted: its handleOf() must depend on the first 16 characters of an id alone');
  }

}
