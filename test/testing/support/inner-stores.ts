import { after } from 'node:test';
import { newSessionId } from '../../../src/id/session-id.js';
import { MemoryStore, type SessionStore, type SessionValues } from '../../../src/index.js';
import { type OpenedStore, openStore } from '../../../src/open/open-store.js';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import type { StoreTestOptions } from '../../../src/testing/index.js';
import { DRIVERS, type OpenDatabase } from '../../stores/sqlite/sqlite-drivers.js';
import { MapStore } from '../../support/map-store.js';
import { mysqlUrl, postgresUrl, redisUrl } from '../../support/servers/addresses.js';
import { temporaryFolder } from '../../support/servers/server.js';
import { Clock } from './clock.js';
import { failingDatabase } from './failing.js';
import { OneRecordStore } from './one-record-store.js';

/** Four methods that parse nothing: V8 can confuse two escaped keys, and then a value does not open. */
class ExpiringMapStore extends MapStore {

  override async newSessionId(): Promise<string> {
    return newSessionId();
  }

  override async get(id: string): Promise<SessionValues | null> {
    return (this.expires.get(id) ?? 0) > Date.now() / 1000 ? super.get(id) : null;
  }

}

/** Opens the same sessions at each call, as several processes have them. */
type Opened = readonly [open: () => SessionStore | Promise<SessionStore>, options?: StoreTestOptions];

/** An address that is opened again and again. */
function at(address: string): Opened {

  const opened: OpenedStore[] = [];
  after(() => Promise.all(opened.map(store => store.close())));
  return [async () => {
    const store = await openStore(address);
    opened.push(store);
    return store;
  }];

}

/**
 * Stores inside of others, for the tests for stores.
 *
 * @param name of the table or prefix on a server
 */
export const innerStores = (name: string): { readonly [kind: string]: () => Opened } => ({

  'the memory store': () => {
    const { now, wait } = new Clock();
    const store = new MemoryStore({ now });
    return [() => store, { wait }];
  },

  'a store that has take() in place of move()': () => {
    const { now, wait } = new Clock();
    const store = new OneRecordStore(now);
    return [() => store, { wait }];
  },

  'a store of four methods, within one process': () => {
    const store = new ExpiringMapStore();
    return [() => store];
  },

  'a SQLite file': () => {
    const file = `${temporaryFolder()}/sessions.db`;
    const opened: Array<{ store: SqliteStore; database: OpenDatabase }> = [];
    after(() => {
      for (const { store, database } of opened) {
        store.close();
        database.close();
      }
    });
    return [async () => {
      const database = await DRIVERS.libsql(file);
      const store = new SqliteStore({ database });
      opened.push({ store, database });
      await store.setup();
      return store;
    }, { failing: async commands => new SqliteStore({ database: failingDatabase(opened[0].database, commands) }) }];
  },

  'Redis': () => at(`${redisUrl()}?prefix=${name}:`),
  'PostgreSQL': () => at(`${postgresUrl()}?table=${name}`),
  'MySQL': () => at(`${mysqlUrl()}?table=${name}`),

});
