import { wrong } from '../../base/option-checks.js';
import type { PageTerms } from '../../base/store.js';
import { isHandle } from '../../id/stored-id.js';
import type { EnginePage, PageRow } from './engine.js';

/** The most entries of a page. */
const MOST = 1000;

/** The most bytes of the texts in a page of records, unless it has only one. */
const MOST_BYTES = 2 ** 20;

/** Which page, with the defaults; `after` is `''` for the first one. */
export interface Page {
  readonly after: string;
  readonly limit: number;
}

/** @throws {TypeError} that names the term that is wrong */
export function checkedPage({ after = '', limit = 100 }: PageTerms): Page {

  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) throw wrong('limit', limit, `must be a whole number from 1 to ${MOST}`);
  if (typeof after !== 'string') throw noCursor(after);
  return { after, limit };

}

/**
 * For a store whose cursors are handles: each page follows the one of the last entry
 * before it, in the order of the handles.
 *
 * @throws {TypeError} for any other text
 */
export function checkHandle(after: string): void {

  if (after !== '' && !isHandle(after)) throw noCursor(after);

}

export function noCursor(after: unknown): TypeError {

  return wrong('after', after, 'must be the `next` of another page of this store');

}

/**
 * Makes a page of rows in the order of their handles.
 *
 * @param limit the most rows that were asked for
 */
export function pageByHandle(rows: readonly PageRow[], limit: number): EnginePage {

  return {
    rows,
    next: count => count < limit && count === rows.length ? null : rows[count - 1]?.handle ?? null,
  };

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
