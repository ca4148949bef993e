import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { originalOf } from '../../src/base/plain-error.js';
import type { SessionStore, SessionStoreError, SessionValues, StoreFailed } from '../../src/index.js';
import { MysqlStore } from '../../src/stores/mysql-store.js';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { type IoredisClient, type NodeRedisClient, RedisStore } from '../../src/stores/redis-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { site } from '../support/site.js';
import { DRIVERS } from './sqlite/sqlite-drivers.js';

const SECRET = 'planted-hunter2';

interface Breakable {
  readonly store: SessionStore;
  /** Makes the engine refuse all further writes with an error of its own. */
  refuseWrites(): Promise<unknown>;
  close(): Promise<unknown>;
}

const TABLE = 'reported_errors';
const PREFIX = 'reported-errors:';

async function onRedis(client: NodeRedisClient | IoredisClient, close: () => unknown): Promise<Breakable> {

  const other = createClient({ url: redisUrl() });
  await other.connect();
  const keys = () => other.keys(`${PREFIX}*`);
  return {
    store: new RedisStore({ client, prefix: PREFIX }),
    // The key of a session holds another type: the scripts that change it fail.
    refuseWrites: async () => {
      for (const key of await keys()) {
        await other.del(key);
        await other.rPush(key, 'x');
      }
    },
    close: async () => {
      const all = await keys();
      if (all.length > 0) await other.del(all);
      other.destroy();
      await close();
    },
  };

}

const ENGINES: { readonly [name: string]: () => Promise<Breakable> } = {

  'ioredis': async () => {
    const client = new Redis(redisUrl());
    return onRedis(client, () => client.disconnect());
  },

  'redis 6': async () => {
    const client = createClient({ url: redisUrl() });
    await client.connect();
    return onRedis(client, () => client.destroy());
  },

  'redis 5': async () => {
    const client = createClient5({ url: redisUrl() });
    await client.connect();
    return onRedis(client, () => client.destroy());
  },

  'pg': async () => {
    const pool = new pg.Pool({ connectionString: postgresUrl() });
    const store = new PostgresStore({ pool, table: TABLE });
    await pool.query(`DROP TABLE IF EXISTS ${TABLE}`);
    await store.setup();
    return {
      store,
      // The `detail` of this error shows the row.
      refuseWrites: () => pool.query(`ALTER TABLE ${TABLE} ADD CONSTRAINT refused CHECK (false) NOT VALID`),
      close: async () => {
        store.close();
        await pool.query(`DROP TABLE ${TABLE}`);
        await pool.end();
      },
    };
  },

  'mysql2': async () => {
    const pool = mysql.createPool(mysqlUrl());
    const store = new MysqlStore({ pool, table: TABLE });
    await pool.query(`DROP TABLE IF EXISTS ${TABLE}`);
    await store.setup();
    return {
      store,
      refuseWrites: () => pool.query(`CREATE TRIGGER refused BEFORE UPDATE ON ${TABLE} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'`),
      close: async () => {
        store.close();
        await pool.query(`DROP TABLE ${TABLE}`);
        await pool.end();
      },
    };
  },

  ...Object.fromEntries(Object.entries(DRIVERS).map(([name, open]) => [name, async () => {
    const database = await open(':memory:');
    const store = new SqliteStore({ database, table: TABLE });
    await store.setup();
    return {
      store,
      refuseWrites: async () => database.exec(`CREATE TRIGGER refused BEFORE UPDATE ON ${TABLE} BEGIN SELECT RAISE(ABORT, 'refused'); END`),
      close: async () => {
        store.close();
        database.close();
      },
    };
  }])),

};

/** Everything that a logger may show of an error. */
const seen = (error: unknown) => inspect(error, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true });

/** Drivers whose errors repeat the values of a command: with them, the test proves that it would find a value. */
const REPEATING = ['ioredis', 'pg'];

