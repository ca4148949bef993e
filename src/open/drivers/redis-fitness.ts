import { UnfitServer } from './connection-errors.js';

const SLOTS = 16_384;

/** Sends a command, and returns its answer. */
export type Ask = (...words: string[]) => Promise<unknown>;

/** A range of slots, as CLUSTER SLOTS lists it: the first one, the last one, and their master with its address and id. */
type Range = readonly [from: number, to: number, master: readonly [host: unknown, port: unknown, id: unknown]];

/**
 * Refuses a server that can't have all sessions of an address: a sentinel, and a node
 * of a cluster with several masters, which answers most commands with MOVED. A user
 * may lack the right to ask, and then none is refused.
 *
 * @returns whether the server is a replica
 * @throws {UnfitServer}
 */
export async function checkedFitness(ask: Ask): Promise<{ readonly isReplica: boolean }> {

  const info = String(await unlessRefused(ask('INFO')));
  if (/^redis_mode:sentinel/m.test(info)) {
    throw new UnfitServer('ERR_SESSION_REDIS_SENTINEL', 'it is a sentinel, which keeps nothing: give the address of the master, or make a client with sentinels in the application');
  }
  if (/^cluster_enabled:1/m.test(info) && !await hasAllSlots(ask)) {
    throw new UnfitServer('ERR_SESSION_REDIS_CLUSTER', 'it is one node of a cluster, and has only a part of the sessions: the address of a cluster begins with redis+cluster:// or rediss+cluster://');
  }
  return { isReplica: /^role:slave/m.test(info) };

}

/** A cluster may have a single master, or a proxy in front of it that acts as one. */
async function hasAllSlots(ask: Ask): Promise<boolean> {

  const [ranges, id] = await Promise.all([unlessRefused(ask('CLUSTER', 'SLOTS')), unlessRefused(ask('CLUSTER', 'MYID'))]);
  if (!Array.isArray(ranges)) return true;
  const own = id === '' ? (ranges as Range[])[0]?.[2][2] : id;
  const served = (ranges as Range[]).filter(([, , master]) => master[2] === own).reduce((sum, [from, to]) => sum + to - from + 1, 0);
  return served === SLOTS;

}

async function unlessRefused(answer: Promise<unknown>): Promise<unknown> {

  return answer.catch(() => '');

}
