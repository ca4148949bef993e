/*
 * What a server spends on a read over a socket, with 50 connections: ours beside
 * the same server that only sets the two headers, and each peer beside its
 * framework without sessions. The load comes from another process.
 */
import assert from 'node:assert/strict';
import { aboutPeer, OURS, PEERS, startPeer, startServer } from '../lib/peers.js';
import { figure, report, rounded } from '../lib/report.js';
import { readResults } from '../lib/results.js';
import { inTurns, median, ratios } from '../lib/rounds.js';
import { startWorker } from '../lib/worker.js';

const ROUNDS = 5;
const REQUESTS = 3000;
const CONNECTIONS = 50;
const GOAL = 1.15;
const LIMIT = 'two headers';
const WITH = 'with sessions';
const WITHOUT = 'without';

const load = await startWorker(new URL('../lib/load-worker.js', import.meta.url));
const abouts = Object.fromEntries(await Promise.all(PEERS.map(async name => [name, await aboutPeer(name)])));

/** What a read adds without a network. A server that is busy for as long, and does nothing, is measured, too. */
const BUSY = readResults().requests.figures.find(({ group, name }) => group === 'read' && name === 'ours').value;
const BUSY_LIMIT = `two headers, and ${BUSY} µs of nothing`;

/** How a round of each is run, by what it is called here. A server without sessions gets the same requests, with the cookie. */
const contestants = {};
for (const name of PEERS) {
  const { cookie, round } = await contestant(await startPeer(name, true));
  contestants[`${name} true`] = round;
  contestants[`${name} false`] = (await contestant(await startPeer(name, false), cookie)).round;
  if (name !== OURS) continue;
  for (const [limit, query] of [[LIMIT, ''], [BUSY_LIMIT, `?busy=${BUSY}`]]) {
    const server = await startServer(new URL(`../two-headers.js${query}`, import.meta.url), false);
    contestants[limit] = (await contestant(server, cookie)).round;
  }
}

const onRound = (round, all) => process.stderr.write(`round ${round} of ${all}\n`);
const costs = await inTurns(contestants, { rounds: ROUNDS, warmUp: 3, onRound });
const figures = [];
add(LIMIT, costs[LIMIT], WITH);
add(BUSY_LIMIT, costs[BUSY_LIMIT], WITH, { ratio: rounded(median(ratios(costs[BUSY_LIMIT].cpu, costs[LIMIT].cpu))), to: LIMIT });
for (const name of PEERS) {
  const [peer, bare] = [costs[`${name} true`], costs[`${name} false`]];
  const versus = name === OURS && { ratio: rounded(median(ratios(peer.cpu, costs[LIMIT].cpu))), to: LIMIT, goal: GOAL };
  add(abouts[name].title, peer, WITH, versus);
  add(abouts[name].title, bare, WITHOUT);
}
const versions = Object.assign({}, ...Object.values(abouts).map(({ versions }) => versions));
report(`What a server spends on a read over ${CONNECTIONS} connections, in time of the processor`, figures, versions);
process.exit();

function add(title, { cpu, elapsed }, group, more) {

  figures.push(figure(group, title, 'µs', cpu, more));
  figures.push(figure(`${group}: rate`, title, '/s', elapsed.map(microseconds => 1e6 / microseconds)));

}

/**
 * Makes a server listen. It must give the right answer over a socket, too.
 *
 * @param cookieOfOther what clients send to a server that makes no cookie
 */
async function contestant(server, cookieOfOther) {

  const { port, cookie: own } = await server.call('listen');
  const cookie = own || cookieOfOther;
  const response = await fetch(`http://127.0.0.1:${port}/read`, { headers: { cookie } });
  assert.equal(await response.text(), '5');
  return { cookie, round };

  async function round() {
    const before = await server.call('cpu');
    const seconds = await load.call('load', { port, path: '/read', cookie, amount: REQUESTS, connections: CONNECTIONS });
    const cpu = await server.call('cpu') - before;
    return { cpu: cpu / REQUESTS, elapsed: seconds * 1e6 / REQUESTS };
  }

}
