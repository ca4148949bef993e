import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { temporaryFolder } from '../../support/servers/server.js';
import { DRIVERS, type OpenDatabase, rows } from './sqlite-drivers.js';

const LONG = 3600;
const TEXTS = toTexts({ user: 'Ada' });

for (const [driver, open] of Object.entries(DRIVERS)) {

  describe(`The clean-up of SqliteStore with ${driver}`, () => {

    const ends: Array<() => unknown> = [];
    after(() => {
      for (const end of ends) end();
    });

    async function fresh(file = join(temporaryFolder(), 'sessions.db')) {

      const database = await open(file);
      const store = new SqliteStore({ database });
      ends.push(() => {
        store.close();
        database.close();
      });
      await store.setup();
      return { file, database, store };

    }

    function count(database: OpenDatabase): number {

      return Number(rows(database, "SELECT count(*) AS number FROM sessions WHERE handle <> 'sweeper'")[0]?.number);

    }

    it('removes expired sessions and marks, and no others', async () => {

      const { store, database } = await fresh();
      const ids = Array.from({ length: 30 }, () => store.newSessionId());
      for (const [index, id] of ids.entries()) {
        store.create(id, TEXTS, { lifetime: index % 3 === 0 ? 0 : LONG });
        if (index % 3 === 1) store.end(id);
      }
      await store.gc();
      strictEqual(count(database), 20);
      database.exec("UPDATE sessions SET ends_at = 1 WHERE id_hash = ''");
      await store.gc();
      strictEqual(count(database), 10);
      for (const [index, id] of ids.entries()) strictEqual(await store.get(id) !== null, index % 3 === 2);

    });

    it('removes ten thousand rows without blocking the event loop', async () => {

      const { store, database } = await fresh();
      const COUNT = 10_000;
      database.exec(`
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${COUNT})
        INSERT INTO sessions
          SELECT hex(randomblob(8)), hex(randomblob(21)) || 'x', '', NULL, 1, 1, 1, '', '${`\nkey\t"${'x'.repeat(300)}"`}' || char(10) FROM numbers`);
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      strictEqual(count(database), COUNT + 1);

      let turns = 0;
      let running = true;
      const turn = () => {
        turns++;
        if (running) setImmediate(turn);
      };
      turn();
      await store.gc();
      running = false;
      strictEqual(count(database), 1);
      deepStrictEqual(store.get(id), { user: 'Ada' });
      ok(turns > 400, `other work had ${turns} turns`);

    });

    it('is done by one process at a time, and by another when that has ended', async () => {

      const { store, database, file } = await fresh();
      const { store: other } = await fresh(file);
      const expired = () => store.create(store.newSessionId(), TEXTS, { lifetime: 0 });
      expired();
      await store.gc();
      strictEqual(count(database), 0);
      expired();
      const now = Date.now();
      database.exec(`UPDATE sessions SET ends_at = ${now + 60_000} WHERE handle = 'sweeper'`);
      await other.gc();
      strictEqual(count(database), 1, 'another process seems to clean up');
      database.exec(`UPDATE sessions SET ends_at = ${now - 1} WHERE handle = 'sweeper'`);
      await other.gc();
      strictEqual(count(database), 0);

    });

    it('continues when the clock was set back', async () => {

      const { store, database } = await fresh();
      const expired = () => store.create(store.newSessionId(), TEXTS, { lifetime: 0 });
      await store.gc();
      for (const column of ['version', 'ends_at']) {
        expired();
        database.exec(`UPDATE sessions SET ${column} = ${Date.now() + 3_600_000} WHERE handle = 'sweeper'`);
        await store.gc();
        strictEqual(count(database), 0, column);
      }

    });

    it('is scheduled in one of the processes, and keeps none alive', async t => {

      t.mock.timers.enable({ apis: ['setTimeout'] });
      const { store, database, file } = await fresh();
      const { store: other } = await fresh(file);
      const expired = () => store.create(store.newSessionId(), TEXTS, { lifetime: 0 });
      const turns = async () => {
        for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
      };
      const done = async () => {
        const isDone = () => Number(rows(database, "SELECT ends_at FROM sessions WHERE handle = 'sweeper'")[0]?.ends_at) === 0;
        for (let times = 0; times < 10_000 && !isDone(); times++) await turns();
        ok(isDone(), 'the clean-up does not end');
      };
      expired();
      t.mock.timers.tick(600_000);
      await done();
      strictEqual(count(database), 0);
      // No time has passed since on SQLite's clock.
      expired();
      other.scheduleGc(60);
      t.mock.timers.tick(60_000);
      await turns();
      strictEqual(count(database), 1);
      database.exec("UPDATE sessions SET version = 1, ends_at = 1 WHERE handle = 'sweeper'");
      t.mock.timers.tick(60_000);
      await done();
      strictEqual(count(database), 0);
      expired();
      store.close();
      other.close();
      database.exec("UPDATE sessions SET version = 1 WHERE handle = 'sweeper'");
      t.mock.timers.tick(6_000_000);
      await turns();
      strictEqual(count(database), 1);

    });

    it('throws if a call of gc() fails, and is silent if a scheduled one does', async t => {

      t.mock.timers.enable({ apis: ['setTimeout'] });
      const database = await open(join(temporaryFolder(), 'sessions.db'));
      ends.push(() => database.close());
      const store = new SqliteStore({ database });
      await rejects(store.gc(), /no such table/);
      t.mock.timers.tick(600_000);
      await new Promise(resolve => setImmediate(resolve));
      store.close();

    });

  });

}
