import { bytes, count } from '../../output.js';
import { type Check, problem, warning } from '../check.js';
import type { RedisServer } from '../connections/redis.js';

/** The part of its memory from which a server is nearly full. */
const NEARLY_FULL = 0.85;

/** Microseconds from which a command is slow, how many are more than chance, and the seconds in which they count. */
const LONG = 100_000;
const MANY = 5;
const HOUR = 3600;

const number = (info: ReadonlyMap<string, string>, name: string) => Number(info.get(name) ?? 0);

/** What can be wrong with a Redis or Valkey server. */
export const REDIS_CHECKS: ReadonlyArray<Check<RedisServer>> = [
  {
    name: 'role',
    what: 'whether the server is a replica',
    look: async server => {
      const info = await server.info('replication');
      return info.get('role') === 'slave'
        ? problem(`The server is a replica of ${info.get('master_host')}:${info.get('master_port')}: it refuses every change, and can still have sessions that have ended`, 'Give the address of the master')
        : null;
    },
  },
  {
    name: 'eviction',
    what: '`maxmemory-policy`',
    look: async server => {
      const info = await server.info('memory');
      const policy = info.get('maxmemory_policy');
      if (policy === undefined || policy === 'noeviction') return null;
      return number(info, 'maxmemory') > 0
        ? problem(`maxmemory-policy is ${policy}: when it is full, the server ends sessions before their time, and forgets when a user's sessions were ended`, 'CONFIG SET maxmemory-policy noeviction, and the same in its configuration file')
        : warning(`maxmemory-policy is ${policy}: as soon as maxmemory is set, the server ends sessions before their time`, 'CONFIG SET maxmemory-policy noeviction, and the same in its configuration file');
    },
  },
  {
    name: 'memory',
    what: `whether ${NEARLY_FULL * 100} % of \`maxmemory\` are used`,
    look: async server => {
      const info = await server.info('memory');
      const [used, most] = [number(info, 'used_memory'), number(info, 'maxmemory')];
      return most > 0 && used >= most * NEARLY_FULL
        ? problem(`${bytes(used)} of ${bytes(most)} are used: when it is full, the server refuses every change, or ends sessions before their time`, 'Raise maxmemory, or shorten the expiry of anonymous sessions')
        : null;
    },
  },
  {
    name: 'persistence',
    what: 'whether the sessions are written to a disk, and whether the last time succeeded',
    look: async server => {
      const info = await server.info('persistence');
      if (info.get('aof_last_write_status') === 'err' || info.get('rdb_last_bgsave_status') === 'err') {
        return problem('The server could not write its sessions to the disk', 'Look into its log, and at the space on its disk');
      }
      if (info.get('aof_enabled') === '1') return null;
      // A hosted server may refuse to tell.
      const save = await server.setting('save');
      return save === ''
        ? warning('Nothing is written to a disk: a restart of the server signs everyone out', 'CONFIG SET appendonly yes, and the same in its configuration file')
        : warning('Only snapshots are written to a disk: a crash loses the sessions, and the ends of sessions, since the last one', 'CONFIG SET appendonly yes, and the same in its configuration file');
    },
  },
  {
    name: 'durability',
    what: '`appendfsync`',
    look: async server => {
      if ((await server.info('persistence')).get('aof_enabled') !== '1') return null;
      return await server.setting('appendfsync') === 'no'
        ? warning('appendfsync is no: a crash of the machine loses the changes of about 30 seconds, sign-outs among them', 'CONFIG SET appendfsync everysec, and the same in its configuration file')
        : null;
    },
  },
  {
    name: 'slow-commands',
    what: `whether ${MANY} commands of the last hour took longer than ${LONG / 1000} ms: all others waited`,
    look: async server => {
      const entries = await server.ask('SLOWLOG', 'GET', '128') as ReadonlyArray<readonly [unknown, number, number, readonly string[]]>;
      const since = await server.time() - HOUR;
      // Without the arguments, which may be values.
      const slow = entries.filter(([, time, duration]) => Number(time) > since && Number(duration) > LONG)
        .map(([, , duration, [name = '']]) => ({ name: String(name).toUpperCase(), duration: Number(duration) })).sort((a, b) => b.duration - a.duration);
      const [slowest] = slow;
      return slowest && slow.length >= MANY
        ? warning(`${count(slow.length)} commands of the last hour took longer than ${LONG / 1000} ms, the slowest one, ${slowest.name}, ${count(slowest.duration / 1000)} ms: all requests wait for such a command`, 'See with SLOWLOG GET which program sends them; sessions need none of them')
        : null;
    },
  },
];
