import { wrong } from '../option-checks.js';
import { type MysqlPool, MysqlTable } from './lib/mysql-table.js';
import { SqlStore } from './lib/sql-store.js';
import { checkIdentifier, checkNames } from './lib/store-options.js';

export type { MysqlPool };

/** Options of {@link MysqlStore}. */
export interface MysqlStoreOptions {

  /**
   * The application's own pool or connection of `mysql2/promise`, which the store
   * neither opens nor closes.
   */
  pool: MysqlPool;

  /** The name of the table; `sessions` by default. Two applications need two, or they take each other's sessions. */
  table?: string;

}

/**
 * Keeps sessions in MySQL (8.0 or newer) or MariaDB (10.6 or newer): a row for
 * each. Each method on a session is one statement, in a transaction of its own;
 * where the session becomes one of a user, a second one follows.
 */
export class MysqlStore extends SqlStore {

  /** @throws {TypeError} for a wrong option */
  constructor(options: MysqlStoreOptions) {

    checkNames(options, 'pool', 'table');
    const { pool, table = 'sessions' } = options;
    if (typeof pool?.execute !== 'function' || takesCallbacks(pool)) {
      throw wrong('pool', pool, 'must be a pool or a connection of mysql2/promise');
    }
    super(new MysqlTable(pool, checkIdentifier('table', table)));

  }

}

/** Those of `mysql2` itself do, and can be asked for one that answers with promises. */
function takesCallbacks(pool: object): boolean {

  return 'promise' in pool;

}
