import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createClient } from 'redis';
import { MemoryStore, SessionStoreError, UserSessions } from '../../src/index.js';
import { forwardId } from '../../src/id/forwarded-id.js';
import type { IndexingSessionStore } from '../../src/base/store.js';
import { RedisStore } from '../../src/stores/redis-store.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { redisUrl } from '../support/servers/addresses.js';
import { IN_TABLES, KEEPING_INFO } from '../support/stored-rows/engines.js';
import type { Rows } from '../support/stored-rows/rows.js';
import { NOTES, Visitors } from '../support/stored-rows/visitors.js';

describe('A damaged index of Redis', () => {

  const prefix = 'stored-indexes.test:';
  const client = createClient({ url: redisUrl(), commandOptions: { timeout: 0 } });
  const store: IndexingSessionStore = new RedisStore({ client, prefix });
  const users = new UserSessions(store);
  before(() => client.connect());
  after(() => client.destroy());

  const keyOf = (user: string) => `${prefix}user:${createHash('sha256').update(JSON.stringify(user)).digest('base64url')}`;
  const later = Date.now() + 3_600_000;

  async function visitors(): Promise<Visitors & { handles: { victim: string; twin: string; bystander: string } }> {

    const made = await Visitors.of(store);
    made.leave();
    const [victim, twin, bystander] = [made.victim, made.twin, made.bystander].map(browser => store.handleOf(idOf(browser)));
    return Object.assign(made, { handles: { victim, twin, bystander } as Record<'victim' | 'twin' | 'bystander', string> });

  }

  /** Makes a session so old that its next use prolongs its life. */
  const grow = (handle: string) => client.setRange(prefix + handle, 0, String(Date.now() + 1_000_000));

  const listed = async (user: string) => (await users.list(user)).map(({ handle }) => handle).sort();

  it('lists no session that does not exist, that is another user\'s, or under another name', async () => {

    const { user, other, handles, bystander } = await visitors();
    const strange = [handles.bystander, 'A'.repeat(16), '', '../x', 'x'.repeat(1000), '\r\n', 'user:*'];
    for (const value of strange) await client.zAdd(keyOf(user), { score: later, value });
    deepStrictEqual(await listed(user), [handles.victim, handles.twin].sort());
    strictEqual(await users.end(user, handles.bystander), false);
    for (const value of strange) await client.zAdd(keyOf(user), { score: later, value });
    strictEqual(await users.endAll(user), 2);
    deepStrictEqual((await bystander.get('/read')).body, { note: NOTES.bob, names: [] });
    deepStrictEqual(await listed(other), [handles.bystander]);

  });

  it('finds a session again that it had lost, once that is used', async () => {

    const { user, handles, victim } = await visitors();
    await client.zRem(keyOf(user), handles.victim);
    deepStrictEqual(await listed(user), [handles.twin]);
    await grow(handles.victim);
    await victim.get('/read');
    deepStrictEqual(await listed(user), [handles.victim, handles.twin].sort());
    strictEqual(await users.endAll(user), 2);

  });

  it('ends a session that it had lost while all were ended, once that is used', async () => {

    const { user, handles, victim } = await visitors();
    await client.zRem(keyOf(user), handles.victim);
    strictEqual(await users.endAll(user), 1);
    await grow(handles.victim);
    await victim.get('/read');
    deepStrictEqual((await victim.get('/read')).body, { note: undefined, names: [] });
    deepStrictEqual(await listed(user), []);

  });

  it('accepts entries of any score, and prolongs no life by one', async () => {

    const { user, handles, victim } = await visitors();
    for (const score of [-1, 0, 1e300, Number.POSITIVE_INFINITY]) {
      await client.zAdd(keyOf(user), { score, value: handles.victim });
      await client.zAdd(keyOf(user), { score, value: 'B'.repeat(16) });
      strictEqual((await victim.get('/read')).status, 200);
      ok((await listed(user)).includes(handles.twin));
      ok(!(await listed(user)).includes('B'.repeat(16)));
    }

  });

  it('makes a failure if its key is of another type, and its user\'s sessions are served', async () => {

    for (const damage of [(user: string) => client.set(keyOf(user), 'x'), (user: string) => client.lPush(keyOf(user), 'x')]) {
      const { user, other, handles, victim, bystander } = await visitors();
      await client.del(keyOf(user));
      await damage(user);
      await rejects(users.list(user), SessionStoreError);
      await rejects(users.endAll(user), SessionStoreError);
      for (const path of ['/read', '/change', '/update']) strictEqual((await victim.get(path)).status, 200);
      // A session that is made here could not be found when all are ended.
      for (const [browser, path] of [[new Browser(victim.app), '/sign-in'], [victim, '/rotate']] as const) {
        const answer = await browser.get(path, { headers: { 'X-User': user } });
        deepStrictEqual([answer.status, setCookies(answer)], [503, []]);
      }
      deepStrictEqual(await listed(other), [handles.bystander]);
      deepStrictEqual((await bystander.get('/read')).body, { note: NOTES.bob, names: [] });
    }

  });

});

