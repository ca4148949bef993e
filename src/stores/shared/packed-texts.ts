import type { SessionChange, SessionTexts } from '../../base/store.js';
import { isTooLarge } from '../../values/session-size.js';
import { merge } from '../../values/texts-change.js';
import { unreadable } from './unreadable.js';

/*
 * A session's texts as one string: a line for each key, `key TAB text`, and a
 * line break before and after each. JSON text holds neither a tab nor a line
 * break of its own, so these two can separate. A key is written as in JSON,
 * without its quotes.
 */

/** A session without texts. */
export const EMPTY = '\n';

/** The characters that must be escaped in a key: those that JSON escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Packs texts into one flat string; two equal records may pack differently. */
export function pack(texts: SessionTexts): string {

  const lines = [''];
  for (const [key, text] of texts) lines.push(`${packKey(key)}\t${text}`);
  lines.push('');
  return joined(lines);

}

/**
 * Unpacks texts.
 *
 * @param start where the first line begins, if something precedes the packed texts
 * @throws {Error} for a text that {@link pack} can't have made, as far as that can be seen
 */
export function unpack(packed: string, start = 1): Map<string, string> {

  if (packed[start - 1] !== EMPTY) throw new Error('These are no packed texts');
  const texts = new Map<string, string>();
  const mayBeEscaped = packed.includes('\\');
  while (start < packed.length) {
    const tab = packed.indexOf('\t', start);
    const end = packed.indexOf('\n', start);
    if (tab === -1 || end < tab) throw new Error('These are no packed texts');
    const key = packed.slice(start, tab);
    texts.set(mayBeEscaped ? unpackKey(key) : key, packed.slice(tab + 1, end));
    start = end + 1;
  }
  return texts;

}

/** Packed texts that are unpacked when a request reads them, which not every request does. */
export class PackedTexts implements SessionTexts {

  readonly #packed: string;
  readonly #start: number;
  #texts: SessionTexts | undefined;
  /** The same error for every later read. */
  #failure: Error | undefined;

  /** The parameters are those of {@link unpack}. Its error comes when the texts are read, as a `SessionStoreError`. */
  constructor(packed: string, start = 1) {
    this.#packed = packed;
    this.#start = start;
  }

  /** What the texts are unpacked from, with everything that precedes them. */
  get packed(): string {
    return this.#packed;
  }

  /** @throws {SessionStoreError} if these are no packed texts */
  unpack(): void {
    void this.#unpacked;
  }

  /** The same with a change merged in. */
  repacked(change: SessionChange): string {
    return repack(this.#packed, change, this.#start);
  }

  get size(): number {
    return this.#unpacked.size;
  }

  get(key: string): string | undefined {
    return this.#unpacked.get(key);
  }

  has(key: string): boolean {
    return this.#unpacked.has(key);
  }

  entries(): ReturnType<SessionTexts['entries']> {
    return this.#unpacked.entries();
  }

  keys(): ReturnType<SessionTexts['keys']> {
    return this.#unpacked.keys();
  }

  values(): ReturnType<SessionTexts['values']> {
    return this.#unpacked.values();
  }

  [Symbol.iterator](): ReturnType<SessionTexts['entries']> {
    return this.#unpacked.entries();
  }

  forEach(callback: (text: string, key: string, texts: SessionTexts) => void): void {
    for (const [key, text] of this.#unpacked) callback(text, key, this);
  }

  get #unpacked(): SessionTexts {
    if (this.#failure) throw this.#failure;
    try {
      this.#texts ??= unpack(this.#packed, this.#start);
    } catch (cause) {
      this.#failure = unreadable(cause);
      throw this.#failure;
    }
    return this.#texts;
  }

}

/** The most changed keys that are searched for one by one: more are found faster in a map. */
const FEW = 8;

/**
 * Merges a change into packed texts: a new text takes the place of the old one, or is added at the end.
 *
 * @param start as {@link unpack} takes it: what precedes the first line stays as it is
 */
export function repack(packed: string, change: SessionChange, start = 1): string {

  const { set, unset } = change;
  if (set.size + unset.length > FEW) return packed.slice(0, start - 1) + pack(merge(unpack(packed, start), change));
  let result = packed;
  for (const key of unset) result = withLines(result, packKey(key), []);
  for (const [key, text] of set) {
    const packedKey = packKey(key);
    result = withLines(result, packedKey, [`${packedKey}\t${text}`]);
  }
  return result;

}

/** Replaces the line of a key by other lines, or by none. */
function withLines(packed: string, key: string, lines: readonly string[]): string {

  const start = packed.indexOf(`\n${key}\t`);
  if (start === -1) return joined([packed.slice(0, -1), ...lines, '']);
  const end = packed.indexOf('\n', start + 1);
  return joined([packed.slice(0, start), ...lines, packed.slice(end + 1)]);

}

/** A join makes a flat string; a sum would keep its pieces in memory. */
function joined(lines: readonly string[]): string {

  return lines.join('\n');

}

/** As {@link isTooLarge}, and cheap for a session that is far from its limit. */
export function isPackedTooLarge(before: string, after: string, maxBytes = Infinity): boolean {

  // A packed text is longer than what it holds.
  return after.length > maxBytes / 3 && isTooLarge(unpack(before), unpack(after), maxBytes);

}

/** Escapes a key as JSON does, without quotes: no control characters and no lone surrogates are left. */
export function packKey(key: string): string {

  return ESCAPED.test(key) ? JSON.stringify(key).slice(1, -1) : key;

}

export function unpackKey(key: string): string {

  return key.includes('\\') ? JSON.parse(`"${key}"`) : key;

}