describe('The report of a failed store', () => {

  for (const [name, open] of Object.entries(ENGINES)) {
    it(`holds no value, key or user of a session: ${name}`, async () => {

      const reported: StoreFailed[] = [];
      const listener = (event: unknown) => reported.push(event as StoreFailed);
      subscribe('curveball:session:failed', listener);
      const { store, refuseWrites, close } = await open();
      try {
        const { browser, errors } = site({
          '/begin': ctx => { ctx.session = { userId: `user-${SECRET}`, [`key-${SECRET}`]: `value-${SECRET}` }; },
          '/change': async ctx => {
            ctx.session.more = `a longer text with "quotes" and ${SECRET}`;
            ctx.session[`another-${SECRET}`] = [SECRET];
            // Its session has been read.
            await refuseWrites();
          },
        }, { store, user: 'userId' });
        strictEqual((await browser.get('/begin')).status, 200);
        strictEqual((await browser.get('/change')).status, 503);
        deepStrictEqual(errors.map(error => (error as Error).name), ['SessionStoreError']);
        strictEqual(reported.length, 1);
        for (const error of [...errors, ...reported.map(event => event.error)]) {
          ok(!seen(error).includes(SECRET), seen(error));
          const cause = (error as SessionStoreError).cause as Error;
          ok(cause.message.length > 0 && /\n +at /.test(String(cause.stack)), seen(cause));
          if (REPEATING.includes(name)) ok(seen(originalOf(cause)).includes(SECRET), seen(originalOf(cause)));
        }
      } finally {
        unsubscribe('curveball:session:failed', listener);
        await close();
      }

    });
  }

  it('holds no session id, whatever the error of a store with four methods says', async () => {

    const reported: StoreFailed[] = [];
    const listener = (event: unknown) => reported.push(event as StoreFailed);
    subscribe('curveball:session:failed', listener);
    const kept = new Map<string, SessionValues>();
    const ids: string[] = [];
    let say: ((id: string) => string) | undefined;
    const failing = (id: string, isLate: boolean): Promise<void> => {
      if (!say) return Promise.resolve();
      const error = new Error(say(id), { cause: new Error(say(id)) });
      if (!isLate) throw error;
      return Promise.reject(error);
    };
    try {
      for (const isLate of [false, true]) {
        for (const failsAt of ['get', 'set', 'delete']) {
          const at = (method: string, id: string) => method === failsAt ? failing(id, isLate) : Promise.resolve();
          const store: SessionStore = {
            get: id => at('get', id).then(() => kept.get(id) ?? null),
            set: (id, values) => at('set', id).then(() => { kept.set(id, values); }),
            delete: id => at('delete', id).then(() => { kept.delete(id); }),
            // Only letters: its form could be that of a word.
            newSessionId: () => {
              const id = Array.from({ length: 40 }, () => String.fromCharCode(97 + randomInt(26))).join('');
              ids.push(id);
              return id;
            },
          };
          const { browser } = site({
            '/begin': ctx => { ctx.session.a = 1; },
            '/change': ctx => { ctx.session.a = 2; },
            '/end': ctx => { ctx.session = null; },
          }, { store });
          await browser.get('/begin');
          for (say of [
            (id: string) => `session ${id} is busy`, (id: string) => `Key 'session:${id}' is locked`, (id: string) => `no such file: /sessions/sess_${id}.json`,
            (id: string) => `not found: ${id.slice(10)}, ${id.slice(0, 30)}`, (id: string) => `${'/'.repeat(100_000)}${id}`,
          ]) strictEqual((await browser.get(failsAt === 'delete' ? '/end' : '/change')).status, 503);
          say = undefined;
        }
      }
      strictEqual(reported.length, 30);
      for (const { error } of reported) {
        ok(error.cause instanceof Error);
        for (const id of ids) for (const part of [id.slice(0, 16), id.slice(-16)]) ok(!seen(error).includes(part), seen(error));
      }
    } finally {
      unsubscribe('curveball:session:failed', listener);
    }

  });

});
