import { MEANINGS } from './exit-codes.js';

/*
 * What `--help` says beside the commands and their options.
 */

/** Addresses of stores, as `openStore()` takes them. */
const ADDRESSES: ReadonlyArray<readonly [string, string]> = [
  ['sqlite:./sessions.db', 'a file of SQLite; sqlite:/var/lib/app/sessions.db. Driver: Node.js 22.13, or install libsql'],
  ['redis://HOST:6379/0', 'Redis or Valkey; rediss:// with TLS'],
  ['redis+cluster://HOST:6379,HOST:6379', 'a cluster of them, by one or more of its nodes; rediss+cluster:// with TLS'],
  ['postgres://USER:PASSWORD@HOST/DATABASE', 'PostgreSQL; also postgresql://'],
  ['mysql://USER:PASSWORD@HOST/DATABASE', 'MySQL or MariaDB; also mariadb://'],
];

const OPTIONS: ReadonlyArray<readonly [string, string]> = [
  ['?table=NAME', 'the table (default: sessions); not for Redis'],
  ['?schema=NAME', 'the schema of the table; PostgreSQL only'],
  ['?prefix=TEXT', 'what the keys begin with (default: session:); Redis only'],
];

const VARIABLES: ReadonlyArray<readonly [string, string]> = [
  ['SESSION_STORE', 'the address, if --store is not given'],
  ['env:NAME', 'instead of an address: it is read from the variable NAME. Other users of a\nmachine can read the arguments of a command: keep a password in a variable'],
];

const CODES = Object.entries(MEANINGS);

/** Follows the options of a command on a store. */
export const STORE_HELP = [
  section('Addresses', ADDRESSES), section('Their options, as in postgres://HOST/DATABASE?table=NAME', OPTIONS),
  'In a name or a password, a special character is written as in all URLs: @ as %40, % as %25.',
  'All drivers but that of SQLite come with this command. The application installs its own: redis or ioredis, pg, mysql2.',
  section('Variables', VARIABLES), section('Exit codes', CODES),
].join('\n\n');

/** Follows the options of any other command. */
export const PLAIN_HELP = section('Exit codes', CODES);

function section(heading: string, rows: ReadonlyArray<readonly [string, string]>): string {

  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.flatMap(([name, text]) => text.split('\n').map((line, index) => `  ${(index === 0 ? name : '').padEnd(width)}  ${line}`));
  return [`${heading}:`, ...lines].join('\n');

}
