import { setOwn } from './set-own.js';

/**
 * Does what `JSON.parse()` does, also for texts with escaped keys.
 *
 * From version 12.8 on, V8 can take an escaped key such as `"\n"` for `"\\"`, if
 * it has seen an object with that key before (nodejs/node#63785). Such keys are
 * rare, so the reader below reads only texts that have one.
 */
export function parseJson(text: string): unknown {

  // Throws unless the text is JSON: the reader relies on that.
  const value: unknown = JSON.parse(text);
  return text.includes('\\') && hasEscapedKey(text) ? new Reader(text).value() : value;

}

function hasEscapedKey(text: string): boolean {

  for (let start = text.indexOf('"'); start !== -1;) {
    const end = endOfString(text, start);
    if (isKey(text, end) && text.slice(start, end).includes('\\')) return true;
    start = text.indexOf('"', end);
  }
  return false;

}

/** Returns the index after the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {

  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text[before] === '\\') before--;
    // An even number of backslashes escape each other, and not the quote.
    if ((quote - before) % 2 === 1) return quote + 1;
  }

}

function isKey(text: string, end: number): boolean {

  let next = end;
  while (BLANKS.includes(text.charAt(next)) && next < text.length) next++;
  return text[next] === ':';

}

const BLANKS = ' \t\n\r';
const BETWEEN = `${BLANKS},:`;
const AFTER_SCALAR = `${BETWEEN}]}`;

/** Reads a valid text, member by member. */
class Reader {

  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(): unknown {

    switch (this.#next()) {
      case '[': return this.#array();
      case '{': return this.#object();
      default: return this.#scalar();
    }

  }

  #array(): unknown[] {

    const array: unknown[] = [];
    this.#at++;
    while (this.#next() !== ']') array.push(this.value());
    this.#at++;
    return array;

  }

  #object(): object {

    const object = {};
    this.#at++;
    while (this.#next() !== '}') setOwn(object, this.#scalar() as string, this.value());
    this.#at++;
    return object;

  }

  #scalar(): unknown {

    const start = this.#at;
    if (this.#text[start] === '"') {
      this.#at = endOfString(this.#text, start);
    } else {
      while (this.#at < this.#text.length && !AFTER_SCALAR.includes(this.#text.charAt(this.#at))) this.#at++;
    }
    return JSON.parse(this.#text.slice(start, this.#at));

  }

  /** Goes on to the character that the next value begins with, or the bracket that ends this one, and returns it. */
  #next(): string {

    while (BETWEEN.includes(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.charAt(this.#at);

  }

}
