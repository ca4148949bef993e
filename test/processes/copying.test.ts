import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { IndexingSessionStore } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { type OpenedStore, openStore } from '../../src/open/open-store.js';
import { command, root } from '../cli/support/command.js';
import { begin } from '../cli/support/sessions.js';
import { often } from '../support/often.js';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';

/*
 * The command that copies sessions, a process that moves and changes them, and one that
 * ends some of them, at once. The first is killed at any moment, and sometimes the second.
 */

const MOVER = fileURLToPath(new URL('../support/processes/mover.js', import.meta.url));
const NAME = `copying_${process.pid}`;

const WAYS: { readonly [way: string]: () => readonly [from: string, to: string] } = {
  'from Redis to PostgreSQL': () => [`${redisUrl()}?prefix=${NAME}:`, `${postgresUrl()}?table=${NAME}`],
  'from PostgreSQL to MariaDB': () => [`${postgresUrl()}?table=${NAME}_2`, `${mysqlUrl()}?table=${NAME}`],
  'from SQLite to Redis': () => [`sqlite:${join(temporaryFolder(), 'from.db')}`, `${redisUrl()}?prefix=${NAME}to:`],
};

const opened: OpenedStore[] = [];
after(() => Promise.all(opened.map(store => store.close())));

async function open(address: string): Promise<OpenedStore> {

  const store = await openStore(address);
  opened.push(store);
  return store;

}

/** How sessions are ended, in turn. */
const ENDS: ReadonlyArray<(store: IndexingSessionStore, id: string, user: string) => unknown> = [
  async (store, id) => {
    await store.load(id);
    await store.end(id);
  },
  (store, id) => store.endByHandle?.(store.handleOf(id) as string, 'revoked'),
  (store, id, user) => store.endSessionsOf(user, { only: store.handleOf(id) as string }),
  (store, _, user) => store.endSessionsOf(user),
];

const SESSIONS = 40;

/** Of so many sessions, one is ended, and one is counted in. */
const ENDED = 4;

/** Kills a process after some of the time that it needs to do its work. */
async function killed(child: ChildProcess, after: number): Promise<boolean> {

  // It may have done all of its work before.
  if (child.exitCode !== null) return false;
  const gone = once(child, 'exit');
  const isLate = await Promise.race([gone.then(() => false), setTimeout(after, true)]);
  child.kill('SIGKILL');
  await gone;
  return isLate;

}

/** @param killsMover whether the process that moves sessions is killed, too: a place that it has reserved is free after a minute */
async function race(way: readonly [string, string], [from, to]: readonly OpenedStore[], killsMover: boolean): Promise<{ cut: boolean; left: number; counts: number }> {

  const ids: string[] = [];
  for (let index = 0; index < SESSIONS; index++) ids.push(await begin(from, `user ${index}`, { number: index }));
  const isEnded = (index: number) => index % ENDED === 0;
  // The others are only copied.
  const used = ids.filter((_, index) => index % ENDED === 1);
  const store = migrating({ from, to }) as IndexingSessionStore;

  const mover = spawn(process.execPath, [MOVER, ...way, ...used], { stdio: ['pipe', 'pipe', 'inherit'] });
  const copy = spawn(process.execPath, [join(root, 'dist/bin.js'), 'copy', ...way, '--yes', '--parallel', '4'], { stdio: 'ignore' });
  const counted = new Map<string, number>();
  const lost: string[] = [];
  const lines = createInterface({ input: mover.stdout });
  const ready = new Promise<void>(resolve => {
    lines.on('line', line => {
      if (line === 'ready') resolve();
      else if (line.startsWith('lost')) lost.push(line);
      else if (line !== 'done') counted.set(used[Number(line)], (counted.get(used[Number(line)]) ?? 0) + 1);
    });
  });
  const closed = once(lines, 'close');
  // The copy begins to work about when the other process is ready.
  await ready;
  mover.stdin.write('go\n');
  const cut = killed(copy, 600 * Math.random());
  if (killsMover) await killed(mover, 300 * Math.random());
  for (const [index, id] of ids.entries()) {
    if (!isEnded(index)) continue;
    await ENDS[index / ENDED % ENDS.length](store, id, `user ${index}`);
    await setTimeout(30 * Math.random());
  }
  const wasCut = await cut;
  await closed;
  const left = (await from.countSessions?.({ exact: true }))?.live ?? NaN;
  const { code, err } = await command(['copy', ...way, '--yes', '--parallel', '8']);
  strictEqual(code, 0, err);

  deepStrictEqual(lost, []);
  for (const [index, id] of ids.entries()) {
    const [found, before] = [await to.load(id), await from.load(id)];
    ok(before?.status !== 'live', `session ${index} is still in the old store`);
    if (isEnded(index)) {
      ok(found?.status !== 'live', `session ${index} has ended, and is live`);
      continue;
    }
    ok(found?.status === 'live', `session ${index} is ${found?.status}`);
    const [count, acknowledged] = [Number(found.texts.get('count') ?? 0), counted.get(id) ?? 0];
    strictEqual(found.texts.get('number'), String(index));
    ok(count === acknowledged || count === acknowledged + 1, `session ${index} counts ${count} of ${acknowledged}`);
    await to.delete(id);
  }
  strictEqual((await to.countSessions?.({ exact: true }))?.live, 0);
  return { cut: wasCut, left, counts: [...counted.values()].reduce((sum, count) => sum + count, 0) };

}

describe('Sessions that are copied while two processes use and end them', { concurrency: 1 }, () => {

  for (const [way, addresses] of Object.entries(WAYS)) {

    it(`are neither lost nor behind, and none that was ended is live, ${way}, though the copy is killed`, async t => {

      const between = addresses();
      const stores = await Promise.all(between.map(open));
      const rounds = often(100) > 25 ? 100 : Math.ceil(often(100) / 10);
      let [cut, halves, counts] = [0, 0, 0];
      for (let round = 0; round < rounds; round++) {
        const result = await race(between, stores, round % 20 === 19);
        if (result.cut) cut++;
        if (result.left > 0) halves++;
        counts += result.counts;
      }
      t.diagnostic(`${rounds} copies, of which ${cut} were killed at work, ${halves} with sessions left; ${counts} counts`);

    });

  }

});
