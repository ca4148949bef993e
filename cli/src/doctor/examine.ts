import { existsSync } from 'node:fs';
import { openStore } from '@curveball/session/open';
import { type Address, fileName, parsed } from '../address.js';
import { hinted } from '../errors.js';
import type { Check, Finding } from './check.js';
import { CLUSTER_CHECKS } from './checks/cluster-checks.js';
import { FILE_CHECKS } from './checks/file-checks.js';
import { MYSQL_CHECKS } from './checks/mysql-checks.js';
import { POSTGRES_CHECKS } from './checks/postgres-checks.js';
import { REDIS_CHECKS } from './checks/redis-checks.js';
import { SQLITE_CHECKS } from './checks/sqlite-checks.js';
import { type OpenSubject, STORE_CHECKS } from './checks/store-checks.js';
import { TABLE_CHECKS } from './checks/table-checks.js';
import { connectMysql } from './connections/mysql.js';
import { connectPostgres } from './connections/postgres.js';
import { RedisServer } from './connections/redis.js';
import { RedisCluster } from './connections/redis-cluster.js';
import { openSqliteFile } from './connections/sqlite.js';
import { within } from './connections/within.js';
import { remedy } from './remedies.js';

/** What has become of one check. */
export type Result =
  | { readonly name: string; readonly result: 'ok' }
  | { readonly name: string; readonly result: 'unknown'; readonly says: string }
  | { readonly name: string; readonly result: 'problem' | 'warning' } & Pick<Finding, 'says' | 'todo'>;

/** All that was found out about a store. */
export interface Diagnosis {
  readonly results: readonly Result[];
  /** Null if the store could not be asked. */
  readonly latencySeconds: { readonly p50: number; readonly p99: number } | null;
}

/** A connection to what a store is kept in. */
interface Server {
  time(): Promise<number | null>;
  close(): Promise<void>;
}

/** How a kind of server is looked at. */
interface Kind {
  connect(address: Address): Promise<Server>;
  /** The checks of the kind, each for what `connect` returns. */
  readonly checks: ReadonlyArray<Check<never>>;
  /** What can be looked at if it can't be opened. */
  unopened?(address: Address, results: Result[]): Promise<unknown>;
}

/** After these findings, nothing else would work. */
const LAST: readonly string[] = ['role', 'table', 'trial'];

const REACHABLE = 'reachable';

/** Milliseconds for one check: a client may wait without end for a server that is silent. */
const LONGEST = 15_000;

export const KINDS: { readonly [engine: string]: Kind } = {
  sqlite: {
    connect: openSqliteFile,
    checks: [...TABLE_CHECKS, ...SQLITE_CHECKS],
    unopened: async ({ path }, results) => existsSync(fileName(path)) && run(FILE_CHECKS, { file: fileName(path) }, results),
  },
  redis: { connect: address => RedisServer.connect(address), checks: REDIS_CHECKS },
  'redis+cluster': { connect: address => RedisCluster.connect(address), checks: CLUSTER_CHECKS },
  postgres: { connect: connectPostgres, checks: byRole(POSTGRES_CHECKS) },
  mysql: { connect: connectMysql, checks: byRole(MYSQL_CHECKS) },
};

/** Looks at a store, and at the server that keeps it. */
export async function examine(text: string, { slow }: Pick<OpenSubject, 'slow'>): Promise<Diagnosis> {

  const open: Array<{ close(): Promise<void> }> = [];
  const address = parsed(text);
  const kind = KINDS[address?.engine ?? ''];
  try {
    // First: it refuses a wrong address.
    const store = await openStore(text, { setup: false }) as OpenSubject['store'];
    open.push(store);
    const { connect, checks } = kind as Kind;
    const server = await connect(address as Address);
    open.push(server);
    return await look({ store, server, checks, slow });
  } catch (error) {
    if (error instanceof TypeError) throw error;
    const results = [unreachable(error)];
    await kind?.unopened?.(address as Address, results);
    return { results, latencySeconds: null };
  } finally {
    for (const each of open) await each.close();
  }

}

interface Open extends Pick<OpenSubject, 'store' | 'slow'>, Pick<Kind, 'checks'> {
  readonly server: Server;
}

async function look({ store, server, checks, slow }: Open): Promise<Diagnosis> {

  const results: Result[] = [{ name: REACHABLE, result: 'ok' }];
  let latencySeconds: Diagnosis['latencySeconds'] = null;
  const measured: OpenSubject['measured'] = times => {
    latencySeconds = times;
  };
  if (await run(checks, server as never, results)) {
    await run(STORE_CHECKS, { store, slow, measured, time: () => server.time() }, results);
  }
  return { results, latencySeconds };

}

/** @returns whether it makes sense to go on */
async function run<Subject>(checks: ReadonlyArray<Check<Subject>>, subject: Subject, results: Result[]): Promise<boolean> {

  for (const { name, look } of checks) {
    try {
      const finding = await within(Promise.resolve(look(subject)), LONGEST);
      const { severity: result, says, todo } = finding ?? {};
      results.push(result && says && todo ? { name, result, says, todo } : { name, result: 'ok' });
      if (finding && LAST.includes(name)) return false;
    } catch (error) {
      results.push({ name, result: 'unknown', says: messageOf(error) });
    }
  }
  return true;

}

function unreachable(error: unknown): Result {

  // The address is known.
  const message = messageOf(error).replace(/^The store at .*? can't be opened: /, '');
  const todo = remedy(message, 'Compare the address with that of the server, and see whether it runs');
  return { name: REACHABLE, result: 'problem', says: `The store can't be reached: ${message}`, todo };

}

/** A connection that was tried over several IP addresses has an error for each. */
function messageOf(error: unknown): string {

  const { message, errors: [first] = [] } = error as Error & { errors?: readonly Error[] };
  return hinted(message || first?.message || String(error));

}

/** Puts the checks of the table behind that of the server's role: a replica may not have the table yet. */
function byRole<Subject>([role, ...others]: ReadonlyArray<Check<Subject>>): ReadonlyArray<Check<Subject>> {

  return [role as Check<Subject>, ...TABLE_CHECKS as unknown as ReadonlyArray<Check<Subject>>, ...others];

}
