import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMariadb } from '../../build/test/support/servers/mariadb.js';
import { startPostgres } from '../../build/test/support/servers/postgres.js';
import { startRedis } from '../../build/test/support/servers/redis.js';
import { temporaryFolder } from '../../build/test/support/servers/server.js';
import { startApplication } from './application.js';
import { startClients } from './clients.js';

const SESSIONS = 20_000;
const CONNECTIONS = 48;

/** Each store, set up so that an acknowledged change survives a crash of its server. */
const STORES = {
  memory: async () => ({ address: 'memory:' }),
  SQLite: async () => ({ address: `sqlite:${join(temporaryFolder(), 'sessions.db')}` }),
  Redis: async () => serverOf(await startRedis()),
  PostgreSQL: async () => serverOf(await startPostgres('-c', 'fsync=on')),
  MariaDB: async () => serverOf(await startMariadb('--innodb-flush-log-at-trx-commit=1')),
};

const REQUESTS = { anonymous: '/anonymous', read: '/read', change: '/change' };

function serverOf(server) {
  return { address: server.url, server };
}

/** One application process on each store: rates, latencies, and CPU time of application and server for each request. */
export async function stores({ requests }, progress) {

  const rows = [];
  for (const [store, start] of Object.entries(STORES)) {
    progress(`stores: ${store}`);
    const { address, server } = await start();
    const application = await startApplication(address);
    const idsIn = join(temporaryFolder(), 'ids');
    writeFileSync(idsIn, (await application.create(SESSIONS)).join('\n'));
    const clients = startClients(idsIn);
    for (const [kind, path] of Object.entries(REQUESTS)) {
      const load = { ports: [application.port], path, connections: CONNECTIONS };
      // The compiler has much to do at first.
      await clients.send({ ...load, amount: requests / 2 });
      const before = { application: await application.cpu(), server: cpuOf(server) };
      const result = await clients.send({ ...load, amount: requests });
      rows.push({
        store, kind, ...result,
        applicationCpu: (await application.cpu() - before.application) / result.requests,
        serverCpu: (cpuOf(server) - before.server) / result.requests,
      });
    }
    await clients.stop();
    await application.stop();
    await server?.kill();
  }
  return rows;

}

/** CPU time of a server and its processes since their start, in microseconds; 0 without a server, and where there is no /proc. */
function cpuOf(server) {

  if (!server || process.platform !== 'linux') return 0;
  const processes = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(statOf).filter(stat => stat !== undefined);
  return processes.filter(({ pid, parent }) => pid === server.pid || parent === server.pid)
    .reduce((sum, { ticks }) => sum + ticks, 0) * 10_000;

}

/** A process as Linux describes it; a tick is a hundredth of a second. */
function statOf(pid) {

  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program, between brackets, may contain spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    return { pid: Number(pid), parent: fields[1], ticks: fields[11] + fields[12] };
  } catch {
    return undefined;
  }

}
