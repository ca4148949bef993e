import type { Statement } from './mysql-statements.js';

/** What the store needs of a pool of `mysql2/promise`: each call of its `execute` is a transaction of its own. */
export interface MysqlPool {
  // biome-ignore lint/suspicious/noExplicitAny: the driver has types of its own for statements and values, and several answers
  execute(statement: any, values?: any[]): PromiseLike<any>;
  getConnection(): unknown;
}

/** The pool inside one of `mysql2/promise`, which answers with a call. */
interface InnerPool {
  execute(sql: string, values: unknown[], done: (error: unknown, result: never) => void): unknown;
}

/**
 * Returns the pool inside one of `mysql2/promise`. The outer one records for each
 * call where it came from, for the stack of an error, which takes the process longer
 * than anything that the store does for the call.
 *
 * @returns undefined if the application has wrapped the pool, or replaced its method
 */
function innerOf(pool: MysqlPool): InnerPool | undefined {

  const { pool: inner } = pool as MysqlPool & { readonly pool?: InnerPool };
  const kind = Object.getPrototypeOf(pool) as MysqlPool | null;
  const isAsMade = kind?.constructor?.name === 'PromisePool' && pool.execute === kind.execute;
  return isAsMade && typeof inner?.execute === 'function' ? inner : undefined;

}

/** Says whether something is a pool that answers with promises: a connection has no `getConnection`. */
export function isPool(pool: unknown): pool is MysqlPool {

  const has = (name: string) => typeof (pool as Record<string, unknown> | null | undefined)?.[name] === 'function';
  // A PoolCluster has both, too, but leaves it open which server it asks.
  return has('execute') && has('getConnection') && !has('promise') && !has('of');

}

/** ER_LOCK_DEADLOCK: the statement conflicted with others, and nothing was done. */
const DEADLOCK = 1213;

/** The most tries of a statement that conflicts with others. */
const MOST_TRIES = 20;

/** The form of rows that the store expects, however the application has set up its own. */
const AS_EXPECTED = { rowsAsArray: false, nestTables: false, typeCast: true, namedPlaceholders: false };

/** How statements are executed: with options, or as the pool does it by itself, which takes the driver half as long. */
export type Form = 'with options' | 'plain';

/** Executes statements. */
export class MysqlDatabase {

  readonly #pool: MysqlPool;
  readonly #form: Form;

  constructor(pool: MysqlPool, form: Form = 'with options') {
    this.#pool = pool;
    this.#form = form;
  }

  /** The same pool, whose rows come in a form of their own. */
  get plain(): MysqlDatabase {
    return new MysqlDatabase(this.#pool, 'plain');
  }

  async run<R, T>({ sql, order }: Statement, values: readonly unknown[], read: (result: R) => T): Promise<T> {

    const ordered = order.map(place => values[place]);
    for (let tries = 1; ; tries++) {
      try {
        return read((await this.#execute(sql, ordered))[0]);
      } catch (error) {
        if (errorNumber(error) !== DEADLOCK || tries === MOST_TRIES) throw error;
      }
    }

  }

  #execute(sql: string, values: unknown[]): PromiseLike<[never]> {

    if (this.#form !== 'plain') return this.#pool.execute({ sql, values, ...AS_EXPECTED });
    const inner = innerOf(this.#pool);
    if (!inner) return this.#pool.execute(sql, values);
    return new Promise((resolve, reject) => {
      inner.execute(sql, values, (error, result) => {
        if (error) reject(error);
        else resolve([result]);
      });
    });

  }

}

export function errorNumber(error: unknown): unknown {

  return (error as { errno?: unknown } | null | undefined)?.errno;

}
