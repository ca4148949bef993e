import { count } from '../../output.js';
import { type Check, type Finding, problem, warning } from '../check.js';
import type { RedisServer } from '../connections/redis.js';
import type { RedisCluster } from '../connections/redis-cluster.js';
import { REDIS_CHECKS } from './redis-checks.js';

const SLOTS = 16_384;

/** A cluster has replicas, too. */
const OF_ONE_SERVER: readonly string[] = ['role'];

/** What can be wrong with a cluster of Redis or Valkey, and with each of its nodes. */
export const CLUSTER_CHECKS: ReadonlyArray<Check<RedisCluster>> = [
  {
    name: 'nodes',
    what: 'whether every node can be reached, also the replicas',
    look: ({ lost: [first, ...others] }) => (first
      ? warning(`${withOthers(first.name, others.length)} can't be reached: ${first.message}`, 'Start it, or let the cluster forget it: redis-cli --cluster check says which nodes there are')
      : null),
  },
  {
    name: 'slots',
    what: 'whether there is a master for each slot',
    look: async ({ nodes: [any] }) => {
      const info = await (any as RedisServer).fields('CLUSTER', 'INFO');
      const missing = SLOTS - Number(info.get('cluster_slots_ok') ?? 0);
      return missing > 0
        ? problem(`${count(missing)} of ${count(SLOTS)} slots of the cluster have no master: sessions there can't be read or kept`, 'Start the masters that are down, or let replicas take their places: redis-cli --cluster check says which')
        : null;
    },
  },
  ...REDIS_CHECKS.filter(({ name }) => !OF_ONE_SERVER.includes(name)).map(onEachNode),
];

function onEachNode({ name, what, look }: Check<RedisServer>): Check<RedisCluster> {

  return {
    name,
    what: `${what}, on each node`,
    look: async ({ nodes }) => {
      const found: Array<Finding & { readonly node: string }> = [];
      for (const node of nodes) {
        const finding = await look(node);
        if (finding) found.push({ ...finding, node: node.name });
      }
      const worst = found.find(({ severity }) => severity === 'problem') ?? found[0];
      return worst ? { ...worst, says: `${withOthers(worst.node, found.length - 1)}: ${worst.says}` } : null;
    },
  };

}

function withOthers(node: string, others: number): string {

  return others === 0 ? node : `${node} and ${count(others)} more`;

}
