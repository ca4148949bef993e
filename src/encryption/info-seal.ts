import { createHash } from 'node:crypto';
import { SessionStoreError, SessionValueError } from '../base/errors.js';
import type { NewInfo, SessionTexts, StoredInfo } from '../base/store.js';
import { keyNameOf, openText, sealText, unopened, withLengths } from './sealed-text.js';
import type { SessionKeys } from './session-keys.js';

/*
 * A session's info stays readable, because stores index it. Two seals prove it. One
 * is for the session's own id, in a text beside the values that is never missing.
 * The other is for the former id and precedes the details, because the mark of a
 * moved session has no texts.
 */

/** The name of the text with the seal. The application can't have a key of this name. */
const SEAL = '@curveball/session seal';

/** In place of that name, for the seal of the former id. */
const FORMER = '@curveball/session former';

/** The seal that precedes the details. It is empty if there is no former id. */
const FORMER_SEAL = /^([\w-]*)\|/;

/** Adds the seal of a session's info to sealed texts. */
export function withSeal(texts: SessionTexts, info: StoredInfo | undefined, keys: SessionKeys): SessionTexts {

  return new Map(texts).set(SEAL, sealText('', { name: SEAL, info: digest(info) }, keys));

}

/** @throws {SessionStoreError} if texts lack the seal of this session and info */
export function checkSeal(texts: SessionTexts, info: StoredInfo | undefined, keys: SessionKeys): void {

  const seal = texts.get(SEAL);
  if (seal === undefined) throw unopened('the seal of the session\'s info was removed, or never made');
  openText(seal, { name: SEAL, info: digest(info) }, keys);

}

/**
 * Refuses texts that were never sealed: no request could read them.
 *
 * @throws {TypeError}
 */
export function checkSealed(texts: SessionTexts): void {

  if (!texts.has(SEAL)) throw new TypeError('The record is not sealed, so it must not be put into an encrypted store: only what another one returned can be');

}

/** Opens all texts but the seal. */
export function openValues(texts: SessionTexts, keys: SessionKeys): SessionTexts {

  const values = new Map<string, string>();
  for (const [name, text] of texts) if (name !== SEAL) values.set(name, openText(text, { name }, keys));
  return values;

}

/** Says whether the seal was made with another key of the application than the newest. */
export function isOutdated(texts: SessionTexts, { newest }: SessionKeys): boolean {

  return keyNameOf(texts.get(SEAL) ?? '') !== newest;

}

/** @throws {SessionValueError} for a key that the application can't have */
export function checkNames(set: SessionTexts, unset: readonly string[] = []): void {

  if (set.has(SEAL) || unset.includes(SEAL)) throw new SessionValueError(`session[${JSON.stringify(SEAL)}]`, 'has a name that is reserved for encrypted()');

}

/**
 * Adds the seal of the former id to the info that a session gets.
 *
 * @param former the keys of the id that the session has now, if it has one
 */
export function sealedInfo(newInfo: NewInfo, former?: SessionKeys): NewInfo {

  const { user, details } = newInfo.info;
  const seal = former ? JSON.parse(sealText('', { name: FORMER, info: digest(newInfo.info) }, former)) : '';
  return {
    info: { user, details: `${seal}|${details}` },
    get requestAge() {
      return newInfo.requestAge;
    },
  };

}

/** Returns the user and details in a stored record, without the seal. Only the seals prove that they are true. */
export function plainInfo({ user, details }: StoredInfo): StoredInfo {

  return { user, details: plainDetails(details) };

}

/** Removes the seal that precedes the details. */
export function plainDetails(details: string): string {

  return details.replace(FORMER_SEAL, '');

}

/** Returns the info of a moved session, for a request with its former id; nothing if the seal does not prove it. */
export function infoOfMoved(stored: StoredInfo, former: SessionKeys): StoredInfo | undefined {

  const seal = FORMER_SEAL.exec(stored.details)?.[1];
  if (!seal) return undefined;
  const info = plainInfo(stored);
  try {
    openText(`"${seal}"`, { name: FORMER, info: digest(info) }, former);
    return info;
  } catch (error) {
    if (error instanceof SessionStoreError) return undefined;
    throw error;
  }

}

/** Returns an object with the property, if there is info. */
export function optional(info: StoredInfo | undefined): { info?: StoredInfo } {

  return info ? { info } : {};

}

/** Returns bytes that differ for any two infos; none for a session without info. */
function digest(info: StoredInfo | undefined): Buffer {

  if (info === undefined) return Buffer.alloc(0);
  const { user, details } = info;
  const parts = [Buffer.from(details, 'utf16le')];
  if (user !== null) parts.push(Buffer.from(user, 'utf16le'));
  return createHash('sha256').update(withLengths(parts)).digest();

}
