import type { SessionChange } from '../../base/store.js';
import type { InfoColumns } from './sql-info.js';
import type { UsersTable } from './sql-users.js';
import type { StoredId } from '../../id/stored-id.js';
import type { SweptTable } from '../shared/sweeper.js';

/** When a statement was executed, in Unix milliseconds by the server's clock; 0 where it changed nothing. */
export type Executed = number;

/** On which terms a statement is executed. */
export interface StatementTerms {
  /** In milliseconds. */
  readonly lifetime: number;
  /** The moment of the server's clock after which nothing must be changed. */
  readonly deadline: number;
}

/** On which terms a row is changed. */
export interface RowTerms extends StatementTerms {
  /** The only version that may be changed; null for any. */
  readonly version: number | null;
  /** The most bytes that the column `data` may have then. A text that is longer itself need not be sent. */
  readonly most: number;
  /** What the column `data` is to be; null where the server merges the change into it. */
  readonly data: string | null;
}

/**
 * What a database server can do with the table of sessions: each method is one
 * statement on one row, found by its handle.
 */
export interface SqlTable extends SweptTable, UsersTable {

  /** The trial of the table that the first use has to wait for. */
  trial(): Promise<void> | undefined;

  /** Once it has been tried out, the most bytes of the column `data` with which a row can still be read. */
  readonly most: number;

  /** What sets this limit. */
  readonly limit: string;

  /** The most bytes that `data` may have for the server to merge a change into it: above, that takes it too long. */
  mostMerged(change: SessionChange): number;

  /** Creates the table where it is missing, and tries it out. */
  setup(): Promise<void>;

  /** The server's time, in Unix milliseconds. */
  now(): PromiseLike<number>;

  /** The row, in the form of {@link readRow}; null where a column of it is NULL, or it is too long. */
  read(handle: string): PromiseLike<string | null | undefined>;

  /** The same, with `{` instead of its data. */
  readWithoutData(handle: string): PromiseLike<string | null | undefined>;

  /** Inserts a row, or overwrites one whose time is over. */
  create(id: StoredId, data: string, info: InfoColumns, terms: StatementTerms): PromiseLike<Executed>;

  /** Inserts a row, or overwrites one, unless it has another id that lives. */
  put(id: StoredId, data: string, lifetime: number): PromiseLike<Executed>;

  /** @param terms.user whose session it is, as `userHash()` returns it: its column is to say so */
  update(id: StoredId, change: SessionChange, terms: RowTerms & { readonly user: string | null }): PromiseLike<Executed>;

  /**
   * @param newHash must not be a former one
   * @param terms.about null for what it was
   */
  move(id: StoredId, newHash: string, change: SessionChange, terms: RowTerms & { readonly info: InfoColumns | null }): PromiseLike<Executed>;

  /** @param user as in `update` */
  touch(id: StoredId, lifetime: number, user: string | null): PromiseLike<Executed>;

  /**
   * Ends a live session that has, or had, this id.
   *
   * @param data what the column is from then on
   */
  end(id: StoredId, data: string): PromiseLike<Executed>;

  delete(id: StoredId): PromiseLike<unknown>;

}
