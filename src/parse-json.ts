import { setOwn } from './set-own.js';

/**
 * `JSON.parse()` for texts that hold any keys.
 *
 * From version 12.8 on, V8 can take an escaped key such as `"\n"` for `"\\"`, if
 * it has seen an object with that key before (nodejs/node#63785). Such keys are
 * rare, so only texts that have one are read here.
 */
export function parseJson(text: string): unknown {

  return text.includes('\\') && hasEscapedKey(text) ? readValue(tokensOf(text)) : JSON.parse(text);

}

function hasEscapedKey(text: string): boolean {

  for (const [name] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?/g)) {
    if (name.endsWith(':') && name.includes('\\')) return true;
  }
  return false;

}

/** Strings, other scalars, and what opens and closes; commas and colons tell nothing more. */
function tokensOf(text: string): Iterator<RegExpExecArray> {

  // Refuses what is no JSON: the tokens would not.
  JSON.parse(text);
  return text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]|[^\s,:[\]{}"]+/g);

}

function readValue(tokens: Iterator<RegExpExecArray>, token = next(tokens)): unknown {

  switch (token) {
    case '[': {
      const array: unknown[] = [];
      for (let item = next(tokens); item !== ']'; item = next(tokens)) array.push(readValue(tokens, item));
      return array;
    }
    case '{': {
      const object = {};
      for (let key = next(tokens); key !== '}'; key = next(tokens)) setOwn(object, JSON.parse(key), readValue(tokens));
      return object;
    }
    default:
      return JSON.parse(token);
  }

}

function next(tokens: Iterator<RegExpExecArray>): string {

  return tokens.next().value[0];

}
