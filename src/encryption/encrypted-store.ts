import { type EncryptionOptions, encryptionSettings } from './encryption-options.js';
import { SealingStore } from './sealing-store.js';
import { type AtomicSessionStore, isIndexing, type SessionStore } from '../base/store.js';
import { checkedStore } from '../wrapping/checked-store.js';

export type { EncryptionOptions } from './encryption-options.js';
export type { EncryptionKey } from './key-ring.js';

/** What stores have beside the contract, and a store around them passes on. */
const HOUSEKEEPING = ['setup', 'gc', 'scheduleGc', 'close'] as const;

/** What a store need not have, and one around it has then neither. */
const OPTIONAL = ['move', 'take', 'sessionsOf', 'infoByHandle', 'endSessionsOf', 'endAllSessions'] as const;

/** A store around another, with the other's housekeeping. */
export type EncryptedStore<Store extends SessionStore> =
  AtomicSessionStore & Pick<Store, Extract<keyof Store, typeof HOUSEKEEPING[number]>>;

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

  const inner = checkedStore(store);
  const sealing = new SealingStore(inner as Required<AtomicSessionStore>, encryptionSettings(options));
  checkIds(inner, sealing);
  for (const name of OPTIONAL) {
    if (typeof inner[name] !== 'function') Object.assign(sealing, { [name]: undefined });
  }
  for (const name of HOUSEKEEPING) {
    const method: unknown = (store as Partial<Record<typeof name, unknown>>)[name];
    if (typeof method === 'function') Object.assign(sealing, { [name]: method.bind(store) });
  }
  return sealing as AtomicSessionStore as EncryptedStore<Store>;

}

/** Tries out whether a store takes ids that it has not made, and sees which two belong to one session. */
function checkIds(inner: AtomicSessionStore, sealing: SealingStore): void {

  const id = sealing.newSessionId();
  const stored = [id, sealing.newSessionId(id)].map(each => sealing.storedIdOf(each));
  if (inner.isSessionId && !stored.every(each => inner.isSessionId?.(each))) {
    throw new TypeError('The store can\'t be encrypted: its isSessionId() refuses ids of 59 letters and digits');
  }
  if (isIndexing(inner) && new Set(stored.map(each => inner.handleOf(each))).size > 1) {
    throw new TypeError('The store can\'t be encrypted: its handleOf() must depend on the first 16 characters of an id alone');
  }

}
