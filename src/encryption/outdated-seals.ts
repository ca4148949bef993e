import type { SessionTexts, StoredInfo } from '../base/store.js';
import { withSeal } from './info-seal.js';
import type { SessionKeys } from './session-keys.js';

/** The most sessions that are remembered. */
const MOST = 10_000;

/**
 * Remembers sessions whose seal was made with an older key of the application.
 * Their next change makes the seal anew, so that the older key is needed no longer
 * for the seal than for the values. A session keeps its info as long as its id.
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

  /** Adds a new seal to the sealed texts of a change, if the session's is outdated. */
  renewedIn(texts: SessionTexts, keys: SessionKeys): SessionTexts {

    return this.#infos.has(keys.storedId) ? withSeal(texts, this.#infos.get(keys.storedId), keys) : texts;

  }

}
