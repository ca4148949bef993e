import { merge } from '../../session-change.js';
import type { SessionChange, SessionTexts } from '../../store.js';

/*
 * A session's texts as one string: a line for each key, `key TAB text`, and a
 * line break before and after each. JSON text holds neither a tab nor a line
 * break of its own, so both are free to separate; a key is written as in JSON,
 * without its quotes.
 */

/** What no texts at all are packed into. */
export const EMPTY = '\n';

/** What must be escaped in a key: what JSON escapes, and nothing else. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Packs texts into one flat string; two equal records may pack differently. */
export function pack(texts: SessionTexts): string {

  const lines = [''];
  for (const [key, text] of texts) lines.push(`${packKey(key)}\t${text}`);
  lines.push('');
  return joined(lines);

}

export function unpack(packed: string): Map<string, string> {

  const texts = new Map<string, string>();
  let start = 1;
  while (start < packed.length) {
    const tab = packed.indexOf('\t', start);
    const end = packed.indexOf('\n', tab);
    texts.set(unpackKey(packed.slice(start, tab)), packed.slice(tab + 1, end));
    start = end + 1;
  }
  return texts;

}

/** Each key that changes is looked for in the whole string: more than a few are found faster in a map. */
const FEW = 8;

/** Merges a change into packed texts: a new text stands where the old one stood, or else at the end. */
export function repack(packed: string, change: SessionChange): string {

  const { set, unset } = change;
  if (set.size + unset.length > FEW) return pack(merge(unpack(packed), change));
  let result = packed;
  for (const key of unset) result = withLines(result, packKey(key), []);
  for (const [key, text] of set) {
    const packedKey = packKey(key);
    result = withLines(result, packedKey, [`${packedKey}\t${text}`]);
  }
  return result;

}

/** Puts other lines, or none, into the place of a key's line. */
function withLines(packed: string, key: string, lines: readonly string[]): string {

  const start = packed.indexOf(`\n${key}\t`);
  if (start === -1) return joined([packed.slice(0, -1), ...lines, '']);
  const end = packed.indexOf('\n', start + 1);
  return joined([packed.slice(0, start), ...lines, packed.slice(end + 1)]);

}

/** A join makes a flat string, where a sum would keep its pieces in memory. */
function joined(lines: readonly string[]): string {

  return lines.join('\n');

}

function packKey(key: string): string {

  return ESCAPED.test(key) ? JSON.stringify(key).slice(1, -1) : key;

}

function unpackKey(key: string): string {

  return key.includes('\\') ? JSON.parse(`"${key}"`) : key;

}
