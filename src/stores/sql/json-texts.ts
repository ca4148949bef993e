import type { SessionChange, SessionTexts } from '../../base/store.js';
import { parseJson } from '../../values/parse-json.js';
import { isAscii, toAscii } from '../shared/ascii.js';
import { packKey, unpackKey } from '../shared/packed-texts.js';

/*
 * A session's texts as one JSON object whose values are texts. Engines that know
 * JSON merge such objects exactly: they never see a number, a nested value or a
 * character that they would change.
 *
 * All of it is ASCII: the character set of a connection or a database can't change
 * the meaning of a text, nor turn a letter into a quote. Other characters are
 * escaped in the texts themselves, which are JSON, and in the keys, which are
 * escaped as in JSON. So an engine that decodes the object still finds ASCII.
 */

/** Writes texts as a JSON object. */
export function toJson(texts: SessionTexts): string {

  let json = '';
  for (const [key, text] of texts) json += `${json && ','}${JSON.stringify(nameOf(key))}:${JSON.stringify(toAscii(text))}`;
  return `{${json}}`;

}

/**
 * Writes a change as a JSON merge patch (RFC 7396): `null` for a key that is removed.
 *
 * @param withFormer whether to remove the names, too, from before all was ASCII
 */
export function toPatch({ set, unset }: SessionChange, withFormer: boolean): string {

  const json = toJson(set);
  if (unset.length === 0) return json;
  const names = unset.map(nameOf);
  if (withFormer) names.push(...unset.map(packKey).filter(name => !isAscii(name)));
  const nulls = names.map(name => `${toAscii(JSON.stringify(name))}:null`).join(',');
  return set.size === 0 ? `{${nulls}}` : `${json.slice(0, -1)},${nulls}}`;

}

/** Reads what {@link toJson} wrote, now or before all was ASCII; `null` for any other text. */
export function fromJson(json: string): Map<string, string> | null {

  const texts = new Map<string, string>();
  try {
    const object = parseNamed(json);
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return null;
    for (const name of Object.keys(object)) {
      const text: unknown = (object as Record<string, unknown>)[name];
      if (typeof text !== 'string') return null;
      const key = unpackKey(name);
      // A key that has been set since has both of its names in the object.
      if (isAscii(name) || !texts.has(key)) texts.set(key, fromAscii(text));
    }
    return texts;
  } catch {
    return null;
  }

}

/** `parseJson()` searches each string for keys that `JSON.parse()` may misread, which takes longer than parsing. */
function parseNamed(json: string): unknown {

  const value = JSON.parse(json);
  // A key that is misread has a backslash, before and after.
  return Object.keys(value).some(name => name.includes('\\')) ? parseJson(json) : value;

}

/** Escaped once more than JSON requires, since some engines refuse U+0000 and lone surrogates in a name. */
function nameOf(key: string): string {

  return toAscii(packKey(key));

}

/** A surrogate pair, any other code unit, or any other escape: a backslash that is escaped begins nothing. */
const ESCAPES = /\\(?:u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})|u([\da-f]{4})|[^u])/gi;

/** Undoes {@link toAscii}. `JSON.stringify()` itself escapes only ASCII and lone surrogates so. */
function fromAscii(text: string): string {

  if (!text.includes('\\u')) return text;
  return text.replace(ESCAPES, (escaped: string, high?: string, low?: string, unit?: string) => {
    if (high && low) return String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16));
    const code = unit === undefined ? 0 : Number.parseInt(unit, 16);
    return code < 0x7f || (code >= 0xd800 && code <= 0xdfff) ? escaped : String.fromCharCode(code);
  });

}
