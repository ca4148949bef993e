import { parseJson } from '../../values/parse-json.js';
import type { SessionChange, SessionTexts } from '../../store.js';
import { packKey, unpackKey } from './packed-texts.js';

/*
 * A session's texts as one JSON object whose values are texts. Engines that know
 * JSON merge such objects exactly: they never see a number, a nested value or a
 * character that they would change. Keys are escaped once more than JSON asks
 * for, since some engines refuse U+0000 and lone surrogates in a name.
 */

/** Writes texts as a JSON object. */
export function toJson(texts: SessionTexts): string {

  let json = '';
  for (const [key, text] of texts) json += `${json && ','}${JSON.stringify(packKey(key))}:${JSON.stringify(text)}`;
  return `{${json}}`;

}

/** Writes a change as a JSON merge patch (RFC 7396): `null` for a key that goes. */
export function toPatch({ set, unset }: SessionChange): string {

  let json = toJson(set).slice(1, -1);
  for (const key of unset) json += `${json && ','}${JSON.stringify(packKey(key))}:null`;
  return `{${json}}`;

}

/** The names under which keys stand in the object. */
export function toNames(keys: readonly string[]): string[] {

  return keys.map(packKey);

}

/** Reads what {@link toJson} wrote; `null` where it is something else. */
export function fromJson(json: string): Map<string, string> | null {

  const texts = new Map<string, string>();
  try {
    const object = parseNamed(json);
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return null;
    for (const name of Object.keys(object)) {
      const text: unknown = (object as Record<string, unknown>)[name];
      if (typeof text !== 'string') return null;
      texts.set(unpackKey(name), text);
    }
    return texts;
  } catch {
    return null;
  }

}

/** `parseJson()` looks at each string for keys that `JSON.parse()` may misread, which takes longer than reading them. */
function parseNamed(json: string): unknown {

  const value = JSON.parse(json);
  // What is misread has a backslash, before and after.
  return Object.keys(value).some(name => name.includes('\\')) ? parseJson(json) : value;

}
