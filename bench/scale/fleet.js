import { startRedisCluster } from '../../build/test/support/servers/redis.js';
import { temporaryFolder } from '../../build/test/support/servers/server.js';
import { startApplication } from './application.js';
import { startClients } from './clients.js';
import { fill } from './filled.js';
import { admin, cpuOf } from './redis-admin.js';

const CONNECTIONS = 48;
const REQUESTS = { read: '/read', change: '/change' };

/**
 * Application processes on a Redis cluster of three masters with a replica each:
 * rates, CPU time, commands and bytes for each request, and how the sessions are
 * spread.
 */
export async function fleet({ sessions, requests, processes }) {

  const servers = await startRedisCluster();
  const address = servers.map(({ url }) => url).join(',');
  const { seconds: filling, idsIn } = await fill(address, { count: sessions, bytes: 300, folder: temporaryFolder() });
  const masters = await Promise.all(servers.slice(0, 3).map(({ url }) => admin(url)));
  const keys = await Promise.all(masters.map(master => master.command('DBSIZE')));
  const clients = startClients(idsIn);
  const rows = [];
  const applications = [];
  for (const count of processes) {
    while (applications.length < count) applications.push(await startApplication(address));
    for (const [kind, path] of Object.entries(REQUESTS)) {
      const load = { ports: applications.map(({ port }) => port), path, connections: CONNECTIONS / count };
      await clients.send({ ...load, amount: requests / 2 * count });
      rows.push({ processes: count, kind, ...await measured(() => clients.send({ ...load, amount: requests }), applications, masters) });
    }
  }
  const commands = {};
  for (const [kind, path] of Object.entries(REQUESTS)) {
    const ends = await Promise.all(masters.map(master => master.watch()));
    const { requests: sent } = await clients.send({ ports: [applications[0].port], path, connections: 4, amount: 1000 });
    commands[kind] = sum(ends.map(end => end())) / sent;
  }
  await clients.stop();
  await Promise.all(applications.map(application => application.stop()));
  for (const master of masters) master.close();
  return { servers, address, result: { sessions, perSecondFilled: sessions / filling, keys, commands, rows } };

}

/** What a load costs applications and masters, for each request. */
async function measured(load, applications, masters) {

  const figures = async () => ({
    application: sum(await Promise.all(applications.map(({ cpu }) => cpu()))),
    redis: sum(await Promise.all(masters.map(cpuOf))),
    net: await Promise.all(masters.map(master => master.info('stats'))),
  });
  const before = await figures();
  const result = await load();
  const after = await figures();
  const net = name => (sum(after.net.map(stats => stats[name])) - sum(before.net.map(stats => stats[name]))) / result.requests;
  return {
    ...result,
    applicationCpu: (after.application - before.application) / result.requests,
    redisCpu: (after.redis - before.redis) / result.requests,
    bytesToRedis: net('total_net_input_bytes') - net('total_net_repl_input_bytes'),
    // The total includes what replicas get.
    bytesFromRedis: net('total_net_output_bytes') - net('total_net_repl_output_bytes'),
    bytesToReplicas: net('total_net_repl_output_bytes'),
  };

}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
