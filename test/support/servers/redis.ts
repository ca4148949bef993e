import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.js';
import { programs, REDIS } from './programs.js';
import { freePort, Server, temporaryFolder } from './server.js';

/** By how much Redis puts the port of a node's cluster bus above its own. */
const BUS = 10_000;

/** Starts a private Redis or Valkey. */
export async function startRedis(...settings: readonly string[]): Promise<Server> {

  const [command] = programs(REDIS, ['redis-server', 'valkey-server']);
  const port = await freePort(settings.includes('--cluster-enabled') ? BUS : 0);
  return Server.start({
    command: command as string,
    args: [
      '--port', String(port), '--bind', '127.0.0.1', '--dir', temporaryFolder(), '--save', '', '--appendonly', 'yes',
      '--appendfsync', 'everysec', '--daemonize', 'no', ...settings,
    ],
    ready: /Ready to accept connections/,
    url: `redis://127.0.0.1:${port}`,
  });

}

/** Starts a sentinel that watches a master under a name, and soon replaces it when it fails. */
export async function startSentinel(master: Server, name: string): Promise<Server> {

  const [command] = programs(REDIS, ['redis-server', 'valkey-server']);
  const { hostname, port } = new URL(master.url);
  const own = await freePort();
  const file = join(temporaryFolder(), 'sentinel.conf');
  writeFileSync(file, [
    `port ${own}`, 'bind 127.0.0.1', `sentinel monitor ${name} ${hostname} ${port} 1`,
    `sentinel down-after-milliseconds ${name} 500`, `sentinel failover-timeout ${name} 2000`, '',
  ].join('\n'));
  return Server.start({ command: command as string, args: [file, '--sentinel'], ready: /\+monitor master/, url: `redis://127.0.0.1:${own}` });

}

/** Starts a cluster whose only master has all slots. */
export async function startRedisClusterOfOne(): Promise<Server> {

  const node = await startRedis('--cluster-enabled', 'yes');
  const [cli] = programs(REDIS, ['redis-cli', 'valkey-cli']);
  const says = (...question: string[]) => spawnSync(cli as string, ['-u', node.url, ...question], { encoding: 'utf8' }).stdout;
  says('cluster', 'addslots', ...Array.from({ length: 16_384 }, (_, slot) => String(slot)));
  // A cluster reports its state only when asked.
  await until('the cluster is ready', () => says('cluster', 'info').includes('cluster_state:ok'));
  return node;

}

/** Starts a cluster of three masters, each with a replica; the first three are the masters. */
export async function startRedisCluster(): Promise<Server[]> {

  const [cli] = programs(REDIS, ['redis-cli', 'valkey-cli']);
  const nodes = [];
  // One after the other, so that no two are given the same port.
  for (let count = 0; count < 6; count++) {
    nodes.push(await startRedis('--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--repl-diskless-sync-delay', '0'));
  }
  const addresses = nodes.map(({ url }) => url.slice('redis://'.length));
  const created = spawnSync(
    cli as string, ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'], { encoding: 'utf8' },
  );
  if (created.status !== 0) throw new Error(`redis-cli --cluster create failed:\n${created.stdout}${created.stderr}`);
  const says = (address: string, ...question: string[]) => spawnSync(cli as string, ['-u', `redis://${address}`, ...question], { encoding: 'utf8' }).stdout;
  const isReady = (address: string) => {
    const state = says(address, 'cluster', 'info');
    // A replica that has no data yet could not take its master's place.
    return state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:6')
      && !says(address, 'info', 'replication').includes('master_link_status:down');
  };
  // A cluster reports its state only when asked.
  await until('the cluster is ready', () => addresses.every(isReady));
  return nodes;

}
