import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { LiveSession } from '../../../src/index.js';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import { storeTests } from '../../../src/testing/index.js';
import { toTexts } from '../../../src/values/session-values.js';
import { deferred } from '../../support/events.js';
import { often } from '../../support/often.js';
import { temporaryFolder } from '../../support/servers/server.js';
import { DRIVERS, rows } from './sqlite-drivers.js';
import { type RemoteStore, startSqliteProcess } from './sqlite-process.js';

const LONG = 3600;
const TEXTS = toTexts({ user: 'Ada' });
const setting = (key: string, text: string) => ({ set: new Map([[key, text]]), unset: [] });

for (const [index, [driver, open]] of Object.entries(DRIVERS).entries()) {

  describe(`Two processes on one file, with ${driver}`, () => {

    const folder = temporaryFolder();
    const file = join(folder, 'sessions.db');
    const ends: Array<() => unknown> = [];
    after(() => Promise.all(ends.map(end => end())));

    async function here(path = file) {

      const database = await open(path);
      const store = new SqliteStore({ database });
      ends.push(() => {
        store.close();
        database.close();
      });
      await store.setup();
      return { database, store };

    }

    async function there(path = file): Promise<RemoteStore> {

      const remote = await startSqliteProcess(driver, path);
      ends.push(() => remote.kill());
      return remote;

    }

    // The first handle is in this process, and the second in another.
    let handles = 0;
    const tests = storeTests(async () => handles++ === 0 ? (await here()).store : there(), { trials: often(index === 0 ? 200 : 40), alone: true });
    for (const { name, run } of tests) {
      if (/^(Race|Requests): /.test(name)) it(name, run);
    }

    /** Sessions in a file that another process has locked, at most until the end of the test. */
    async function locked(t: TestContext, count = 1) {

      const { database, store } = await here();
      const other = await there();
      const ids = Array.from({ length: count }, () => store.newSessionId());
      for (const id of ids) store.create(id, TEXTS, { lifetime: LONG });
      await other.exec('BEGIN IMMEDIATE');
      t.after(() => other.exec('ROLLBACK').catch(() => {}));
      return { database, store, other, ids, id: ids[0] as string };

    }

    it('can set it up at once', async () => {

      for (let round = 0; round < 3; round++) {
        const path = join(folder, `new-${round}.db`);
        const processes = await Promise.all(Array.from({ length: 10 }, () => there(path)));
        await Promise.all(processes.map(each => each.setup()));
        const ids = await Promise.all(processes.map(async each => {
          const id = await each.newSessionId();
          strictEqual(await each.create(id, TEXTS, { lifetime: LONG }), true);
          return id;
        }));
        for (const id of ids) deepStrictEqual(await processes[0]?.get(id), { user: 'Ada' });
        await Promise.all(processes.map(each => each.kill()));
        const { database } = await here(path);
        deepStrictEqual(Object.values(rows(database, 'PRAGMA journal_mode')[0] as object), ['wal']);
      }

    });

    it('wait for a lock without blocking the event loop, and then make their changes', async t => {

      const { store, other, id } = await locked(t);
      const start = performance.now();
      const changes = [
        store.update(id, setting('a', '1'), { lifetime: LONG }), store.touch(id, LONG * 2), store.create(store.newSessionId(), TEXTS, { lifetime: LONG }),
        ...Array.from({ length: 300 }, (_, index) => store.update(id, setting(`k${index}`, String(index)), { lifetime: LONG })),
      ];
      for (const change of changes) ok(change instanceof Promise, 'a change waits');
      for (let reads = 0; reads < 20; reads++) {
        deepStrictEqual(store.get(id), { user: 'Ada' }, 'a read does not wait');
        // Long enough for the store to try again.
        await setTimeout(10);
      }
      // A driver that waits for the lock does so for seconds, at each try.
      ok(performance.now() - start < 4000, 'the event loop was blocked');
      await other.exec('COMMIT');
      const [first, ...answers] = await Promise.all(changes);
      strictEqual(first, 'updated');
      deepStrictEqual(new Set(answers), new Set([true, 'updated']));
      strictEqual((store.load(id) as LiveSession).texts.size, 302);

    });

    it('give up a change when the caller does, and do not make it later', async t => {

      const { store, other, id } = await locked(t);
      const start = performance.now();
      const [short, shorter, long] = [
        store.update(id, setting('a', '1'), { lifetime: LONG, patience: 1.5 }),
        store.move(id, store.newSessionId(id), setting('b', '1'), { lifetime: LONG, patience: 0.05 }),
        store.update(id, setting('c', '1'), { lifetime: LONG, patience: 20 }),
      ] as [Promise<unknown>, Promise<unknown>, Promise<unknown>];
      const given: string[] = [];
      const noted = [short.catch(() => given.push('short')), shorter.catch(() => given.push('shorter'))];
      await rejects(shorter, /locked for too long/);
      await rejects(short, /locked for too long/);
      ok(performance.now() - start > 1400);
      await Promise.all(noted);
      deepStrictEqual(given, ['shorter', 'short']);
      await other.exec('ROLLBACK');
      strictEqual(await long, 'updated');
      deepStrictEqual(await store.get(id), { user: 'Ada', c: 1 });

    });

    it('commit every change that they acknowledge, also after one that found the database locked', async t => {

      // A driver that left such a change unfinished would commit nothing after it.
      const { store, database, other, ids } = await locked(t, 20);
      const late = ids.slice(0, 4).map((id, index) => Promise.resolve([
        () => store.update(id, setting('late', '1'), { lifetime: LONG, patience: 0.05 }), () => store.touch(id, LONG * 2),
        () => store.end(id), () => store.create(store.newSessionId(), TEXTS, { lifetime: LONG }),
      ][index]?.()).catch(() => 'late'));
      strictEqual(await late[0], 'late');
      await other.exec('COMMIT');
      for (const id of ids.slice(4)) {
        strictEqual(await store.update(id, setting('done', '1'), { lifetime: LONG }), 'updated');
        deepStrictEqual(await other.get(id), { user: 'Ada', done: 1 }, 'the other process sees it');
      }
      await Promise.all(late);
      database.exec('BEGIN');
      database.exec('COMMIT');
      const [id] = ids.slice(4) as [string];
      strictEqual(await other.update(id, setting('theirs', '2'), { lifetime: LONG }), 'updated', 'no lock is left');
      deepStrictEqual(store.get(id), { user: 'Ada', done: 1, theirs: 2 }, 'this process sees the change of the other');

    });

    it('change one session at full speed, without failures or lost changes', async () => {

      const path = join(folder, 'speed.db');
      const { store, database } = await here(path);
      database.exec('PRAGMA synchronous = NORMAL');
      const others = await Promise.all([there(path), there(path)]);
      await Promise.all(others.map(other => other.exec('PRAGMA synchronous = NORMAL')));
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      const { version } = store.load(id) as LiveSession;
      const TIMES = 5000;
      const counted = await Promise.all(others.map((other, index) => other.repeat(TIMES, 'update', id, setting(`k${index}`, '1'), { lifetime: LONG })));
      for (const answers of counted) deepStrictEqual(answers, { updated: TIMES });
      strictEqual((store.load(id) as LiveSession).version, Number(version) + 2 * TIMES);

    });

    it('keep every acknowledged change when one of them is killed', async () => {

      const path = join(folder, 'killed.db');
      const { store } = await here(path);
      for (let round = 0; round < 5; round++) {
        const other = await there(path);
        const id = store.newSessionId();
        strictEqual(await other.create(id, TEXTS, { lifetime: LONG }), true);
        let acknowledged = 0;
        const isAtWork = deferred();
        const work = (async () => {
          while (acknowledged < 1_000_000) {
            await other.update(id, setting(`k${acknowledged}`, '1'), { lifetime: LONG });
            if (++acknowledged === 20) isAtWork.resolve();
          }
        })();
        await isAtWork.promise;
        const failed = rejects(work);
        await other.kill();
        await failed;
        const { texts } = await store.load(id) as LiveSession;
        ok(texts.size - 1 >= acknowledged && texts.size - 1 <= acknowledged + 1, `${texts.size - 1} of ${acknowledged}`);
        strictEqual(await store.update(id, setting('after', '1'), { lifetime: LONG }), 'updated');
      }

    });

    it('never remove a session that was touched at the last moment', async () => {

      const path = join(folder, 'swept.db');
      const { store, database } = await here(path);
      const other = await there(path);
      const left = "UPDATE sessions SET ends_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) + 4 WHERE handle <> 'sweeper'";
      let kept = 0;
      for (let trial = 0; trial < 200; trial++) {
        const ids = Array.from({ length: 5 }, () => store.newSessionId());
        for (const id of ids) store.create(id, TEXTS, { lifetime: LONG });
        database.exec(left);
        // The sessions expire 4 ms after the statement: some trials are in time, and some too late.
        await setTimeout(trial % 5);
        const [, ...touched] = await Promise.all([other.gc(), ...ids.map(id => store.touch(id, LONG))]);
        for (const [index, id] of ids.entries()) {
          const found = await other.load(id);
          strictEqual(found?.status === 'live', touched[index]);
          if (touched[index]) kept++;
          store.delete(id);
        }
      }
      ok(kept > 20 && kept < 980, `${kept} of 1000 were touched in time: there was no race`);

    });

  });

}
