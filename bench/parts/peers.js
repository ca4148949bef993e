/*
 * What sessions add to a request of each peer: the processor's time with them less
 * that of the same framework without, over a connection that stays in the process.
 * The requests and answers are real ones; the network is left out.
 */
import assert from 'node:assert/strict';
import { aboutPeer, OURS, PEERS, startPeer } from '../lib/peers.js';
import { figure, report, rounded } from '../lib/report.js';
import { inTurns, less, median } from '../lib/rounds.js';

const KINDS = ['anonymous', 'read', 'change', 'new session'];
const ROUNDS = 10;
/** Requests before those that count: the compiler is at work during the first thousands. */
const WARM_UP = 5000;
/** The time of a round, in microseconds. */
const ROUND_TIME = 40_000;

const ours = await aboutPeer(OURS);
const figures = [];
const versions = {};
for (const [index, name] of PEERS.entries()) {
  process.stderr.write(`${index + 1} of ${PEERS.length}: ${name}\n`);
  const [peer, bare] = await Promise.all([startPeer(name, true), startPeer(name, false)]);
  const about = await aboutPeer(name);
  Object.assign(versions, about.versions);
  for (const kind of KINDS) {
    await check(kind, peer, bare);
    for (const each of [peer, bare]) await each.call('round', kind, WARM_UP);
    const { cpu } = await peer.call('round', kind, 100);
    const count = Math.ceil(ROUND_TIME / cpu);
    const contestants = { peer: () => peer.call('round', kind, count), bare: () => bare.call('round', kind, count) };
    const costs = await inTurns(contestants, { rounds: ROUNDS, warmUp: 1 });
    figures.push(figure(kind, about.title, 'µs', less(costs.peer.cpu, costs.bare.cpu), {
      elapsed: rounded(median(less(costs.peer.elapsed, costs.bare.elapsed))),
    }));
  }
  peer.stop();
  bare.stop();
}
addRatios();
report('What sessions add to a request of their framework, in time of the processor', figures, versions);

/** With sessions and without, a page must say the same. */
async function check(kind, peer, bare) {

  const [seen, without] = [await peer.call('seen', kind), await bare.call('seen', kind)];
  assert.equal(seen.isOk && without.isOk, true);
  assert.equal(seen.body, without.body);
  assert.equal(without.cookies, '');
  if (kind === 'new session') assert.notEqual(seen.cookies, '');

}

/** Names the best of the others beside ours. A request without a session costs most of them nothing that can be measured. */
function addRatios() {

  const isOther = ({ name }) => !name.startsWith('@curveball/');
  for (const own of figures.filter(({ group, name }) => name === ours.title && group !== 'anonymous')) {
    const [best] = figures.filter(each => each.group === own.group && isOther(each)).sort((a, b) => a.value - b.value);
    Object.assign(own, { ratio: rounded(own.value / best.value), to: best.name });
  }

}
