import { type AtomicSessionStore, isIndexing, type SessionStore } from '../base/store.js';
import { isStoredId, newStoredId } from '../id/stored-id.js';
import { checkedStore } from '../wrapping/checked-store.js';
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
 * Seals what a store keeps: it gets neither ids nor values, and nothing that it
 * holds opens a session. Names of keys, users, details and times stay readable;
 * docs/encryption.md says what is protected from whom.
 *
 * @param store any store. Its `move`, if it has one, must heed the `version`, or
 *   a change is lost that comes while a session gets a new id
 * @throws {TypeError} for a wrong option, or a store that can't have ids of others
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
    /** As the store lists it, or else the public part of the id. */
    handleOf: (id: string) => isIndexing(inner) ? inner.handleOf(storedIdOf(id)) : handleIn(storedIdOf(id)),
    keepsOnlyValues: false,
  };
  return overlay(inner, sealed, own) as AtomicSessionStore as EncryptedStore<Store>;

}

/** Tries out whether a store takes ids that it has not made, and sees which two belong to one session. */
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
