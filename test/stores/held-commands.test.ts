import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { AtomicSessionStore, FoundSession, SessionChange } from '../../src/index.js';
import { MysqlStore } from '../../src/stores/mysql-store.js';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { type IoredisClient, type NodeRedisClient, RedisStore } from '../../src/stores/redis-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { SINGLE } from '../support/redis-clients.js';
import { mysqlUrl, postgresUrl } from '../support/servers/addresses.js';

const TABLE = 'session_held_commands';
const LIFE = { lifetime: 60 };

/** The first patience of the callers in these tests, in seconds. */
const SHORT = 0.02;

type Store = AtomicSessionStore & Required<Pick<AtomicSessionStore, 'move'>>;

/** A client of a database that holds commands back, like the queue of a process that is blocked. */
class Client {

  /** Functions that run before the next commands, one before each. */
  before: Array<() => unknown> = [];
  commands = 0;

  hold<Command extends unknown[]>(send: (...command: Command) => PromiseLike<unknown>): (...command: Command) => Promise<unknown> {

    return async (...command) => {
      this.commands++;
      await this.before.shift()?.();
      return send(...command);
    };

  }

}

const closing: Array<() => unknown> = [];
after(async () => {
  for (const close of closing) await close();
});

async function redis(kind: string, client: Client): Promise<Store> {

  const opened = await SINGLE[kind]();
  closing.push(opened.close);
  const { get, eval: run, evalSha, evalsha } = opened.client as unknown as Record<string, (...command: unknown[]) => PromiseLike<unknown>>;
  const methods = Object.entries({ get, eval: run, evalSha, evalsha }).filter(([, method]) => method);
  const held = Object.fromEntries(methods.map(([name, method]) => [name, client.hold(method.bind(opened.client))]));
  return new RedisStore({ client: held as unknown as NodeRedisClient | IoredisClient, prefix: `${TABLE}:` });

}

async function postgres(client: Client): Promise<Store> {

  const pool = new pg.Pool({ connectionString: postgresUrl() });
  const query = pool.query.bind(pool) as (...command: unknown[]) => Promise<unknown>;
  pool.query = client.hold(query) as never;
  const store = new PostgresStore({ pool, table: TABLE });
  await store.setup();
  closing.push(() => store.close(), () => query(`DROP TABLE ${TABLE}`), () => pool.end());
  return store;

}

async function mariadb(client: Client): Promise<Store> {

  const pool = mysql.createPool(mysqlUrl());
  pool.execute = client.hold(pool.execute.bind(pool) as never) as never;
  const store = new MysqlStore({ pool, table: TABLE });
  await store.setup();
  closing.push(() => store.close(), () => pool.query(`DROP TABLE ${TABLE}`), () => pool.end());
  return store;

}

const setting = (values: object): SessionChange => ({ set: toTexts({ ...values }), unset: [] });

const STORES: { readonly [kind: string]: (client: Client) => Promise<Store> } = {
  'Redis by redis': client => redis('redis 6, client', client),
  'Redis by ioredis': client => redis('ioredis, client', client),
  'PostgreSQL': postgres,
  'MariaDB': mariadb,
};

for (const [kind, open] of Object.entries(STORES)) {
  describe(`A command that left the process too late for its patience, on ${kind}`, () => {

    const client = new Client();
    let store: Awaited<ReturnType<typeof open>>;
    before(async () => {
      store = await open(client);
    });

    /** The terms of a caller whose first command is held back for longer than its patience, and which then waits `left` seconds more. */
    function waiting(left: number) {

      let patience = SHORT;
      client.before = [async () => {
        // The deadline must pass on the server's clock: no event reports that.
        await setTimeout(SHORT * 1000 + 20);
        patience = left;
      }];
      client.commands = 0;
      return { ...LIFE, patience: SHORT, patienceLeft: () => patience };

    }

    async function session(): Promise<string> {

      const id = store.newSessionId() as string;
      strictEqual(await store.create(id, toTexts({ a: 1 }), LIFE), true);
      return id;

    }

    async function valuesOf(id: string): Promise<object | string | undefined> {

      const found: FoundSession | null = await store.load(id);
      return found?.status === 'live' ? Object.fromEntries(found.texts) : found?.status;

    }

    it('is executed once if its caller still waits', async () => {

      const created = store.newSessionId() as string;
      strictEqual(await store.create(created, toTexts({ a: 1 }), waiting(5)), true);
      deepStrictEqual(await valuesOf(created), { a: '1' });
      const { version } = await store.load(created) as { version: string };
      strictEqual(await store.update(created, setting({ a: 2 }), { ...waiting(5), version }), 'updated');
      ok(client.commands > 1);
      deepStrictEqual(await valuesOf(created), { a: '2' });
      const moved = store.newSessionId(created) as string;
      strictEqual(await store.move(created, moved, setting({ a: 3 }), waiting(5)), 'moved');
      deepStrictEqual([await valuesOf(created), await valuesOf(moved)], ['retired', { a: '3' }]);

    });

    it('keeps the changes that others make before it is tried again', async () => {

      const id = await session();
      const terms = waiting(5);
      client.before.push(async () => strictEqual(await store.update(id, setting({ a: 'other', b: 'other' }), LIFE), 'updated'));
      strictEqual(await store.update(id, setting({ a: 2 }), terms), 'updated');
      deepStrictEqual(await valuesOf(id), { a: '2', b: '"other"' });
      const { version } = await store.load(id) as { version: string };
      const versioned = { ...waiting(5), version };
      client.before.push(() => store.update(id, setting({ a: 'other' }), LIFE));
      strictEqual(await store.update(id, setting({ a: 3 }), versioned), 'conflict');
      const late = waiting(5);
      client.before.push(() => store.end(id));
      strictEqual(await store.update(id, setting({ a: 4 }), late), 'gone');
      strictEqual(await valuesOf(id), 'retired');

    });

    it('is refused and not tried again if its caller has given up', async () => {

      const refused = /after its caller had given up/;
      const created = store.newSessionId() as string;
      await rejects(async () => store.create(created, toTexts({ a: 1 }), waiting(0)), refused);
      strictEqual(await valuesOf(created), undefined);
      const id = await session();
      const moved = store.newSessionId(id) as string;
      await rejects(async () => store.update(id, setting({ a: 2 }), waiting(0)), refused);
      await rejects(async () => store.move(id, moved, setting({ a: 3 }), waiting(-1)), refused);
      ok(client.commands <= 2, `${client.commands} commands`);
      deepStrictEqual([await valuesOf(id), await valuesOf(moved)], [{ a: '1' }, undefined]);

    });

  });
}
