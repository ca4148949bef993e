import { wrong } from '../base/option-checks.js';
import { checkIdentifier, checkNames } from './shared/store-options.js';
import { TableStore } from './shared/table-store.js';
import { isPool, MysqlDatabase, type MysqlPool } from './sql/mysql-database.js';
import { MysqlTable } from './sql/mysql-table.js';
import { SqlEngine } from './sql/sql-engine.js';

export type { MysqlPool };

/** Options of {@link MysqlStore}. */
export interface MysqlStoreOptions {

  /**
   * The application's own pool of `mysql2/promise`. The store neither opens nor
   * closes it. A connection, also one that comes from a pool, is refused: it would
   * be in the middle of the application's transactions.
   */
  pool: MysqlPool;

  /** The name of the table; `sessions` by default. Two applications need two, or they take each other's sessions. */
  table?: string;

}

/**
 * Keeps sessions in MySQL (8.0 or newer) or MariaDB (10.6 or newer): a row for
 * each. Each method on a session is one statement, in a transaction of its own;
 * if the session becomes one of a user, a second one follows.
 */
export class MysqlStore extends TableStore<'later'> {

  /** @throws {TypeError} for a wrong option */
  constructor(options: MysqlStoreOptions) {

    checkNames(options, 'pool', 'table');
    const { pool, table = 'sessions' } = options;
    if (!isPool(pool)) {
      throw wrong('pool', pool, 'must be a pool of mysql2/promise, or have its methods execute and getConnection. '
        + 'A single connection is in the transactions of the application, whose ROLLBACK would undo what the store has answered');
    }
    const sessions = new MysqlTable(new MysqlDatabase(pool), checkIdentifier('table', table));
    super(new SqlEngine(sessions), sessions);

  }

}
