import pg from 'pg';
import type { Address } from '../../address.js';
import type { Row, SqlDatabase } from './sql.js';
import { PATIENCE, within } from './within.js';

export async function connectPostgres({ url, options }: Address): Promise<SqlDatabase> {

  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE });
  client.on('error', () => {});
  await client.connect();
  const { table = 'sessions', schema } = options;
  const rows = async (sql: string, ...values: readonly unknown[]): Promise<readonly Row[]> => (
    (await within(client.query<Row>(sql, [...values]))).rows);
  return {
    table,
    schema,
    quoted: schema === undefined ? `"${table}"` : `"${schema}"."${table}"`,
    rows,
    time: async () => Number((await rows('SELECT date_part(\'epoch\', clock_timestamp()) AS now'))[0]?.now),
    close: async () => {
      await within(client.end()).catch(() => {});
    },
  };

}
