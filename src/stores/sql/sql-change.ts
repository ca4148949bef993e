import type { SessionChange } from '../../base/store.js';
import { toPatch } from './json-texts.js';
import type { RowTerms } from './sql-table.js';

/** The statements that change the column `data` of a row in one way, such as `update`. */
export interface Changes<Statement> {
  /** Merges a patch that removes nothing. */
  readonly sets: Statement;
  /** Merges any patch. */
  readonly unsets: Statement;
  /** Writes the whole column. */
  readonly overwrites: Statement;
}

/**
 * Chooses the statement for a change, and makes the text that it needs.
 *
 * @param withFormerNames as in {@link toPatch}
 */
export function chosen<Statement>(
  { sets, unsets, overwrites }: Changes<Statement>, change: SessionChange, { data }: Pick<RowTerms, 'data'>, withFormerNames: boolean,
): { statement: Statement; text: string } {

  if (data !== null) return { statement: overwrites, text: data };
  return { statement: change.unset.length === 0 ? sets : unsets, text: toPatch(change, withFormerNames) };

}
