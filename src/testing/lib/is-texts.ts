import { isDeepStrictEqual } from 'node:util';
import type { SessionTexts } from '../../base/store.js';

/** No session of the tests has this key. */
const NO_KEY = 'a key that is not there';

/** Says whether an answer is a Map of strings, or can be read like one in every way. */
export function isTexts(answer: unknown): answer is SessionTexts {

  const texts = answer as SessionTexts | null | undefined;
  if (typeof texts?.get !== 'function') return false;
  const entries = [...texts];
  const values = [...texts.values()];
  const visited: unknown[] = [];
  texts.forEach((text, key) => {
    visited.push([key, text]);
  });
  const views: readonly unknown[] = [
    [...texts.entries()],
    [...texts.keys()].map((key, index) => [key, values[index]]),
    entries.map(([key]) => [key, texts.get(key)]),
    visited,
  ];
  return entries.flat().every(text => typeof text === 'string')
    && views.every(view => isDeepStrictEqual(view, entries))
    && texts.size === entries.length
    && entries.every(([key]) => texts.has(key))
    && !texts.has(NO_KEY) && texts.get(NO_KEY) === undefined;

}
