import type { SessionChange } from '../../base/store.js';
import type { StoredId } from '../../id/stored-id.js';
import type { StoreTable } from '../shared/table-store.js';
import type { InfoColumns } from './sql-info.js';
import type { SqlRow } from './sql-row.js';
import type { UsersTable } from './sql-users.js';

/** When a statement was executed, in Unix milliseconds by the server's clock; 0 if it changed nothing. */
export type Executed = number;

/** On which terms a statement is executed. */
export interface StatementTerms {
  /** In milliseconds. */
  readonly lifetime: number;
  /** The time of the server's clock, in Unix milliseconds, after which nothing must be changed. */
  readonly deadline: number;
}

/** On which terms a row is created. */
export interface CreationTerms extends StatementTerms {
  /** The column `former`. */
  readonly former: string;
  /** The milliseconds since the session was last used. */
  readonly idle: number;
}

/** On which terms a row is changed. */
export interface RowTerms extends StatementTerms {
  /** The only version that may be changed; null for any. */
  readonly version: number | null;
  /** The most bytes that the column `data` may have after the change. A longer text need not be sent. */
  readonly most: number;
  /** The new text of the column `data`; null if the server is to merge the change into it. */
  readonly data: string | null;
}

/**
 * What a database server can do with the table of sessions: each method is one
 * statement on one row, found by its handle.
 */
export interface SqlTable extends StoreTable, UsersTable {

  /** The trial of the table for which the first use has to wait. */
  trial(): Promise<void> | undefined;

  /** After the trial, the most bytes of the column `data` with which a row can still be read. */
  readonly most: number;

  /** What sets this limit. */
  readonly limit: string;

  /** The most bytes of `data` into which the server merges a change: with more, it takes too long. */
  mostMerged(change: SessionChange): number;

  readonly operations: OperationsTable;

  /** The server's time, in Unix milliseconds; without a trial. */
  now(): PromiseLike<number>;

  /** The row, in the form of {@link readRow}; null if a column of it is NULL, or it is too long. */
  read(handle: string): PromiseLike<string | null | undefined>;

  /** The same, with `{` instead of its data. */
  readWithoutData(handle: string): PromiseLike<string | null | undefined>;

  /** Those of these rows that exist, each in the form of {@link stateOf}; null for a row with a column that is NULL. */
  states(handles: readonly string[]): PromiseLike<ReadonlyArray<string | null>>;

  /** Inserts a row, or overwrites one whose time is over. */
  create(id: StoredId, data: string, info: InfoColumns, terms: CreationTerms): PromiseLike<Executed>;

  /** Inserts a row, or overwrites one, unless a session lives there under another id. */
  put(id: StoredId, data: string, lifetime: number): PromiseLike<Executed>;

  /** @param terms.user the user of the session, as `asciiUserHash()` returns it, whose column is restored; null for none */
  update(id: StoredId, change: SessionChange, terms: RowTerms & { readonly user: string | null }): PromiseLike<Executed>;

  /**
   * @param newId must not be a former one
   * @param terms.info null if the session keeps its info
   */
  move(id: StoredId, newId: StoredId, change: SessionChange, terms: RowTerms & { readonly info: InfoColumns | null }): PromiseLike<Executed>;

  /** @param user as in `update` */
  touch(id: StoredId, lifetime: number, user: string | null): PromiseLike<Executed>;

  /**
   * Ends a live session that has this id, or had it a moment ago.
   *
   * @param data the new text of the column
   */
  end(id: StoredId, data: string): PromiseLike<Executed>;

  delete(id: StoredId): PromiseLike<unknown>;

}

/** What a database server can do with all rows. */
export interface OperationsTable {

  /** The next live rows after a handle: `now ends_at seen_at size other handle about`, where `other` is 1 if it is no session; null for a row with a column that is NULL. */
  listed(after: string, limit: number): PromiseLike<ReadonlyArray<string | null>>;

  /** Those of these rows that are live: `handle seen_at ` and the form of {@link readRow}; null for a row with a column that is NULL. */
  records(handles: readonly string[]): PromiseLike<ReadonlyArray<string | null>>;

  /** Looks at the next rows after a handle: `rows live of_users expired last`, where `last` is the last handle. */
  count(after: string): PromiseLike<string | null | undefined>;

  /**
   * Ends a live session that is still as it was read.
   *
   * @param data the new text of the column
   */
  endRead(handle: string, row: Pick<SqlRow, 'idHash' | 'version' | 'endsAt'>, data: string): PromiseLike<Executed>;

  /** Ends a live session, whatever its id. */
  endAt(handle: string, data: string): PromiseLike<Executed>;

}
