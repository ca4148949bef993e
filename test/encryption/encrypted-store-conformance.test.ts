import { after, describe, it } from 'node:test';
import { encrypted, MemoryStore, type SessionStore, type SessionValues } from '../../src/index.js';
import { type OpenedStore, openStore } from '../../src/open/open-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { type StoreTestOptions, storeTests } from '../../src/testing/index.js';
import { DRIVERS, type OpenDatabase } from '../stores/sqlite/sqlite-drivers.js';
import { MapStore } from '../support/map-store.js';
import { failingDatabase } from '../testing/support/failing.js';
import { redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';
import { Clock } from '../testing/support/clock.js';
import { OneRecordStore } from '../testing/support/one-record-store.js';

const keys = [{ id: 'now', secret: 'a secret of the application, long enough' }];

/** Four methods that parse nothing: V8 can confuse two escaped keys, and then a value does not open. */
class ExpiringMapStore extends MapStore {

  override async get(id: string): Promise<SessionValues | null> {
    return (this.expires.get(id) ?? 0) > Date.now() / 1000 ? super.get(id) : null;
  }

}

/** Opens a store twice, as two processes have it. */
const STORES: { readonly [name: string]: () => readonly [() => SessionStore | Promise<SessionStore>, StoreTestOptions?] } = {

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

  'Redis': () => {
    const opened: OpenedStore[] = [];
    after(() => Promise.all(opened.map(store => store.close())));
    return [async () => {
      const store = await openStore(`${redisUrl()}?prefix=encrypted-conformance:`);
      opened.push(store);
      return store;
    }];
  },

};

for (const [name, make] of Object.entries(STORES)) {

  describe(`encrypted() around ${name}`, () => {

    const [open, options = {}] = make();
    const { failing } = options;
    const openFailing = failing && (async (commands: number) => encrypted(await failing(commands), { keys }));
    for (const { name, run } of storeTests(async () => encrypted(await open(), { keys }), { ...options, failing: openFailing })) it(name, run);

  });

}
