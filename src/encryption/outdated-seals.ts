import type { SessionAbout, SessionTexts } from '../base/store.js';
import { withSeal } from './about-seal.js';
import type { SessionKeys } from './session-keys.js';

/** The number of sessions that are remembered. */
const MOST = 10_000;

/**
 * Sessions whose seal was made with an older key of the application: their next
 * change makes it anew, so that the older key is not needed for longer than it is
 * for the values. What a session is does not change while it has its id.
 */
export class OutdatedSeals {

  readonly #abouts = new Map<string, SessionAbout | undefined>();

  add({ storedId }: SessionKeys, about: SessionAbout | undefined): void {

    this.#abouts.delete(storedId);
    this.#abouts.set(storedId, about);
    if (this.#abouts.size > MOST) this.#abouts.delete(this.#abouts.keys().next().value as string);

  }

  delete({ storedId }: SessionKeys): void {

    this.#abouts.delete(storedId);

  }

  /** Sealed texts of a change, with a new seal if the session's is outdated. */
  renewedIn(texts: SessionTexts, keys: SessionKeys): SessionTexts {

    return this.#abouts.has(keys.storedId) ? withSeal(texts, this.#abouts.get(keys.storedId), keys) : texts;

  }

}
