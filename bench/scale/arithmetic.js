/*
 * What 10⁶, 10⁸ and 10⁹ sessions need, computed from what was measured. Each row
 * has its formula; the names in the formulas are those of `INPUTS`, and of rows
 * above.
 */

/** What the computation assumes; not measured. */
export const ASSUMED = {
  'life of a session, in days': 14,
  'requests of a session in a day': 20,
  'requests in the busiest second, compared with the average': 3,
  'changes among the requests': 0.2,
  'sessions of a user': 1,
  'GiB of sessions in a Redis master': 16,
  'share of a core that may be busy': 0.5,
};

const DAY = 86_400;
const GIB = 2 ** 30;

/** The sessions for which it is computed. */
export const SCALES = [1e6, 1e8, 1e9];

export const STORES = ['memory', 'Redis', 'PostgreSQL', 'MariaDB', 'SQLite'];

/** What was measured of the bytes of sessions, of all stores. */
export function bytesIn(data) {

  return STORES.flatMap(store => data[`bytes-${store}`].result.map(row => ({ store, ...row })));

}

/** What is measured, by the names that formulas use. */
export function inputs(data) {

  const ofCluster = kind => data.fleet.result.rows.find(row => row.processes === 1 && row.kind === kind);
  const [read, change] = [ofCluster('read'), ofCluster('change')];
  const mixed = name => (1 - ASSUMED['changes among the requests']) * read[name] + ASSUMED['changes among the requests'] * change[name];
  const million = store => bytesIn(data).find(row => row.store === store && row.count === 1e6);
  const steadyGrowth = store => {
    const row = bytesIn(data).find(each => each.store === store && each.size === 300 && typeof each.steady === 'number');
    return row.steady / row.full;
  };
  const { limits } = million('Redis');
  return {
    applicationCpu: mixed('applicationCpu'),
    redisCpu: mixed('redisCpu'),
    bytesToRedis: mixed('bytesToRedis'),
    bytesFromRedis: mixed('bytesFromRedis'),
    appendedPerChange: change.bytesToReplicas,
    redisBytes: million('Redis').full,
    table: Object.fromEntries(['PostgreSQL', 'MariaDB', 'SQLite'].map(store => [store, {
      bytes: million(store).full * steadyGrowth(store), swept: million(store).sweptPerSecond,
    }])),
    forkPerGib: limits.fork / 1000 / (limits.memory / GIB),
    savedPerSecond: limits.count / limits.rewriting,
    copiedPerChange: limits.copied / limits.changes,
    loadedPerSecond: limits.count / limits.secondsFromSnapshot,
    replayedPerSecond: limits.count / limits.secondsFromCommands,
    savedBytes: limits.saved / limits.count,
    expiredPerSecond: limits.expiredPerSecond,
  };

}

/** A row: its name, its unit, its formula in words, and the value for a number of sessions. */
export function rows(data) {

  const i = inputs(data);
  const busy = ASSUMED['share of a core that may be busy'];
  const perDay = ASSUMED['requests of a session in a day'];
  const peak = ASSUMED['requests in the busiest second, compared with the average'];
  const perMaster = ASSUMED['GiB of sessions in a Redis master'] * GIB;

  const requests = sessions => sessions * perDay / DAY * peak;
  const memory = sessions => sessions * i.redisBytes / GIB;
  const forMemory = sessions => Math.ceil(sessions * i.redisBytes / perMaster);
  const forCpu = sessions => Math.ceil(requests(sessions) * i.redisCpu / 1e6 / busy);
  const masters = sessions => Math.max(forMemory(sessions), forCpu(sessions));
  const ofMaster = sessions => sessions / masters(sessions);
  const ends = sessions => sessions / ASSUMED['life of a session, in days'] / DAY;
  const saving = sessions => ofMaster(sessions) / i.savedPerSecond;
  const changing = sessions => requests(sessions) * ASSUMED['changes among the requests'] / masters(sessions);

  return [
    ['requests a second', '', 'sessions × requests in a day ÷ 86,400 × peak', requests],
    ['cores of application processes', '', 'requests × application CPU ÷ busy share', sessions => Math.ceil(requests(sessions) * i.applicationCpu / 1e6 / busy)],
    ['memory of all masters', 'GiB', 'sessions × bytes of a session in Redis', memory],
    ['masters for the memory', '', 'memory ÷ GiB of a master', forMemory],
    ['masters for the commands', '', 'requests × Redis CPU ÷ busy share', forCpu],
    ['masters; the same number of replicas', '', 'the larger of the two', masters],
    ['network, application to Redis', 'Mbit/s', 'requests × bytes to Redis × 8', sessions => requests(sessions) * i.bytesToRedis * 8 / 1e6],
    ['network, Redis to application', 'Mbit/s', 'requests × bytes from Redis × 8', sessions => requests(sessions) * i.bytesFromRedis * 8 / 1e6],
    ['sessions that end, and begin, a second', '', 'sessions ÷ life', ends],
    ['of these on a master', '', '÷ masters', sessions => ends(sessions) / masters(sessions)],
    ['part of what a master can remove', '%', '× 2 keys of a session ÷ keys expired a second × 100', sessions => 2 * ends(sessions) / masters(sessions) / i.expiredPerSecond * 100],
    ['fork of a master, which answers no one then', 'ms', 'memory ÷ masters × fork time of a GiB', sessions => memory(sessions) / masters(sessions) * i.forkPerGib],
    ['time to save a master', 's', 'sessions ÷ masters ÷ saved a second', saving],
    ['memory that is copied in that time', 'GiB', 'changes a second on a master × that time × copied bytes of a change; at most all of it',
      sessions => Math.min(changing(sessions) * saving(sessions) * i.copiedPerChange / GIB, memory(sessions) / masters(sessions))],
    ['append-only file of a master, grows in a day', 'GiB', 'sessions × requests in a day × changes ÷ masters × bytes to replicas',
      sessions => ofMaster(sessions) * perDay * ASSUMED['changes among the requests'] * i.appendedPerChange / GIB],
    ['file of a master, written anew', 'GiB', 'sessions ÷ masters × saved bytes', sessions => ofMaster(sessions) * i.savedBytes / GIB],
    ['start of a master from that file', 's', 'sessions ÷ masters ÷ loaded a second', sessions => ofMaster(sessions) / i.loadedPerSecond],
    ['start from commands alone', 's', 'sessions ÷ masters ÷ replayed a second', sessions => ofMaster(sessions) / i.replayedPerSecond],
    ...Object.entries(i.table).flatMap(([store, { bytes, swept }]) => [
      [`disk of ${store}`, 'GiB', `sessions × bytes in ${store}, in use`, sessions => sessions * bytes / GIB],
      [`one clean-up of ${store}`, 'min', 'sessions ÷ rows swept a second ÷ 60', sessions => sessions / swept / 60],
    ]),
  ].map(([name, unit, formula, compute]) => ({ name, unit, formula, values: SCALES.map(compute) }));

}
