import type { SessionTexts } from '../../store.js';

/*
 * A session's texts as one string: a line for each key, `key TAB text`. JSON
 * text holds neither a tab nor a line break of its own, so both are free to
 * separate; a key is written as in JSON, without its quotes.
 */

/** What must be escaped in a key: what JSON escapes, and nothing else. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Packs texts into one flat string; two equal records may pack differently. */
export function pack(texts: SessionTexts): string {

  const lines: string[] = [];
  for (const [key, text] of texts) lines.push(`${packKey(key)}\t${text}`);
  // The last line ends, too: joining two makes a flat string of even a single one,
  // where a sum would keep its pieces in memory.
  lines.push('');
  return lines.join('\n');

}

export function unpack(packed: string): Map<string, string> {

  const texts = new Map<string, string>();
  let start = 0;
  while (start < packed.length) {
    const tab = packed.indexOf('\t', start);
    const end = packed.indexOf('\n', tab);
    texts.set(unpackKey(packed.slice(start, tab)), packed.slice(tab + 1, end));
    start = end + 1;
  }
  return texts;

}

function packKey(key: string): string {

  return ESCAPED.test(key) ? JSON.stringify(key).slice(1, -1) : key;

}

function unpackKey(key: string): string {

  return key.includes('\\') ? JSON.parse(`"${key}"`) : key;

}
