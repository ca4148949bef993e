import { SessionValueError } from '../../base/errors.js';
import { fromText, toTexts } from '../../values/session-values.js';
import { setOwn } from '../../values/set-own.js';
import type { StoredInfo, SessionChange, SessionTexts, SessionValues } from '../../base/store.js';
import { isTooLarge, sizeOf } from '../../values/texts-size.js';
import { infoList, toInfo } from '../shared/info.js';
import { unreadable } from '../shared/unreadable.js';

/*
 * What a store of four methods holds for a session: its values, and among them
 * what it is.
 */

/** The key among a session's values that the application can't have: what the session is stands there. */
export const INFO_KEY = '@curveball/session';

/** Stands there for a session that has nothing else: to a store of four methods, an empty record may be one that never was. */
const EMPTIED = false;

/** Whether stored values are a session: an empty record counts as none. */
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
 * What a session is, of its stored values; nothing where they do not say.
 *
 * @throws {SessionStoreError} where something else stands in that place: without its deadline and user, a session must not live
 */
export function storedInfo(values: SessionValues): StoredInfo | undefined {

  if (!Object.hasOwn(values, INFO_KEY)) return undefined;
  if (values[INFO_KEY] === EMPTIED && Object.keys(values).length === 1) return undefined;
  const info = toInfo(values[INFO_KEY]);
  if (!info) throw unreadable();
  return info;

}

/** A session's texts, of its stored values. */
export function storedTexts(values: SessionValues): SessionTexts {

  const own = Object.hasOwn(values, INFO_KEY) ? withInfo(values, undefined) : values;
  try {
    return toTexts(own);
  } catch {
    return textsOfObjects(own);
  }

}

/** Whether values are what an application can store. */
export function isStorable(values: SessionValues): boolean {

  try {
    toTexts(values);
    return true;
  } catch {
    return false;
  }

}

/** The same values, with what the session is. */
export function withInfo(values: SessionValues, info: StoredInfo | undefined): SessionValues {

  const result = { ...values };
  delete result[INFO_KEY];
  if (info) result[INFO_KEY] = infoList(info);
  return result;

}

/**
 * The stored values after a change; what the session is stays.
 *
 * @throws {SessionValueError} for a key that the application can't have
 */
export function changed(values: SessionValues, { set, unset }: SessionChange): SessionValues {

  if (set.has(INFO_KEY)) throw new SessionValueError(`session[${JSON.stringify(INFO_KEY)}]`, 'has a name that the store needs for itself');
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

// Values that another program stored are taken as JSON takes them: a store's own
// date or object-id class becomes what its toJSON() says.
function textsOfObjects(values: SessionValues): SessionTexts {

  const texts = new Map<string, string>();
  for (const key of Object.keys(values)) {
    const text: string | undefined = JSON.stringify(values[key]);
    if (text !== undefined) texts.set(key, text);
  }
  return texts;

}
