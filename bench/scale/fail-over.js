import { setTimeout as wait } from 'node:timers/promises';
import calculateSlot from 'cluster-key-slot';
import { startApplication } from './application.js';
import { Browsers } from './browsers.js';
import { admin } from './redis-admin.js';

const APPLICATIONS = 2;
/** Milliseconds of load before and after the fault, and while it lasts. */
const AROUND = 2000;
const DURING = 10_000;

/** What is done to a master. */
const FAULTS = {
  killed: { begin: server => server.kill(), end: server => server.start() },
  silent: { begin: async server => server.freeze(), end: async server => server.thaw() },
};

/**
 * Lets a master of a cluster fail under load, and come back: what the sessions on
 * it get, what those on the others get, and what is lost.
 */
export async function failOver({ servers, address, fault, driver, fullCoverage = 'yes', during = DURING }) {

  // Whether the others refuse all commands while the slots of one are not served.
  for (const { url } of servers) await tell(url, 'CONFIG', 'SET', 'cluster-require-full-coverage', fullCoverage);
  const shards = (await mastersBy(servers[0])).map(({ url, slots }) => ({ server: servers.find(server => server.url === url), slots }));
  const failing = shards[0];
  const applications = [];
  while (applications.length < APPLICATIONS) applications.push(await startApplication(address, driver));
  const shardOf = id => shards.findIndex(({ slots }) => slots.some(([from, to]) => slotOf(id) >= from && slotOf(id) <= to));
  const browsers = new Browsers(applications.map(({ port }) => port), shardOf);
  try {
    await browsers.begin();
    await wait(AROUND);
    const start = performance.now();
    await FAULTS[fault].begin(failing.server);
    const takenOver = takeOver(shards[1].server, failing.server);
    await wait(during);
    const back = performance.now();
    await FAULTS[fault].end(failing.server);
    await isReplica(failing.server);
    await wait(AROUND);
    await browsers.stop();
    return { fault, driver, fullCoverage, takenOver: await takenOver, ...effects(browsers.events, { start, back }), ...await browsers.compare() };
  } finally {
    await Promise.all(applications.map(application => application.stop()));
  }

}

function slotOf(id) {
  return calculateSlot(`session:${id.slice(0, 16)}`);
}

/** The masters that one of the nodes knows, with their slots. */
async function mastersBy(node) {

  const lines = String(await tell(node.url, 'CLUSTER', 'NODES')).trim().split('\n').map(line => line.split(' '));
  return lines.filter(([, , flags]) => flags.includes('master') && !flags.includes('fail')).map(([, address, , , , , , , ...slots]) => ({
    url: `redis://${address.split('@')[0]}`,
    slots: slots.map(range => range.split('-').map(Number)).map(([from, to = from]) => [from, to]),
  })).filter(({ slots }) => slots.length > 0);

}

/** The seconds until another node knows a new master in place of one that fails. */
async function takeOver(witness, failing) {

  const start = performance.now();
  for (;;) {
    const masters = await mastersBy(witness);
    if (masters.length === 3 && !masters.some(({ url }) => url === failing.url)) return Math.round(performance.now() - start) / 1000;
    if (performance.now() - start > DURING * 2) return null;
    await wait(50);
  }

}

async function tell(url, ...words) {

  const { command, close } = await admin(url);
  try {
    return await command(...words);
  } finally {
    close();
  }

}

async function isReplica(server) {

  for (;;) {
    const found = await admin(server.url).then(async ({ info, close }) => {
      const state = await info('replication');
      close();
      return state;
    }).catch(() => ({}));
    if (found.role === 'slave' && found.master_link_status === 'up') return;
    await wait(100);
  }

}

/** What the sessions on the master that failed got, which is the first shard, and what the others got. */
function effects(events, { start, back }) {

  const during = events.filter(({ at, took }) => at + took >= start && at < back);
  const after = events.filter(({ at }) => at >= back);
  const isFailure = ({ status }) => status !== 200;
  const here = during.filter(({ shard }) => shard === 0);
  const ends = here.filter(isFailure).map(({ at, took }) => at + took - start);
  const secondsOf = milliseconds => Math.round(milliseconds) / 1000;
  const longest = some => some.reduce((most, { took }) => Math.max(most, took), 0);
  return {
    requests: events.length,
    outage: secondsOf(Math.max(0, ...ends)),
    statuses: counted(during.filter(isFailure).map(({ kind, status }) => `${kind} ${status}`)),
    longest: Math.round(longest(here)),
    othersFailed: during.filter(each => isFailure(each) && each.shard !== undefined && each.shard !== 0).length,
    othersLongest: Math.round(longest(during.filter(({ shard }) => shard !== undefined && shard !== 0))),
    afterFailed: after.filter(isFailure).length,
    afterLongest: Math.round(longest(after)),
  };

}

function counted(words) {

  const counts = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;

}
