import mysql from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { encrypted, type IndexingSessionStore, MemoryStore, type SessionStore } from '../../src/index.js';
import { openStore } from '../../src/open/open-store.js';
import { MapStore } from './map-store.js';
import { mysqlUrl, postgresUrl, redisUrl } from './servers/addresses.js';
import { temporaryFolder } from './servers/server.js';
import { DRIVERS } from '../stores/sqlite/sqlite-drivers.js';

/** A store that finds the sessions of a user, and everything that it keeps. */
export interface AnyStore {
  readonly store: IndexingSessionStore;
  /** Each text that is kept: keys, and the texts in rows and records. */
  kept(): Promise<string[]>;
  /** Removes everything that it has stored. */
  close(): Promise<void>;
}

const texts = (rows: ReadonlyArray<object>) => rows.flatMap(row => Object.values(row).map(String));

/**
 * A store of each kind.
 *
 * @param name of the table or prefix that is made for it: letters and underscores
 */
export const EVERY_STORE: { readonly [kind: string]: (name: string) => Promise<AnyStore> } = {

  'memory': async () => {
    const store = new MemoryStore();
    return { store, kept: async () => [], close: async () => store.close() };
  },

  'memory, encrypted': async () => {
    const store = new MemoryStore();
    const sealed = encrypted(store) as unknown as IndexingSessionStore;
    return { store: sealed, kept: async () => [JSON.stringify([...store.store])], close: async () => store.close() };
  },

  'SQLite': async name => {
    const file = `${temporaryFolder()}/sessions.db`;
    const store = await openStore(`sqlite:${file}?table=${name}`);
    const database = await DRIVERS.libsql(file);
    return {
      store,
      kept: async () => texts(database.prepare(`SELECT * FROM ${name}`).all() as object[]),
      async close() {
        database.close();
        await store.close();
      },
    };
  },

  'Redis': async name => {
    const store = await openStore(`${redisUrl()}?prefix=${name}:`);
    const client = createClient({ url: redisUrl() });
    await client.connect();
    const keys = () => client.keys(`${name}:*`);
    return {
      store,
      async kept() {
        const all = await keys();
        const values = all.map(async key => await client.type(key) === 'zset' ? client.zRange(key, 0, -1) : [String(await client.get(key))]);
        return [...all, ...(await Promise.all(values)).flat()];
      },
      async close() {
        const all = await keys();
        if (all.length > 0) await client.del(all);
        client.destroy();
        await store.close();
      },
    };
  },

  'PostgreSQL': async name => {
    const store = await openStore(`${postgresUrl()}?table=${name}`);
    const client = new pg.Client(postgresUrl());
    await client.connect();
    return {
      store,
      kept: async () => texts((await client.query(`SELECT * FROM ${name}`)).rows),
      async close() {
        await client.query(`DROP TABLE ${name}`);
        await client.end();
        await store.close();
      },
    };
  },

  'MySQL': async name => {
    const store = await openStore(`${mysqlUrl()}?table=${name}`);
    const client = await mysql.createConnection(mysqlUrl());
    return {
      store,
      kept: async () => texts((await client.query(`SELECT * FROM ${name}`))[0] as object[]),
      async close() {
        await client.query(`DROP TABLE ${name}`);
        await client.end();
        await store.close();
      },
    };
  },

};

/**
 * Opens a store of each kind, also of those that know no users.
 *
 * @param name of the table or prefix: letters and underscores
 */
export const storesOf = (name: string): { readonly [kind: string]: () => SessionStore | Promise<SessionStore> } => ({
  'the memory store': () => new MemoryStore(),
  'an encrypted store': () => encrypted(new MemoryStore()),
  'a store of four methods': () => new MapStore(),
  'SQLite': () => openStore('sqlite::memory:'),
  'Redis': () => openStore(`${redisUrl()}?prefix=${name}:`),
  'PostgreSQL': () => openStore(`${postgresUrl()}?table=${name}`),
  'MySQL': () => openStore(`${mysqlUrl()}?table=${name}`),
});
