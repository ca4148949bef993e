import type { SessionChange } from '../../store.js';
import type { StoredAbout } from './sql-about.js';
import type { UsersTable } from './sql-users.js';
import type { StoredId } from './stored-id.js';
import type { SweptTable } from './sweeper.js';

/**
 * When a statement was executed, in Unix milliseconds by the server's clock;
 * negative where the session ended by it, and 0 where it changed nothing.
 */
export type Executed = number;

/**
 * What a database server can do with the table of sessions: each method is one
 * statement on one row, found by its handle. Lifetimes are milliseconds, and
 * deadlines moments of the server's clock after which nothing must be changed.
 */
export interface SqlTable extends SweptTable, UsersTable {

  /** Creates the table where it is missing. */
  setup(): Promise<void>;

  /** The row, in the form of {@link readRow}; null where a column of it is NULL. */
  read(handle: string): PromiseLike<string | null | undefined>;

  /** Inserts a row, or overwrites one whose time is over. */
  create(id: StoredId, data: string, lifetime: number, about: StoredAbout): PromiseLike<Executed>;

  /** Inserts a row, or overwrites one, unless it has another id that lives. */
  put(id: StoredId, data: string, lifetime: number): PromiseLike<Executed>;

  /**
   * @param version the only one that may be changed, if given
   * @param user whose session it is, as `userHash()` returns it: its column is to say so
   */
  update(
    id: StoredId, change: SessionChange, lifetime: number, deadline: number, version: number | null, user: string | null,
  ): PromiseLike<Executed>;

  /**
   * @param newHash must not be a former one
   * @param about null for what it was
   */
  move(
    id: StoredId, change: SessionChange, lifetime: number, deadline: number, version: number | null, newHash: string,
    about: StoredAbout | null,
  ): PromiseLike<Executed>;

  /** @param user as in `update` */
  touch(id: StoredId, lifetime: number, user: string | null): PromiseLike<Executed>;

  /** Ends a live session that has, or had, this id. */
  end(id: StoredId): PromiseLike<Executed>;

  delete(id: StoredId): PromiseLike<unknown>;

}
