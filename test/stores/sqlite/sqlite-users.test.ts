import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import type { LiveSession } from '../../../src/index.js';
import { userHash } from '../../../src/stores/shared/user-hash.js';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { temporaryFolder } from '../../support/servers/server.js';
import { DRIVERS, type OpenDatabase, rows } from './sqlite-drivers.js';

const LONG = 3600;
const TEXTS = toTexts({ a: 1 });
const NOTHING = { set: new Map(), unset: [] };
const newInfo = (user: string | null, requestAge?: number) => ({ info: { user, details: 'd' }, requestAge });

for (const [driver, open] of Object.entries(DRIVERS)) {

  describe(`SqliteStore with users, with ${driver}`, () => {

    const folder = temporaryFolder();
    const stores: SqliteStore[] = [];
    const opened: OpenDatabase[] = [];
    let files = 0;
    after(() => {
      for (const store of stores) store.close();
      for (const database of opened) database.close();
    });

    async function fresh(file = join(folder, `${files++}.db`)) {

      const database = await open(file);
      opened.push(database);
      const store = new SqliteStore({ database });
      stores.push(store);
      await store.setup();
      return { file, database, store };

    }

    function bound(store: SqliteStore, user: string | null): string {

      const id = store.newSessionId();
      strictEqual(store.create(id, TEXTS, { lifetime: LONG, newInfo: newInfo(user) }), true);
      return id;

    }

    it('lets users sign in if the clock was set back after their sessions were ended', async () => {

      const { store, database, file } = await fresh();
      const { store: other } = await fresh(file);
      const id = bound(store, 'ada');
      await store.endSessionsOf('ada');
      await store.endAllSessions();
      // As after the clock was set back by an hour: everything written seems to be an hour in the future.
      database.exec(`UPDATE sessions SET seen_at = seen_at + 3600000, ends_at = ends_at + 3600000,
        former = CASE former WHEN '' THEN '' ELSE (substr(former, 1, 13) + 3600000) || substr(former, 14) END`);
      for (const each of [store, other]) {
        strictEqual(each.load(id), null, 'the mark of an ended id lasts for less than an hour');
        strictEqual(each.create(each.newSessionId(), TEXTS, { lifetime: LONG, newInfo: newInfo('ada', 0) }), true);
        strictEqual(each.create(each.newSessionId(), TEXTS, { lifetime: LONG, newInfo: newInfo('ada', 60) }), 'revoked', 'a sign-in under way is refused');
      }

    });

    it('ignores a mark from before the machine was started', async () => {

      const { store, database } = await fresh();
      await store.endSessionsOf('ada');
      database.exec('UPDATE sessions SET about = about + 1e9');
      strictEqual(store.create(store.newSessionId(), TEXTS, { lifetime: LONG, newInfo: newInfo('ada', 60) }), true);

    });

    it('restores a session that its index has lost as soon as it is used, and lists no other user\'s', async () => {

      const { store, database } = await fresh();
      for (const lost of ['NULL', `'${userHash('eve')}'`]) {
        for (const use of [
          (id: string, user?: string) => store.touch(id, LONG, user),
          (id: string, user?: string) => store.update(id, { set: TEXTS, unset: [] }, { lifetime: LONG, patience: 3, user }),
        ]) {
          const id = bound(store, 'ada');
          database.exec(`UPDATE sessions SET user_id = ${lost}`);
          await use(id);
          for (const user of ['ada', 'eve']) deepStrictEqual(await store.sessionsOf(user), []);
          await use(id, 'ada');
          deepStrictEqual((await store.sessionsOf('ada')).map(({ handle }) => handle), [store.handleOf(id)]);
          deepStrictEqual(await store.endSessionsOf('ada'), [store.handleOf(id)]);
        }
      }

    });

    it('stores a hash of the user to find a session by, and the user in ASCII', async () => {

      const { store, database, file } = await fresh();
      const user = 'é\0\ud800😀"';
      const id = bound(store, user);
      const text = '["\\u00e9\\u0000\\ud800\\ud83d\\ude00\\"","d"]';
      const hash = createHash('sha256').update(JSON.stringify(user)).digest('base64url');
      deepStrictEqual(rows(database, 'SELECT user_id, about FROM sessions').map(row => ({ ...row })), [{ user_id: hash, about: text }]);
      const stored = readFileSync(file, 'latin1') + readFileSync(`${file}-wal`, 'latin1');
      ok(stored.includes(text));
      ok(!stored.includes(id));
      deepStrictEqual((store.load(id) as LiveSession).info, { user, details: 'd' });
      const newId = store.newSessionId(id);
      store.move(id, newId, NOTHING, { lifetime: LONG, newInfo: newInfo(null) });
      deepStrictEqual(rows(database, 'SELECT user_id, about FROM sessions').map(row => ({ ...row })), [{ user_id: null, about: '[null,"d"]' }]);
      store.end(newId);
      deepStrictEqual(rows(database, 'SELECT user_id, about FROM sessions').map(row => ({ ...row })), [{ user_id: null, about: '' }]);

    });

    it('returns any user and any details', async () => {

      const { store } = await fresh();
      await fc.assert(fc.asyncProperty(fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit)), minLength: 1 }), async user => {
        const id = bound(store, user);
        deepStrictEqual((store.load(id) as LiveSession).info, { user, details: 'd' });
        deepStrictEqual((store.sessionsOf(user) as unknown[]).length, 1);
        deepStrictEqual(await store.endSessionsOf(user), [store.handleOf(id)]);
      }));

    });

    it('finds the sessions of a user by the index', async () => {

      const { database } = await fresh();
      const plan = rows(database, 'EXPLAIN QUERY PLAN SELECT handle FROM sessions WHERE user_id = ? AND ends_at > 0', 'x');
      match(String(plan[0]?.detail), /USING INDEX sessions_user_id \(user_id=\?\)/);

    });

    it('keeps the user and details of a session when set() writes its values', async () => {

      const { store } = await fresh();
      const id = bound(store, 'ada');
      store.set(id, { b: 2 }, Date.now() / 1000 + LONG);
      deepStrictEqual((store.load(id) as LiveSession).info, { user: 'ada', details: 'd' });
      store.end(id);
      store.set(id, { b: 2 }, Date.now() / 1000 + LONG);
      strictEqual((store.load(id) as LiveSession).info, undefined);
      deepStrictEqual(store.sessionsOf('ada'), []);

    });

    it('ends a few sessions of a user at once, and many in steps', async () => {

      const { store } = await fresh();
      const few = Array.from({ length: 25 }, () => bound(store, 'ada'));
      const fewEnded = store.endSessionsOf('ada');
      deepStrictEqual(store.sessionsOf('ada'), []);
      deepStrictEqual([...await fewEnded].sort(), few.map(id => store.handleOf(id)).sort());
      const many = Array.from({ length: 180 }, () => bound(store, 'ada'));
      const ended = store.endSessionsOf('ada');
      // While they end, new ones are refused, and a move saves none.
      strictEqual(store.create(store.newSessionId(), TEXTS, { lifetime: LONG, newInfo: newInfo('ada', 1) }), 'revoked');
      const last = many.filter(id => (store.load(id))).map(id => ({ id, newId: store.newSessionId(id) }));
      for (const { id, newId } of last) store.move(id, newId, NOTHING, { lifetime: LONG });
      deepStrictEqual([...await ended].sort(), many.map(id => store.handleOf(id)).sort());
      for (const { newId } of last) ok((await store.load(newId))?.status !== 'live');
      deepStrictEqual(store.sessionsOf('ada'), []);

    });

    it('ends all sessions in steps between which the event loop turns, and one that moves in the meantime, too', async () => {

      const { store, database } = await fresh();
      database.exec('PRAGMA synchronous = OFF');
      const ids = Array.from({ length: 2500 }, (_, index) => bound(store, index % 2 ? `user ${index}` : null)).sort();
      let turns = 0;
      let done = false;
      const last = ids.slice(-20);
      const turn = () => {
        turns++;
        for (const [index, id] of last.entries()) {
          const newId = store.newSessionId(id);
          if (store.move(id, newId, NOTHING, { lifetime: LONG }) === 'moved') last[index] = newId;
        }
        if (!done) setImmediate(turn);
      };
      turn();
      await store.endAllSessions();
      done = true;
      ok(turns > 50, `${turns} turns`);
      strictEqual(rows(database, "SELECT 1 FROM sessions WHERE id_hash <> ''").length, 0);

    });

    it('counts the time that a sign-in waits for a lock', async () => {

      const { store, file } = await fresh();
      const { database: other, store: others } = await fresh(file);
      other.exec('BEGIN IMMEDIATE');
      // The request has just begun at this call, and the end comes before the call gets its turn.
      const signIn = store.create(store.newSessionId(), TEXTS, { lifetime: LONG, newInfo: newInfo('ada', 0.001) });
      const rebound = store.newSessionId();
      ok(signIn instanceof Promise);
      // SQLite's clock, with a precision of milliseconds, must go on: here, and after the end.
      await setTimeout(5);
      other.exec('COMMIT');
      deepStrictEqual(await others.endSessionsOf('ada'), []);
      strictEqual(await signIn, 'revoked');
      await setTimeout(5);
      strictEqual(store.create(rebound, TEXTS, { lifetime: LONG, newInfo: newInfo('ada', 0.001) }), true);

    });

    it('refuses no sign-in that begins after its answer', async () => {

      const { store } = await fresh();
      const signIn = () => store.create(store.newSessionId(), TEXTS, { lifetime: LONG, newInfo: newInfo('ada', 0) });
      for (let trial = 0; trial < 20; trial++) {
        await store.endSessionsOf('ada');
        strictEqual(signIn(), true);
      }
      await store.endAllSessions();
      strictEqual(signIn(), true);

    });

    it('remembers ends for a day, in rows that the clean-up removes', async () => {

      const { store, database } = await fresh();
      await store.endSessionsOf('ada');
      await store.endAllSessions();
      const marks = "SELECT handle, ends_at - seen_at AS lasts FROM sessions WHERE handle LIKE 'u:%' ORDER BY handle";
      deepStrictEqual(rows(database, marks).map(({ lasts }) => Number(lasts)), [86_400_000, 86_400_000]);
      await store.gc();
      strictEqual(rows(database, marks).length, 2);
      database.exec("UPDATE sessions SET ends_at = 1 WHERE handle LIKE 'u:%'");
      await store.gc();
      strictEqual(rows(database, marks).length, 0);

    });

  });

}
