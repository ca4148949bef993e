import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import type { SessionStore, SessionStoreError, StoreFailed } from '../../src/index.js';
import { originalOf } from '../../src/plain-error.js';
import { MysqlStore } from '../../src/stores/mysql-store.js';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { type IoredisClient, type NodeRedisClient, RedisStore } from '../../src/stores/redis-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { site } from '../support/site.js';
import { DRIVERS } from './sqlite-drivers.js';

const SECRET = 'planted-hunter2';

interface Breakable {
  readonly store: SessionStore;
  /** Lets the engine refuse to write from here on, with an error of its own. */
  refuseWrites(): Promise<unknown>;
  close(): Promise<unknown>;
}

const TABLE = 'told_errors';
const PREFIX = 'told-errors:';

async function onRedis(client: NodeRedisClient | IoredisClient, close: () => unknown): Promise<Breakable> {

  const other = createClient({ url: redisUrl() });
  await other.connect();
  const keys = () => other.keys(`${PREFIX}*`);
  return {
    store: new RedisStore({ client, prefix: PREFIX }),
    // What is under the key of a session is none: the scripts that change it fail.
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
      // The detail of this error shows the row.
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

/** Everything that can be seen of an error, as a logger may show it. */
const seen = (error: unknown) => inspect(error, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true });

/** Drivers that repeat in their errors what they were given: a test of them shows that it would find it. */
const REPEATING = ['ioredis', 'pg'];

describe('What is told of a store that failed', () => {

  for (const [name, open] of Object.entries(ENGINES)) {
    it(`holds no value, key or user of a session: ${name}`, async () => {

      const told: StoreFailed[] = [];
      const listener = (event: unknown) => told.push(event as StoreFailed);
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
        strictEqual(told.length, 1);
        for (const error of [...errors, ...told.map(event => event.error)]) {
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

});
