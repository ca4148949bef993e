import { ANSWERING, CLOSING, CONNECTING, within } from './limits.js';
import { loadDriver } from './load-driver.js';

export interface Pool {
  // biome-ignore lint/suspicious/noExplicitAny: rows are what was asked for
  query(...args: unknown[]): Promise<{ rows: any[] }>;
  on(event: 'error', listener: () => void): unknown;
  end(): Promise<unknown>;
}

export interface PostgresConnection {
  readonly pool: Pool;
  close(): Promise<void>;
}

/** Makes a pool of connections to PostgreSQL; it connects when it is first used. */
export async function openPostgres(url: string): Promise<PostgresConnection> {

  const { exports } = await loadDriver('pg');
  const pool: Pool = new exports.Pool({
    connectionString: url, connectionTimeoutMillis: CONNECTING, query_timeout: ANSWERING, keepAlive: true,
  });
  // A connection that ends while nobody uses it is no news; without a listener it would end the process.
  pool.on('error', () => {});
  return {
    pool,
    close: async () => {
      await within(CLOSING, pool.end()).catch(() => {});
    },
  };

}
