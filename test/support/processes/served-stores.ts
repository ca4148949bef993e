import { join } from 'node:path';
import { mysqlUrl, postgresUrl, redisClusterUrls, redisUrl } from '../servers/addresses.js';
import { temporaryFolder } from '../servers/server.js';

/** Stores that several processes share, by the addresses that `openTestStore` opens. A file in SQLite is a new one at each call. */
export const SERVED_STORES = {
  'SQLite': () => `sqlite:${join(temporaryFolder(), 'sessions.db')}`,
  'Redis': redisUrl,
  'a Redis cluster': () => redisClusterUrls().join(','),
  'PostgreSQL': postgresUrl,
  'MySQL or MariaDB': mysqlUrl,
} as const satisfies { readonly [name: string]: () => string };
