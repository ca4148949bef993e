import type { Address } from '../../address.js';
import { inParallel } from '../../in-parallel.js';
import { RedisServer } from './redis.js';

/** A range of slots, as CLUSTER SLOTS lists it: the first one, the last one, and their servers. */
type Range = readonly [from: number, to: number, ...servers: ReadonlyArray<readonly [host: string | null, port: number]>];

/** The most nodes that are looked at, and how many connections are made at a time. */
const MOST = 1000;
const AT_ONCE = 10;

/** A node that does not accept connections, and why. */
interface Lost {
  readonly name: string;
  readonly message: string;
}

/** Connections to all nodes of a cluster for looking at them. */
export class RedisCluster {

  readonly nodes: readonly RedisServer[];
  readonly lost: readonly Lost[];

  private constructor(nodes: readonly RedisServer[], lost: readonly Lost[]) {
    this.nodes = nodes;
    this.lost = lost;
  }

  static async connect({ url, options }: Address): Promise<RedisCluster> {

    const [, scheme, login = '', hosts = ''] = /^(rediss?)\+cluster:\/\/([^@/,]*@)?([^/?]*)/s.exec(url) ?? [];
    const connect = (host: string) => RedisServer.connect({ url: `${scheme}://${login}${host}`, options });
    const first = await firstOf(hosts.split(','), connect);
    const names = await namesOf(first).finally(() => first.close());
    const nodes: RedisServer[] = [];
    const lost: Lost[] = [];
    await inParallel(names.slice(0, MOST), AT_ONCE, async name => {
      await connect(name).then(node => nodes.push(node), (error: Error) => lost.push({ name, message: error.message }));
    });
    if (nodes.length === 0) throw new Error(`None of its nodes can be reached at the address that it names: ${lost[0]?.name}: ${lost[0]?.message}`);
    return new RedisCluster(nodes, lost);

  }

  /** The clock that differs most from that of this machine: Unix time in seconds. */
  async time(): Promise<number> {

    const now = Date.now() / 1000;
    const times = await Promise.all(this.nodes.map(node => node.time()));
    return times.reduce((worst, time) => Math.abs(time - now) > Math.abs(worst - now) ? time : worst, now);

  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.close()));
  }

}

/** @returns the hosts and ports of all nodes; without a right, only of those that serve slots */
async function namesOf(asked: RedisServer): Promise<readonly string[]> {

  const { hostname } = new URL(`redis://${asked.name}`);
  // A node that does not say its host is the one that was asked.
  const name = (host: string | null | undefined, port: unknown) => `${host?.includes(':') ? `[${host}]` : host || hostname}:${port}`;
  const nodes = await asked.ask('CLUSTER', 'NODES').catch(() => null);
  if (nodes === null) {
    const ranges = await asked.ask('CLUSTER', 'SLOTS') as readonly Range[];
    return [...new Set(ranges.flatMap(([, , ...servers]) => servers.map(([host, port]) => name(host, port))))];
  }
  // Lines such as `id 10.0.0.1:6379@16379,name flags …`
  return String(nodes).split('\n').flatMap(line => {
    const [, address, port, announced, flags = ''] = /^\w+ ([^@ ]*):(\d+)(?:@\d+)?(?:,([^, ]*)\S*)? (\S+) /.exec(line) ?? [];
    // These are not known yet, or no longer.
    return port === undefined || /noaddr|handshake/.test(flags) ? [] : [name(announced || address, port)];
  });

}

/** @throws the last error, if all fail */
async function firstOf<T>(hosts: readonly string[], connect: (host: string) => Promise<T>): Promise<T> {

  let problem: unknown;
  for (const host of hosts) {
    try {
      return await connect(host);
    } catch (error) {
      problem = error;
    }
  }
  throw problem;

}
