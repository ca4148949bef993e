import { wrong } from '../../base/option-checks.js';
import type { PageTerms } from '../../base/store.js';

/** The most entries of a page. */
const MOST = 1000;

/** The most bytes of the texts in a page of records, unless it has only one. */
const MOST_BYTES = 2 ** 20;

/** Which page, with the defaults; `after` is `''` for the first one. */
export interface Page {
  readonly after: string;
  readonly limit: number;
}

/**
 * Checks which page is asked for.
 *
 * @param isCursor whether a text can be a cursor of the store
 * @throws {TypeError} that names the term that is wrong
 */
export function checkedPage({ after = '', limit = 100 }: PageTerms, isCursor: (text: string) => boolean): Page {

  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) throw wrong('limit', limit, `must be a whole number from 1 to ${MOST}`);
  if (typeof after !== 'string' || (after !== '' && !isCursor(after))) throw wrong('after', after, 'must be the `next` of another page of this store');
  return { after, limit };

}

/** Returns how many of these sizes a page has room for: at least one. */
export function fitting(sizes: readonly number[]): number {

  let bytes = 0;
  const first = sizes.findIndex((size, index) => {
    bytes += size;
    return index > 0 && bytes > MOST_BYTES;
  });
  return first === -1 ? sizes.length : first;

}