describe('A damaged session of a user', () => {

  it('is one of as many as maxUserSessions allows, and keeps no user from signing in', async () => {

    const memory = new MemoryStore();
    const visitors = await Visitors.of(memory, { maxUserSessions: 2 });
    visitors.leave();
    const { user, victim } = visitors;
    Object.assign(memory.store.get(idOf(victim))?.kept as object, { info: { user, details: 'x' } });
    for (let signIns = 0; signIns < 3; signIns++) {
      const browser = new Browser(victim.app);
      strictEqual((await browser.get('/sign-in', { headers: { 'X-User': user } })).status, 200);
      strictEqual(memory.sessionsOf(user).length, 2);
      deepStrictEqual((await browser.get('/read')).body, { note: NOTES.ada, names: [] });
    }

  });

});

/** All of them, in the tables of all engines. */
const COLUMNS = ['handle', 'id_hash', 'former', 'user_id', 'about', 'data', 'version', 'ends_at', 'seen_at'];

/** Changes of values alone, and the columns that they may leave as they are, without asking for them. */
const CHANGES = ['/change', '/update'];
const UNTOUCHED = ['former', 'user_id'];

for (const make of IN_TABLES) {

  const engine = make();

  describe(`A table of ${engine.name} of another form`, () => {

    let rows: Rows;
    before(async () => {
      rows = await engine.open();
    });
    after(() => engine.close?.());

    for (const column of COLUMNS) {

      it(`makes a failure, and no sign-out: without ${column}`, async () => {

        const visitors = await Visitors.of(rows.store);
        visitors.leave();
        await rows.rename?.(column, 'renamed');
        try {
          for (const path of ['/read', '/change', '/update', '/rotate', '/end']) {
            const { status } = await visitors.visit(path);
            ok(status === 503 || path === '/read' || (CHANGES.includes(path) && UNTOUCHED.includes(column)), `${path}: ${status}`);
          }
          strictEqual((await new Browser(visitors.victim.app).get('/read')).status, 200);
        } finally {
          await rows.rename?.('renamed', column);
        }
        for (const [browser, note] of [[visitors.victim, NOTES.ada], [visitors.twin, NOTES.ada], [visitors.bystander, NOTES.bob]] as const) {
          deepStrictEqual((await browser.get('/read')).body, { note, names: [] });
        }

      });

    }

  });

}

for (const make of KEEPING_INFO) {

  const engine = make();

  describe(`A damaged mark in ${engine.name}`, () => {

    let rows: Rows;
    before(async () => {
      rows = await engine.open();
    });
    after(() => engine.close?.());

    /** A session that has moved a moment ago, and the browser that has its former id. */
    async function moved() {

      const visitors = await Visitors.of(rows.store, { grace: 30 });
      visitors.leave();
      const late = visitors.victim.clone();
      strictEqual((await visitors.victim.get('/rotate')).status, 200);
      notStrictEqual(idOf(late), visitors.id);
      const info = engine.info as string;
      const leadTo = async (id: string) => {
        const [user, details] = JSON.parse(await rows.read(visitors.id, info));
        const forward = forwardId(idOf(late), id, Date.now() / 1000 + 30);
        await rows.write(visitors.id, info, JSON.stringify([user, JSON.stringify({ ...JSON.parse(details), forward })]).replaceAll(' ', '\\u0020'));
      };
      return { visitors, late, leadTo, info };

    }

    const EMPTY = { note: undefined, names: [] };

    it('leads nowhere if it leads to itself, or to anything but a session, and lets a sign-out end the session', async () => {

      for (const target of [(id: string) => id, () => 'no id', () => rows.store.newSessionId(), () => '__proto__']) {
        const { visitors, late, leadTo } = await moved();
        await leadTo(await target(idOf(late)));
        const read = await visitors.visit('/read', late);
        deepStrictEqual([read.status, read.body, setCookies(read)], [200, EMPTY, []]);
        strictEqual((await visitors.visit('/change', late)).status, 409);
        deepStrictEqual((await visitors.victim.clone().get('/read')).body, { note: NOTES.ada, names: [] });
        strictEqual((await visitors.visit('/end', late)).status, 200);
        deepStrictEqual((await visitors.victim.get('/read')).body, EMPTY);
      }

    });

    it('leads one step, and not along a chain', async () => {

      const { visitors, late } = await moved();
      strictEqual((await visitors.victim.get('/rotate')).status, 200);
      deepStrictEqual((await visitors.visit('/read', late)).body, EMPTY);

    });

    it('is unknown if its text is no mark', async () => {

      const { visitors } = await moved();
      const ended = visitors.victim.clone();
      strictEqual((await visitors.victim.get('/end')).status, 200);
      await rows.write(idOf(ended), 'former', '');
      const read = await visitors.visit('/read', ended.clone());
      deepStrictEqual([read.status, read.body, setCookies(read)], [200, EMPTY, []]);
      const junk = `${'x'.repeat(13)}${'y'.repeat(43)}`;
      await rows.write(idOf(ended), 'former', junk);
      deepStrictEqual((await visitors.visit('/read', ended.clone())).body, EMPTY);

    });

  });

}
