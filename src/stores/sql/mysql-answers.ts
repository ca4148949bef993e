import { asText, withoutNull } from './sql-answers.js';
import type { Executed } from './sql-table.js';

/** What a statement answers: every row has one column. */
export interface Row {
  readonly answer: unknown;
}

export function texts(rows: readonly Row[]): Array<string | null> {

  return rows.map(({ answer }) => asText(answer));

}

/** @throws {SessionStoreError} if a column is NULL */
export function answers(rows: readonly Row[]): string[] {

  return withoutNull(texts(rows));

}

/** The time comes back as the last inserted id. */
export function executed({ insertId }: { insertId: unknown }): Executed {

  return Number(insertId);

}

export function nothing(): void {}
