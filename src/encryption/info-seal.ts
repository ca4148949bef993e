import { createHash } from 'node:crypto';
import { SessionStoreError, SessionValueError } from '../base/errors.js';
import type { NewInfo, StoredInfo, SessionTexts } from '../base/store.js';
import { keyNameOf, openText, sealText, unopened, withLengths } from './sealed-text.js';
import type { SessionKeys } from './session-keys.js';

/*
 * What a session is stays readable, because stores index it. So that it can't be
 * altered or made up, it is sealed twice: for the session's own id in a text
 * beside the values, which is never missing, and for the id before it in front of
 * the details, because the mark of a moved session has no texts.
 */

/** The text with the seal. The application can't have a key of this name. */
const SEAL = '@curveball/session seal';

/** Sets the seal for the former id apart from the other. */
const FORMER = '@curveball/session former';

/** The seal in front of the details; empty if there is no former id. */
const FORMER_SEAL = /^([\w-]*)\|/;

/** Texts that are sealed already, with the seal of what their session is. */
export function withSeal(texts: SessionTexts, info: StoredInfo | undefined, keys: SessionKeys): SessionTexts {

  return new Map(texts).set(SEAL, sealText('', { name: SEAL, info: digest(info) }, keys));

}

/** @throws {SessionStoreError} where texts lack the seal of this session */
export function checkSeal(texts: SessionTexts, info: StoredInfo | undefined, keys: SessionKeys): void {

  const seal = texts.get(SEAL);
  if (seal === undefined) throw unopened('the seal of what the session is was removed, or never made');
  openText(seal, { name: SEAL, info: digest(info) }, keys);

}

/** Opens all texts but the seal. */
export function openValues(texts: SessionTexts, keys: SessionKeys): SessionTexts {

  const values = new Map<string, string>();
  for (const [name, text] of texts) if (name !== SEAL) values.set(name, openText(text, { name }, keys));
  return values;

}

/** Whether the seal was made with another key of the application than the newest. */
export function isOutdated(texts: SessionTexts, { newest }: SessionKeys): boolean {

  return keyNameOf(texts.get(SEAL) ?? '') !== newest;

}

/** @throws {SessionValueError} for a key that the application can't have */
export function checkNames(set: SessionTexts, unset: readonly string[] = []): void {

  if (set.has(SEAL) || unset.includes(SEAL)) throw new SessionValueError(`session[${JSON.stringify(SEAL)}]`, 'has a name that encrypted() needs for itself');

}

/**
 * What a session becomes, as the store around which this is gets it.
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

/** The user and details in a stored record, without the seal. Only the seals prove that they are true. */
export function plainInfo({ user, details }: StoredInfo): StoredInfo {

  return { user, details: plainDetails(details) };

}

export function plainDetails(details: string): string {

  return details.replace(FORMER_SEAL, '');

}

/** The current state of a moved session, for a request with its former id; nothing if that can't be known for certain. */
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

/** A property, where there is something for it. */
export function optional(info: StoredInfo | undefined): { info?: StoredInfo } {

  return info ? { info } : {};

}

/** Equal only for what is equal; empty for a session that is nothing beside its values. */
function digest(info: StoredInfo | undefined): Buffer {

  if (info === undefined) return Buffer.alloc(0);
  const { user, details } = info;
  const parts = [Buffer.from(details, 'utf16le')];
  if (user !== null) parts.push(Buffer.from(user, 'utf16le'));
  return createHash('sha256').update(withLengths(parts)).digest();

}
