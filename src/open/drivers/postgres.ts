import { ANSWERING, CLOSING, CONNECTING, within } from './limits.js';
import { type Candidate, loadDriver, noneIfMissing } from './load-driver.js';

const PG: Candidate = {
  name: 'pg',
  load: async () => {
    try {
      return await import('pg' as string);
    } catch (error) {
      return noneIfMissing(error, 'pg');
    }
  },
};

export interface Statements {
  connect(): Promise<unknown>;
  readonly totalCount: number;
  // biome-ignore lint/suspicious/noExplicitAny: rows are what was asked for
  query(...args: unknown[]): Promise<{ rows: any[] }>;
}

interface Connection extends Pick<Statements, 'query'> {
  /** @param error says that the connection is not to be used again */
  release(error?: unknown): void;
}

interface Pool {
  readonly totalCount: number;
  connect(): Promise<Connection>;
  on(event: 'error', listener: () => void): unknown;
  on(event: 'connect', listener: (connection: { on(event: 'error', listener: () => void): unknown }) => void): unknown;
  end(): Promise<unknown>;
}

export interface PostgresConnection {
  readonly pool: Statements;
  close(): Promise<void>;
}

/** Makes a pool of connections to PostgreSQL; it connects when it is first used. */
export async function openPostgres(url: string): Promise<PostgresConnection> {

  const { exports } = await loadDriver(PG);
  const pool: Pool = new exports.Pool({
    connectionString: url, connectionTimeoutMillis: CONNECTING, keepAlive: true,
  });
  // A statement that is under way fails when its connection ends. Without a listener, the event
  // would end the process, and the pool has a listener only while the connection is idle.
  pool.on('error', () => {});
  pool.on('connect', connection => connection.on('error', () => {}));

  /** Runs a statement. After a failure, or without an answer, its connection is not used again. */
  async function query(...args: unknown[]) {

    const connection = await pool.connect();
    try {
      // The driver's own limit would not read answers that came while the process stood still.
      const answer = await within(ANSWERING, connection.query(...args));
      connection.release();
      return answer;
    } catch (error) {
      connection.release(error);
      throw error;
    }

  }

  return {
    // The store recognises a pool by these members.
    pool: { query, connect: () => pool.connect(), get totalCount() { return pool.totalCount; } },
    close: async () => {
      await within(CLOSING, pool.end()).catch(() => {});
    },
  };

}
