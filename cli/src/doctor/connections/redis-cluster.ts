import type { Address } from '../../address.js';
import { RedisServer } from './redis.js';

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

    const [, scheme, login = '', hosts = ''] = /^(rediss?)\+cluster:\/\/(.*@)?([^/?]*)/is.exec(url) ?? [];
    const connect = (host: string) => RedisServer.connect({ url: `${scheme}://${login}${host}`, options });
    const first = await firstOf(hosts.split(','), connect);
    try {
      const names = namesOf(String(await first.ask('CLUSTER', 'NODES')));
      const connected = await Promise.allSettled(names.map(connect));
      const nodes = connected.flatMap(each => each.status === 'fulfilled' ? [each.value] : []);
      const lost = connected.flatMap((each, index) => (
        each.status === 'rejected' ? [{ name: names[index] as string, message: (each.reason as Error).message }] : []));
      return new RedisCluster(nodes, lost);
    } finally {
      await first.close();
    }

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

/** Reads lines such as `id 10.0.0.1:6379@16379,name flags …`. */
function namesOf(nodes: string): readonly string[] {

  return nodes.split('\n').flatMap(line => {
    const [, name, flags = ''] = /^\w+ ([^@ ]+:\d+)@\S* (\S+) /.exec(line) ?? [];
    // These are not known yet, or no longer.
    return name && !/noaddr|handshake/.test(flags) ? [name] : [];
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
