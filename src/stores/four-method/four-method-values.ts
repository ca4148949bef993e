import { SessionValueError } from '../../base/errors.js';
import type { SessionChange, SessionTexts, SessionValues, StoredInfo } from '../../base/store.js';
import { isTooLarge, sizeOf } from '../../values/session-size.js';
import { fromText, toTexts } from '../../values/session-values.js';
import { setOwn } from '../../values/set-own.js';
import { infoList, toInfo } from '../shared/info.js';
import { unreadable } from '../shared/unreadable.js';

/*
 * What a store of four methods holds for a session: its values, with its info
 * among them.
 */

/** The key of the info among a session's values. The application can't have this key. */
export const INFO_KEY = '@curveball/session';

/** The value of that key in a session that has no other: a store of four methods may take an empty record for a missing one. */
const EMPTIED = false;

/** Whether stored values are a session: an empty record counts as missing. */
export function isSession(values: SessionValues, texts: SessionTexts): boolean {

  return texts.size > 0 || Object.hasOwn(values, INFO_KEY);

}

/** Whether a change makes a session larger than it may be. */
export function isLarger(before: SessionValues, after: SessionValues, maxBytes = Infinity): boolean {

  if (maxBytes === Infinity) return false;
  const texts = storedTexts(after);
  return sizeOf(texts) > maxBytes && isTooLarge(storedTexts(before), texts, maxBytes);

}

/**
 * Finds the info among stored values.
 *
 * @throws {SessionStoreError} for anything else in its place: without its deadline and user, a session must not live
 */
export function storedInfo(values: SessionValues): StoredInfo | undefined {

  if (!Object.hasOwn(values, INFO_KEY)) return undefined;
  if (values[INFO_KEY] === EMPTIED && Object.keys(values).length === 1) return undefined;
  const info = toInfo(values[INFO_KEY]);
  if (!info) throw unreadable();
  return info;

}

/** Turns stored values into a session's texts. */
export function storedTexts(values: SessionValues): SessionTexts {

  const own = Object.hasOwn(values, INFO_KEY) ? withInfo(values, undefined) : values;
  try {
    return toTexts(own);
  } catch {
    return textsOfObjects(own);
  }

}

/** Whether an application can store these values. */
export function isStorable(values: SessionValues): boolean {

  try {
    toTexts(values);
    return true;
  } catch {
    return false;
  }

}

/** Returns the same values, with another info or none. */
export function withInfo(values: SessionValues, info: StoredInfo | undefined): SessionValues {

  const result = { ...values };
  delete result[INFO_KEY];
  if (info) result[INFO_KEY] = infoList(info);
  return result;

}

/**
 * Returns the stored values after a change; the info stays.
 *
 * @throws {SessionValueError} for a key that the application can't have
 */
export function changed(values: SessionValues, { set, unset }: SessionChange): SessionValues {

  if (set.has(INFO_KEY)) throw new SessionValueError(`session[${JSON.stringify(INFO_KEY)}]`, 'has a name that is reserved for the store');
  const result = withInfo(values, undefined);
  for (const key of unset) delete result[key];
  for (const [key, text] of set) setOwn(result, key, fromText(text));
  const info = storedInfo(values);
  if (Object.keys(result).length === 0 && !info) return { [INFO_KEY]: EMPTIED };
  return withInfo(result, info);

}

/** Equal texts are equal data. */
export function versionOf(texts: SessionTexts): string {

  return JSON.stringify([...texts]);

}

// Values that another program stored are read as JSON: a date or object id of a
// store's own class becomes the answer of its toJSON().
function textsOfObjects(values: SessionValues): SessionTexts {

  const texts = new Map<string, string>();
  for (const key of Object.keys(values)) {
    const text: string | undefined = JSON.stringify(values[key]);
    if (text !== undefined) texts.set(key, text);
  }
  return texts;

}
