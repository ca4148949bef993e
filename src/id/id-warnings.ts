import { warnOnce } from '../base/warnings.js';

/** Characters for 128 bits in base64, the densest form that ids have. */
const SHORTEST = 22;

/**
 * Warns of a store whose ids could be guessed (OWASP ASVS 5.0, 7.2.3). It sees
 * only short and repeated ids: others may be guessable, too.
 */
export class IdWarnings {

  #last: unknown;

  /** @returns the id */
  check<T>(id: T): T {

    if (typeof id === 'string' && id.length < SHORTEST) {
      warnOnce('SESSION_ID_SHORT', `newSessionId() of the session store returned an id of fewer than ${SHORTEST} characters: it can't have the 128 bits that keep it from being guessed`);
    }
    if (id === this.#last) {
      warnOnce('SESSION_ID_REPEATED', 'newSessionId() of the session store returned the same id twice: an id must be new and random');
    }
    this.#last = id;
    return id;

  }

}
