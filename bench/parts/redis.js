/*
 * What RedisStore costs beside what it is made of: a read within a request beside
 * one that keeps the session as one JSON text, by the same client's GET, and a change
 * beside the least that a script must do to change a session. The rate is that of
 * calls a second, of which 50 are under way; the times are those of the two
 * processors, since the client and the server wait for each other.
 *
 * A change prolongs a session only once in a while, and names the texts that it was
 * made from: so it is measured here. The changed text is as long as before, or not;
 * or the session has changed since, so that the server has to merge.
 *
 * The server is that of the tests: `make bench` starts it. Each client has a process
 * of its own.
 */
import { versionOf } from '../lib/peers.js';
import { REDIS_CLIENTS } from '../lib/redis-clients.js';
import { figure, report, rounded } from '../lib/report.js';
import { median, ratios } from '../lib/rounds.js';
import { SESSIONS } from '../lib/stored-sessions.js';
import { startWorker } from '../lib/worker.js';

const ROUNDS = 11;
/** Rounds before those that count: the compiler is at work. */
const WARM_UP = 3;

/** What is compared with what, and the least that its rate is to be. */
const COMPARED = {
  'a read, within a request': ['read', 'bare read', { '300 B': 0.6, '4 KiB': 0.6 }],
  'a change, as long as before': ['change, as long', 'least script', { '300 B': 0.8, '4 KiB': 0.7 }],
  'a change to a longer text': ['change, longer', 'least script', { '300 B': 0.8, '4 KiB': 0.7 }],
  'a change that is merged': ['change, merged', 'least script', {}],
};
const CONTESTANTS = ['bare read', 'read', 'least script', 'change, as long', 'change, longer', 'change, merged'];

const figures = [];
const versions = Object.fromEntries(Object.values(REDIS_CLIENTS).map(each => [each.package, versionOf(each.package)]));
for (const client of Object.keys(REDIS_CLIENTS)) {
  for (const size of Object.keys(SESSIONS)) figures.push(...compared(`${client}, ${size}`, size, await measured(client, size)));
}
report('RedisStore beside its client', figures, versions);

async function measured(client, size) {

  const costs = Object.fromEntries(CONTESTANTS.map(name => [name, []]));
  const worker = await startWorker(new URL('../lib/redis-worker.js', import.meta.url), client, size, process.env.SESSION_TEST_REDIS_URL);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const name of CONTESTANTS) {
      const cost = await worker.call('round', name);
      if (round >= 0) costs[name].push(cost);
    }
  }
  versions['Redis server'] = await worker.call('version');
  worker.stop();
  return costs;

}

/** The figures of one client and session: a row for each operation. */
function compared(group, size, costs) {

  return Object.entries(COMPARED).flatMap(([operation, [ours, base, goals]]) => {
    const row = `${group}: ${operation}`;
    const of = (name, part) => costs[name].map(cost => cost[part]);
    const time = (column, part, more = {}) => {
      const ratio = rounded(median(of(ours, part)) / median(of(base, part)));
      return figure(row, column, 'µs', of(ours, part), { ...more, ratio, to: 'its own' });
    };
    const goal = goals[size] === undefined ? {} : { goal: goals[size] };
    return [
      figure(row, 'rate', '× its own', ratios(of(base, 'elapsed'), of(ours, 'elapsed')), goal),
      time('client', 'cpu'),
      time('server', 'server', executed(costs[ours])),
    ];
  });

}

/** The commands that the server ran for one call, and the round trips: a script is one, and what it calls is none. */
function executed(costs) {

  const commands = costs[0].commands;
  const all = Object.values(commands).reduce((sum, times) => sum + times, 0);
  const scripts = commands.evalsha ?? 0;
  return scripts > 0 ? { commands: all, trips: scripts } : { commands: all };

}
