import { createHash } from 'node:crypto';
import { SessionStoreError, SessionValueError } from '../base/errors.js';
import type { Becoming, SessionAbout, SessionTexts } from '../base/store.js';
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
export function withSeal(texts: SessionTexts, about: SessionAbout | undefined, keys: SessionKeys): SessionTexts {

  return new Map(texts).set(SEAL, sealText('', { name: SEAL, about: digest(about) }, keys));

}

/** @throws {SessionStoreError} where texts lack the seal of this session */
export function checkSeal(texts: SessionTexts, about: SessionAbout | undefined, keys: SessionKeys): void {

  const seal = texts.get(SEAL);
  if (seal === undefined) throw unopened('the seal of what the session is was removed, or never made');
  openText(seal, { name: SEAL, about: digest(about) }, keys);

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
export function becomingSealed(becoming: Becoming, former?: SessionKeys): Becoming {

  const { user, details } = becoming.about;
  const seal = former ? JSON.parse(sealText('', { name: FORMER, about: digest(becoming.about) }, former)) : '';
  return {
    about: { user, details: `${seal}|${details}` },
    get underWay() {
      return becoming.underWay;
    },
  };

}

/** The user and details in a stored record, without the seal. Only the seals prove that they are true. */
export function plainAbout({ user, details }: SessionAbout): SessionAbout {

  return { user, details: plainDetails(details) };

}

export function plainDetails(details: string): string {

  return details.replace(FORMER_SEAL, '');

}

/** The current state of a moved session, for a request with its former id; nothing if that can't be known for certain. */
export function aboutOfMoved(stored: SessionAbout, former: SessionKeys): SessionAbout | undefined {

  const seal = FORMER_SEAL.exec(stored.details)?.[1];
  if (!seal) return undefined;
  const about = plainAbout(stored);
  try {
    openText(`"${seal}"`, { name: FORMER, about: digest(about) }, former);
    return about;
  } catch (error) {
    if (error instanceof SessionStoreError) return undefined;
    throw error;
  }

}

/** A property, where there is something for it. */
export function optional(about: SessionAbout | undefined): { about?: SessionAbout } {

  return about ? { about } : {};

}

/** Equal only for what is equal; empty for a session that is nothing beside its values. */
function digest(about: SessionAbout | undefined): Buffer {

  if (about === undefined) return Buffer.alloc(0);
  const { user, details } = about;
  const parts = [Buffer.from(details, 'utf16le')];
  if (user !== null) parts.push(Buffer.from(user, 'utf16le'));
  return createHash('sha256').update(withLengths(parts)).digest();

}
