import { createClient } from 'redis';
import { storedId } from '../../../src/id/stored-id.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { redisUrl } from '../servers/addresses.js';
import { damage } from './corpus.js';
import { type Engine, newName, PACKED } from './rows.js';

/** The fields of the first line, and under it the values. */
const FIELDS = ['ends_at', 'used_at', 'hash', 'version', 'former', 'about'];

export function redis(): Engine {

  const prefix = `${newName()}:`;
  const client = createClient({ url: redisUrl(), commandOptions: { timeout: 0 } });
  const keyOf = (id: string) => prefix + storedId(id).handle;
  const partsOf = async (id: string) => {
    const value = String(await client.get(keyOf(id)));
    const end = value.indexOf('\n');
    return { header: value.slice(0, end).split(' '), data: value.slice(end) };
  };
  return {
    name: 'RedisStore',
    open: async () => {
      await client.connect();
      return {
        store: new RedisStore({ client, prefix }),
        read: async (id, column) => {
          const { header, data } = await partsOf(id);
          return column === 'data' ? data : header[FIELDS.indexOf(column)] as string;
        },
        write: async (id, column, value) => {
          const { header, data } = await partsOf(id);
          if (column === 'key') {
            await (value as (key: string) => Promise<unknown>)(keyOf(id));
          } else if (column === 'whole') {
            await client.set(keyOf(id), value as string, { expiration: 'KEEPTTL' });
          } else if (column === 'data') {
            await client.set(keyOf(id), Buffer.concat([Buffer.from(header.join(' ')), Buffer.from(value as string)]), { expiration: 'KEEPTTL' });
          } else {
            header[FIELDS.indexOf(column)] = String(value);
            await client.set(keyOf(id), header.join(' ') + data, { expiration: 'KEEPTTL' });
          }
        },
      };
    },
    close: async () => {
      for await (const keys of client.scanIterator({ MATCH: `${prefix}*` })) if (keys.length > 0) await client.del(keys);
      client.destroy();
    },
    format: PACKED,
    data: 'data',
    info: 'about',
    columns: {
      data: [
        damage('bytes that are no text', Buffer.from([0xff, 0xfe, 0xc3]), 'unreadable'),
        damage('a line without a value', '\nabc\n', 'unreadable'), damage('a key with a broken escape', '\n\\x\t1\n', 'unreadable'),
      ],
      about: [],
      ends_at: [
        damage('letters', 'x'.repeat(13), 'unreadable'), damage('a time before all times', '-000000000001', 'gone'),
        damage('a time in seconds', String(Math.floor(Date.now() / 1000) + 3600).padStart(13, '0'), 'gone'),
        damage('a number without end', '1e400'.padEnd(13, '0'), 'unreadable'), damage('the last time', '9'.repeat(13), 'unreadable'),
      ],
      hash: [damage('the hash of another id', storedId('another').hash, 'gone')],
      former: [damage('something else', 'x', 'served'), damage('its own hash', `${'9'.repeat(13)}${storedId('another').hash}`, 'served')],
      whole: [
        damage('nothing', '', 'unreadable'), damage('JSON', '{"userId":"bob"}', 'unreadable'), damage('an older form', 'v1 userId bob', 'unreadable'),
        damage('eight megabytes of something else', 'x'.repeat(2 ** 23), 'unreadable'),
      ],
      key: [
        damage('a list', async (key: string) => {
          await client.del(key);
          await client.lPush(key, 'userId');
        }, 'unreadable'),
        damage('a key that never expires, of a session that has', async (key: string) => {
          const value = String(await client.get(key));
          await client.set(key, `0000000000001${value.slice(13)}`);
        }, 'gone'),
      ],
    },
  };

}
