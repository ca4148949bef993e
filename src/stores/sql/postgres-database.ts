import type { Statement } from './postgres-statements.js';
import { asText } from './sql-answers.js';

/** What the store needs of a `Pool` of `pg`. */
interface PgPool {
  /** Takes a text, its values, and how the answer is to be read, all in one object. */
  // biome-ignore lint/suspicious/noExplicitAny: the drivers have types of their own for all of these
  query(statement: any): PromiseLike<{ rows: any[] }>;
  connect(): unknown;
  readonly totalCount: number;
  readonly options?: { readonly max?: number | undefined };
}

/** One connection of a `Pool` of `pg`. */
export interface PostgresConnection {
  query(text: string): PromiseLike<unknown>;
  on(event: string, listener: (message?: { readonly payload?: string }) => void): unknown;
  off(event: string, listener: (message?: { readonly payload?: string }) => void): unknown;
  /** @param isBroken whether to close it */
  release(isBroken?: boolean): void;
}

/** What the store needs of a PGlite. */
interface Pglite {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  query(text: string, values?: any[], options?: any): PromiseLike<{ rows: any[] }>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  transaction(task: (transaction: any) => Promise<any>): unknown;
  exec(text: string): unknown;
}

/** A pool: each call of its `query` is a transaction of its own. */
export type PostgresPool = PgPool | Pglite;

/** Says whether something gives each call of its `query` a transaction of its own, and not that of the application. */
export function isPool(pool: unknown): pool is PostgresPool {

  const has = (name: string, type: string) => typeof (pool as Record<string, unknown> | null | undefined)?.[name] === type;
  // A client has `connect`, too, but counts no connections; a transaction of a PGlite begins no other.
  return has('query', 'function') && (isPg(pool) ? has('totalCount', 'number') : has('transaction', 'function') && has('exec', 'function'));

}

/** PGlite has no such method. */
export function isPg(pool: unknown): pool is PgPool {

  return typeof (pool as { connect?: unknown } | null | undefined)?.connect === 'function';

}

/** The statement conflicted with others, and nothing was done: serialization failure, deadlock. */
const CONFLICTS: readonly unknown[] = ['40001', '40P01'];

/** Division by zero: a statement came too late, as `doneInTime()` says, and nothing was done. */
const TOO_LATE = '22012';

/** The most tries of a statement that conflicts with others. */
const MOST_TRIES = 20;

/** Values as the server writes them, however the application has its own parsed. */
const AS_WRITTEN = { getTypeParser: () => (value: unknown) => value };
const TEXTS_AS_WRITTEN = { rowMode: 'object', parsers: { 25: (value: string) => value } };

/** Executes statements. */
export class PostgresDatabase {

  readonly #pool: PostgresPool;
  readonly #prepare: boolean;

  constructor(pool: PostgresPool, prepare: boolean) {
    this.#pool = pool;
    this.#prepare = prepare;
  }

  /** Whether a connection can be taken from the pool for long: a pool of one would have none left. */
  get canListen(): boolean {
    return isPg(this.#pool) && this.#pool.options?.max !== 1;
  }

  /** Takes a connection from the pool. */
  async connect(): Promise<PostgresConnection> {
    return await (this.#pool as PgPool).connect() as PostgresConnection;
  }

  /** @param read receives a text for each row; none if the statement came too late */
  async run<T>(statement: Statement, values: unknown[], read: (answers: ReadonlyArray<string | null>) => T): Promise<T> {

    for (let tries = 1; ; tries++) {
      try {
        const { rows } = await this.#query(statement, values);
        return read(rows.map(row => asText((row as { answer?: unknown } | null)?.answer)));
      } catch (error) {
        if (codeOf(error) === TOO_LATE) return read([]);
        if (!CONFLICTS.includes(codeOf(error)) || tries === MOST_TRIES) throw error;
      }
    }

  }

  #query({ name, text }: Statement, values: unknown[]): PromiseLike<{ rows: unknown[] }> {

    if (!isPg(this.#pool)) return this.#pool.query(text, values, TEXTS_AS_WRITTEN);
    return this.#pool.query(this.#prepare ? { name, text, values, types: AS_WRITTEN } : { text, values, types: AS_WRITTEN });

  }

}

export function codeOf(error: unknown): unknown {

  return (error as { code?: unknown } | null | undefined)?.code;

}
