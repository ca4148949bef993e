import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { allSessions, type AtomicSessionStore, MemoryStore, type SessionRecord, UserSessions } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { openStore } from '../../src/open/open-store.js';
import { KEEPS_NOTHING, OTHER_RECORD } from '../../src/values/other-record.js';
import { postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { until } from '../support/until.js';
import { command, root } from './support/command.js';
import { begin } from './support/sessions.js';

const FROM = `${redisUrl()}?prefix=copied:`;
const TO = `${postgresUrl()}?table=copied`;

const from = await openStore(FROM as `redis://${string}`);
const to = await openStore(TO as `postgres://${string}`);
after(() => Promise.all([from.close(), to.close()]));

const copy = (...args: string[]) => command(['copy', FROM, TO, '--json', '--yes', ...args]);

/** The id of the record that a copy with --keep leaves in the new store. */
const REHEARSAL = `copied${'0'.repeat(53)}`;

/** Empties both stores, and begins sessions in the old one. */
async function filled(sessions: number): Promise<string[]> {

  // Not those of a user, or of all: no session from before that could be put there.
  for (const store of [from, to]) for await (const { handle } of allSessions(store)) await store.endByHandle(handle);
  const ids: string[] = [];
  for (let number = 0; number < sessions; number++) ids.push(await begin(from, number % 2 === 0 ? `user ${number}` : null, { number }));
  return ids;

}

/** Checks that each session is in the new store, and nowhere else. */
async function checkMoved(ids: readonly string[]): Promise<void> {

  for (const [number, id] of ids.entries()) {
    deepStrictEqual(await to.get(id), { number });
    strictEqual(await from.get(id), null);
  }

}

describe('copy', () => {

  it('moves every session with its values, user and former ids, once, and says what it did', async () => {

    const ids = await filled(120);
    const former = ids[0];
    const id = ids[0] = await from.newSessionId(former);
    await from.move(former, id, { set: new Map(), unset: [] }, { lifetime: 3600 });
    const { code, json } = await copy();
    strictEqual(code, 0);
    const [{ seconds, ...tally }] = json;
    deepStrictEqual(tally, { copied: 120, before: 0, ended: 0, changed: 0, others: 0, cut: 0, unreadable: 0, left: 0, there: 120 });
    ok(seconds > 0);
    await checkMoved(ids);
    const found = await to.load(former);
    ok(found?.status === 'retired' && found.moved);
    strictEqual((await new UserSessions(to).list('user 2')).length, 1);
    const [again] = (await copy()).json;
    deepStrictEqual([again.copied, again.left, again.there], [0, 0, 120]);

  });

  it('leaves the sessions where they were with --keep, and then refuses to go on with them, which may be out of date', async () => {

    const ids = await filled(20);
    deepStrictEqual((await copy('--keep')).json[0].copied, 20);
    for (const id of ids) deepStrictEqual(await from.get(id), await to.get(id));
    // One changes, and the visitor of another signs out.
    await from.update(ids[0], { set: new Map([['number', '100']]), unset: [] }, { lifetime: 3600 });
    await from.end(ids[1]);
    for (const options of [[], ['--keep']]) {
      const { code, err } = await copy(...options);
      strictEqual(code, 2);
      match(err, /an earlier copy with --keep/);
    }
    strictEqual((await from.get(ids[0]))?.number, 100, 'nothing was taken');
    await to.update(REHEARSAL, { set: new Map([[OTHER_RECORD, '"copy --keep, under way"']]), unset: [] }, { lifetime: 60 });
    strictEqual((await copy('--keep')).code, 0, 'one that was killed goes on');
    await to.delete(REHEARSAL);

  });

  it('is finished by another run if it was killed: nothing is lost, and nothing is there twice', { timeout: 120_000 }, async () => {

    const ids = await filled(600);
    const child = spawn(process.execPath, [join(root, 'dist/bin.js'), 'copy', FROM, TO, '--yes', '--parallel', '4'], { stdio: 'ignore' });
    const gone = once(child, 'exit');
    await until('some sessions are copied', async () => (await to.countSessions({ exact: true })).live > 50);
    child.kill('SIGKILL');
    await gone;
    const { live } = await from.countSessions({ exact: true });
    ok(live > 0 && live < 600);
    // What an application has changed in the new store since stays.
    let page = await from.recordPage();
    while (page.records.length === 0) page = await from.recordPage({ after: page.next as string });
    const [record] = page.records;
    const id = ids.find(each => from.handleOf(each) === record.handle) as string;
    // It may be the one that was on its way.
    await to.putRecord(record);
    await to.update(id, { set: new Map([['new', '1']]), unset: [] }, { lifetime: 3600 });
    const { code, json: [{ left, there }] } = await copy();
    deepStrictEqual([code, left, there], [0, 0, 600]);
    deepStrictEqual(await to.get(id), { number: ids.indexOf(id), new: 1 });
    await to.update(id, { set: new Map(), unset: ['new'] }, { lifetime: 3600 });
    await checkMoved(ids);

  });

  for (const [name, exitCode] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {

    it(`stops in order at ${name}: it restores the terminal, and says how many were copied`, { timeout: 120_000 }, async () => {

      const ids = await filled(300);
      const signals = new EventEmitter();
      const running = command(['copy', FROM, TO, '--parallel', '2'], { keys: 'y\n', signals });
      await until('some sessions are copied', async () => (await to.countSessions({ exact: true })).live > 20);
      signals.emit(name);
      strictEqual(signals.listenerCount(name), 0, 'a second one ends the process');
      const { code, out, err } = await running;
      deepStrictEqual([code, out], [exitCode, '']);
      const { live } = await to.countSessions({ exact: true });
      ok(live < 300);
      strictEqual((await from.countSessions({ exact: true })).live, 300 - live, 'none is in both');
      // The cursor is shown again, and lines are wrapped.
      for (const [off, on] of [['?25l', '?25h'], ['?7l', '?7h']]) ok(err.lastIndexOf(`\u001b[${on}`) > err.lastIndexOf(`\u001b[${off}`), on);
      ok(err.endsWith(`\nError: The copy was interrupted: ${live} sessions copied. The same command goes on where it stopped\n`), err.slice(-200));
      strictEqual((await copy()).code, 0);
      await checkMoved(ids);

    });

  }

  it('stops so as a program, too', { timeout: 120_000 }, async () => {

    await filled(300);
    const child = spawn(process.execPath, [join(root, 'dist/bin.js'), 'copy', FROM, TO, '--yes', '--parallel', '2'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', chunk => { said += chunk; });
    const closed = once(child, 'close');
    await until('some sessions are copied', async () => (await to.countSessions({ exact: true })).live > 20);
    child.kill('SIGINT');
    deepStrictEqual(await closed, [130, null]);
    match(said, /^Error: The copy was interrupted: \d+ sessions copied/);

  });

  it('loses no change of an application that uses migrating(), and signs no one out', async () => {

    const ids = await filled(150);
    const [one, other] = [migrating({ from, to }), migrating({ from, to })];
    const used = ids.filter((_, index) => index % 8 === 0);
    const counts = new Map(used.map(id => [id, 0]));
    const copying = { isDone: false };
    const use = async (store: AtomicSessionStore, id: string) => {
      while (!copying.isDone) {
        const found = await store.load(id);
        ok(found?.status === 'live', `${from.handleOf(id)} is ${found?.status}`);
        const seen = Number(found.texts.get('count') ?? 0);
        const answer = await store.update(id, { set: new Map([['count', String(seen + 1)]]), unset: [] }, { lifetime: 3600, version: found.version });
        if (answer === 'updated') counts.set(id, (counts.get(id) as number) + 1);
        else strictEqual(answer, 'conflict');
      }
    };
    const using = used.flatMap(id => [use(one, id), use(other, id)]);
    // The first error ends it all.
    const failed = Promise.all(using);
    const { code, json: [{ left, there, changed }], err } = await Promise.race([copy('--parallel', '4'), failed.then(() => never())]);
    copying.isDone = true;
    await failed;
    deepStrictEqual([code, left, there, changed], [0, 0, 150, 0], err);
    for (const [id, count] of counts) strictEqual(Number((await to.get(id))?.count ?? 0), count);

  });

  it('refuses the same store twice, and does nothing unless it is confirmed', async () => {

    const [id] = await filled(1);
    for (const same of [FROM, FROM.replace('127.0.0.1', 'localhost')]) {
      strictEqual((await command(['copy', FROM, same, '--yes'])).code, 2, same);
      strictEqual((await from.countSessions({ exact: true })).live, 1);
    }
    strictEqual((await command(['copy', FROM, TO])).code, 5);
    ok(await from.get(id));
    const { code, err } = await command(['copy', 'env:FROM', 'env:TO'], { keys: 'y\n', env: { FROM, TO } });
    strictEqual(code, 0);
    match(err, /signs its visitors out: does each use migrating/);
    // The bar, on a terminal.
    match(err, /█+ 100 % {2}1 of 1 sessions, \d+ a second/);

  });

});

function never(): Promise<never> {
  return new Promise(() => {});
}

describe('A copier', async () => {

  interface Tally { copied: number; before: number; ended: number; changed: number; others: number; cut: number }
  type CopierClass = new (options: object) => { readonly tally: Tally; run(): Promise<void> };
  const { Copier }: { Copier: CopierClass } = await import(pathToFileURL(`${root}dist/copy/copier.js`).href);

  /** Two stores in memory; what is done when a record has been put into the second one. */
  async function scene(sessions: number, whenPut: (from: MemoryStore, id: string, to: MemoryStore) => unknown = () => {}) {

    const [old, next] = [new MemoryStore(), new MemoryStore()];
    const ids: string[] = [];
    for (let number = 0; number < sessions; number++) ids.push(await begin(old, null, { number }));
    const put = next.putRecord.bind(next);
    next.putRecord = (async (record: SessionRecord, terms: object) => {
      const answer = await put(record, terms);
      await whenPut(old, ids.find(id => old.handleOf(id) === record.handle) as string, next);
      return answer;
    }) as never;
    const copierWith = (more: object = {}) => new Copier({ from: old, to: next, keeps: false, force: false, parallel: 3, onDone() {}, ...more });
    return { old, next, ids, copierWith };

  }

  it('ends in the new store what ends in the old one at the same time', async () => {

    const { next, ids, copierWith } = await scene(5, (old, id) => old.end(id));
    const copier = copierWith();
    await copier.run();
    deepStrictEqual([copier.tally.copied, copier.tally.ended], [0, 5]);
    for (const id of ids) ok((await next.load(id))?.status !== 'live');

  });

  it('stops if an application changes sessions in the old store, unless it is told to go on', async () => {

    const change = (old: MemoryStore, id: string) => old.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: 3600 });
    const { old, copierWith } = await scene(20, change);
    await rejects(copierWith().run(), /does not move them/);
    ok((await old.countSessions({ exact: true })).live > 10);
    const copier = copierWith({ force: true });
    await copier.run();
    strictEqual((await old.countSessions({ exact: true })).live, 0);
    ok(copier.tally.changed > 10);

  });

  it('leaves a session where it is whose move was cut off, if it is sealed', async () => {

    const { old, next, ids, copierWith } = await scene(3);
    await old.update(ids[0], { set: new Map([['@curveball/session aside', '"sealed"']]), unset: [] }, { lifetime: 3600 });
    const copier = copierWith();
    await copier.run();
    deepStrictEqual([copier.tally.copied, copier.tally.cut], [2, 1]);
    ok((await old.load(ids[0]))?.status === 'live');
    ok(await next.load(ids[0]) === null);

  });

  it('waits for a place that a takeover has reserved, and leaves messages and locks where they are', async () => {

    let reserved = '';
    const { old, next, ids, copierWith } = await scene(3, async (_, id, to) => {
      // Whoever reserved it gives it up.
      if (to.handleOf(reserved) === to.handleOf(id)) await to.delete(reserved);
    });
    reserved = next.newSessionId(ids[0]);
    await next.create(reserved, KEEPS_NOTHING, { lifetime: 60 });
    const lock = old.newSessionId();
    await old.create(lock, KEEPS_NOTHING, { lifetime: 60 });
    const copier = copierWith();
    await copier.run();
    deepStrictEqual([copier.tally.copied, copier.tally.others], [3, 1]);
    ok((await old.load(lock))?.status === 'live');
    deepStrictEqual(await next.get(ids[0]), { number: 0 });

  });

});
