import type { ExpiredSession, FoundSession, LiveSession, RetiredSession, SessionChange, SessionTexts, StoredInfo } from '../base/store.js';
import {
  checkNames, checkSeal, infoOfMoved, isOutdated, openValues, optional, plainInfo, withSeal,
} from './info-seal.js';
import { OutdatedSeals } from './outdated-seals.js';
import { sealTexts } from './sealed-text.js';
import type { SessionKeys } from './session-keys.js';

/** Seals and opens sessions: their values, and the seal that proves their info. */
export class SessionSeals {

  readonly #keepsInfo: boolean;
  readonly #outdated = new OutdatedSeals();

  /** @param keepsInfo whether the store returns a session's info */
  constructor(keepsInfo: boolean) {
    this.#keepsInfo = keepsInfo;
  }

  /**
   * Seals all values of a session.
   *
   * @throws {SessionValueError} for a key that the application can't have
   */
  sealed(texts: SessionTexts, info: StoredInfo | undefined, keys: SessionKeys): SessionTexts {

    checkNames(texts);
    return withSeal(sealTexts(texts, keys), this.#kept(info), keys);

  }

  /**
   * Seals a change. Adds a new seal of the session's info if the old one is outdated.
   *
   * @throws {SessionValueError} for a key that the application can't have
   */
  sealedChange({ set, unset }: SessionChange, keys: SessionKeys): SessionChange {

    checkNames(set, unset);
    return { set: this.#outdated.renewedIn(sealTexts(set, keys), keys), unset };

  }

  /** Records that a sealed change was stored. */
  changed(keys: SessionKeys): void {
    this.#outdated.delete(keys);
  }

  /**
   * Opens a session.
   *
   * @throws {SessionStoreError} if it was not sealed, or not for this id
   */
  opened(found: LiveSession, keys: SessionKeys): LiveSession {

    const info = found.info && plainInfo(found.info);
    checkSeal(found.texts, this.#kept(info), keys);
    if (isOutdated(found.texts, keys)) this.#outdated.add(keys, this.#kept(info));
    return { ...found, ...optional(info), texts: openValues(found.texts, keys) };

  }

  /** Opens what the store remembers of a session that is not live. */
  openedMark(found: RetiredSession | ExpiredSession, keys: SessionKeys): FoundSession {

    if (found.status === 'expired') return { status: found.status, ...optional(found.info && plainInfo(found.info)) };
    const { status, moved, reason } = found;
    return { status, moved, ...optional(found.info && infoOfMoved(found.info, keys)), ...(reason && { reason }) };

  }

  #kept(info: StoredInfo | undefined): StoredInfo | undefined {
    return this.#keepsInfo ? info : undefined;
  }

}
