import type { StoredInfo, SessionTexts } from '../base/store.js';
import { withSeal } from './info-seal.js';
import type { SessionKeys } from './session-keys.js';

/** The number of sessions that are remembered. */
const MOST = 10_000;

/**
 * Sessions whose seal was made with an older key of the application: their next
 * change makes it anew, so that the older key is not needed for longer than it is
 * for the values. What a session is does not change while it has its id.
 */
export class OutdatedSeals {

  readonly #infos = new Map<string, StoredInfo | undefined>();

  add({ storedId }: SessionKeys, info: StoredInfo | undefined): void {

    this.#infos.delete(storedId);
    this.#infos.set(storedId, info);
    if (this.#infos.size > MOST) this.#infos.delete(this.#infos.keys().next().value as string);

  }

  delete({ storedId }: SessionKeys): void {

    this.#infos.delete(storedId);

  }

  /** Sealed texts of a change, with a new seal if the session's is outdated. */
  renewedIn(texts: SessionTexts, keys: SessionKeys): SessionTexts {

    return this.#infos.has(keys.storedId) ? withSeal(texts, this.#infos.get(keys.storedId), keys) : texts;

  }

}
