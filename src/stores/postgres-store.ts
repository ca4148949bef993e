import { wrong } from '../base/option-checks.js';
import type { EndWatch } from '../base/store.js';
import { checkIdentifier, checkNames } from './shared/store-options.js';
import { TableStore } from './shared/table-store.js';
import { isPg, isPool, PostgresDatabase, type PostgresPool } from './sql/postgres-database.js';
import { PostgresEnds } from './sql/postgres-ends.js';
import { PostgresTable } from './sql/postgres-table.js';
import { SqlEngine } from './sql/sql-engine.js';

export type { PostgresPool };

/** Options of {@link PostgresStore}. */
export interface PostgresStoreOptions {

  /**
   * The application's own `Pool` of `pg`, or a PGlite. The store neither opens nor
   * closes it. A `Client`, also one that comes from a pool, is refused: it would
   * be in the middle of the application's transactions.
   */
  pool: PostgresPool;

  /** The name of the table; `sessions` by default. Two applications need two, or they take each other's sessions. */
  table?: string;

  /** The schema of the table; by default, the connection's `search_path` decides. */
  schema?: string;

  /**
   * Whether each connection prepares a statement once, under a name, as those of
   * `pg` can; true by default if `pool` has a method `connect`. Set it to false
   * behind a PgBouncer in transaction mode that is older than 1.21, or has
   * `max_prepared_statements = 0`.
   */
  prepare?: boolean;

}

/**
 * Keeps sessions in PostgreSQL (12 or newer): a row for each. Each method on a
 * session is one statement, in a transaction of its own; if the session
 * becomes one of a user, a second one follows.
 */
export class PostgresStore extends TableStore<'later'> {

  readonly #ends: PostgresEnds;

  /** @throws {TypeError} for a wrong option */
  constructor(options: PostgresStoreOptions) {

    checkNames(options, 'pool', 'table', 'schema', 'prepare');
    const { pool, table = 'sessions', schema, prepare = isPg(pool) } = options;
    if (!isPool(pool)) {
      throw wrong('pool', pool, 'must be a Pool of pg or a PGlite, or have their methods and the number totalCount of a Pool. '
        + 'A single connection is in the transactions of the application, whose ROLLBACK would undo what the store has answered');
    }
    if (typeof prepare !== 'boolean') throw wrong('prepare', prepare, 'must be true or false');
    checkIdentifier('table', table);
    if (schema !== undefined) checkIdentifier('schema', schema);
    const database = new PostgresDatabase(pool, prepare);
    const sessions = new PostgresTable(database, { table, schema });
    super(new SqlEngine(sessions), sessions);
    this.#ends = new PostgresEnds(database, sessions.endStatements);

  }

  /** Reports ends of sessions with `LISTEN`, on one connection of a `Pool`, which it takes until it is stopped. */
  watchEnds(ended: (handle: string | null) => void): EndWatch | null {

    return this.#ends.watch(ended);

  }

  /** Cancels the scheduled clean-up, and ends the reports, whose connection goes back to the pool. The pool stays open: it is the application's. */
  override close(): void {

    super.close();
    this.#ends.close();

  }

}
