import { createConnection } from 'mysql2/promise';
import type { Address } from '../../address.js';
import type { Row, SqlDatabase } from './sql.js';
import { PATIENCE, within } from './within.js';

export async function connectMysql({ url, options }: Address): Promise<SqlDatabase> {

  const address = new URL(url.replace(/^mariadb:/i, 'mysql:'));
  if (!address.searchParams.has('connectTimeout')) address.searchParams.set('connectTimeout', String(PATIENCE));
  const connection = await createConnection(address.href);
  connection.on('error', () => {});
  const { table = 'sessions' } = options;
  const rows = async (sql: string, ...values: readonly unknown[]): Promise<readonly Row[]> => (
    (await within(connection.query(sql, [...values])))[0] as Row[]);
  return {
    table,
    quoted: `\`${table}\``,
    rows,
    // UNIX_TIMESTAMP() would count in the time zone of the connection.
    time: async () => Number((await rows('SELECT TIMESTAMPDIFF(MICROSECOND, TIMESTAMP\'1970-01-01 00:00:00\', UTC_TIMESTAMP(6)) / 1000000 AS now'))[0]?.now),
    close: async () => {
      await within(connection.end()).catch(() => connection.destroy());
    },
  };

}
