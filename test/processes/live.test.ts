import { fail, ok, strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { often } from '../support/often.js';
import { AppProcess } from '../support/processes/app-process.js';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Seconds within which other processes notice an end, as docs/live-sessions.md promises. */
const REPORTED = 1;
const LOOKED_FOR = 3;

/** How many sessions a process is ending when it is killed. */
const ENDING = often(100);

/** How many of them at a time: else the last may be over before the kill. */
const AT_ONCE = Math.ceil(ENDING / 4);

/** Seconds that a busy machine may take for more. */
const SLACK = 1;

/** The place on a server is of this file alone, since all sessions in it are ended. */
const STORES: { readonly [name: string]: { readonly url: () => string; readonly place?: string; readonly within: number } } = {
  'Redis, which reports changes': { url: redisUrl, place: '?prefix=live:', within: REPORTED },
  'PostgreSQL, which reports ends': { url: postgresUrl, place: '?table=live', within: REPORTED },
  'MySQL or MariaDB, which reports none': { url: mysqlUrl, place: '?table=live', within: LOOKED_FOR },
  'SQLite, which reports none': { url: () => `sqlite:${join(temporaryFolder(), 'live.db')}`, within: LOOKED_FOR },
};

describe('Open streams of two processes', { concurrency: true, timeout: 120_000 }, () => {

  for (const [name, { url, place, within }] of Object.entries(STORES)) describe(`on ${name}`, { concurrency: 1 }, () => {

    let address = '';
    let here: AppProcess;
    let other: AppProcess;
    let proxy: TcpProxy | undefined;

    before(async () => {
      address = url();
      if (place) proxy = await TcpProxy.start(address);
      here = await AppProcess.start({ store: `${proxy?.url ?? address}${place ?? ''}`, storeTimeout: 1 });
      other = await AppProcess.start({ store: `${address}${place ?? ''}` });
    });
    after(async () => {
      await Promise.all([here.kill(), other.kill()]);
      proxy?.close();
    });

    /** Requests that are open in the first process until their sessions end. */
    async function waiting(ids: readonly string[]) {

      let areOpen = false;
      const answers = ids.map(async id => {
        let answer = await here.send('/wait-for-end', id);
        // The store may take longer than its second for so many at once.
        while (answer.status === 503 && !areOpen) answer = await here.send('/wait-for-end', id);
        strictEqual(answer.status, 200, answer.body);
        return { body: answer.body, at: performance.now() };
      });
      const tooEarly = Promise.race(answers).then(({ body }) => fail(`A stream was closed before all were open: ${body}`));
      await Promise.race([tooEarly, until(`${ids.length} streams are open`, async () => {
        const { body } = await here.send('/waiting');
        return Number(body) === ids.length || fail(`${body} are`);
      })]);
      areOpen = true;
      // So that the store has been asked for them, and reports have begun.
      await sleep(300);
      return answers;

    }

    /** What each of these requests was answered when its session had ended. */
    async function told<T>(answers: readonly Promise<T>[]): Promise<T[]> {

      let open = answers.length;
      const all = Promise.all(answers.map(answer => answer.finally(() => { open--; })));
      await Promise.race([all, until('streams are told of their end', () => open === 0 || fail(`${open} of ${answers.length} are open`))]);
      return all;

    }

    async function end(ids: readonly string[]): Promise<void> {

      for (const { status, body } of await Promise.all(ids.map(id => other.send('/end', id)))) strictEqual(status, 200, body);

    }

    async function signedIn(user: string): Promise<string> {

      const id = await other.create();
      const { cookie } = await other.send(`/sign-in?key=${user}`, id);
      return cookie ?? id;

    }

    it(`notice a sign-out within ${within} s, and say so`, async () => {

      const ids = await Promise.all(Array.from({ length: 20 }, () => other.create()));
      const answers = await waiting(ids);
      const endedAt = performance.now();
      await end(ids);
      for (const { body, at } of await told(answers)) {
        strictEqual(body, 'signed-out');
        ok(at - endedAt < (within + SLACK) * 1000, `after ${at - endedAt} ms`);
      }

    });

    it(`notice within ${within} s that a user's sessions, or all, were revoked`, async () => {

      const ids = [await signedIn('ada'), await signedIn('ada'), await signedIn('bob')];
      const answers = await waiting(ids);
      for (const [path, expected] of [['/revoke?key=ada', answers.slice(0, 2)], ['/revoke-everything', answers.slice(2)]] as const) {
        const endedAt = performance.now();
        await other.send(path);
        for (const { body, at } of await told(expected)) {
          strictEqual(body, 'revoked');
          ok(at - endedAt < (within + SLACK) * 1000, `after ${at - endedAt} ms`);
        }
      }

    });

    it('notice what a process ended before it was killed, and only that', async t => {

      const ids = await Promise.all(Array.from({ length: ENDING }, () => other.create()));
      const answers = await waiting(ids);
      const dying = await AppProcess.start({ store: `${address}${place ?? ''}` });
      t.after(() => dying.kill());
      let [answered, noticed, noticedAt] = [0, 0, 0];
      for (const answer of answers) answer.then(({ at }) => {
        noticed++;
        noticedAt = at;
      }, () => {});
      const killAfter = Math.floor(Math.random() * ENDING / 2);
      const left = ids.values();
      await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        for (const id of left) {
          await dying.send('/end', id);
          if (answered++ === killAfter) await dying.kill();
        }
      }));
      const killedAt = performance.now();
      let living = ENDING;
      await until('as many ends are noticed as there were', async () => {
        living = (await Promise.all(ids.map(id => other.read(id)))).filter(values => values !== null).length;
        return noticed === ENDING - living || fail(`${noticed} of ${ENDING - living} are`);
      });
      const took = noticedAt - killedAt;
      const waits = (await here.send('/waiting')).body;
      await end(ids);
      for (const { body } of await told(answers)) strictEqual(body, 'signed-out');
      strictEqual(waits, String(living));
      ok(living > 0 && living < ENDING - killAfter, `${living} of ${ENDING} live`);
      ok(took < (within + SLACK) * 1000, `after ${took} ms`);
      t.diagnostic(`${name}: of ${ENDING} sessions, ${ENDING - living} were ended before the kill, all of which were noticed, the last ${Math.round(took)} ms after it`);

    });

    it('do not take moves, changes and sign-ins for ends', async () => {

      const id = await other.create();
      const answers = await waiting([id]);
      await other.send('/set?key=a', id);
      const moved = (await other.send('/rotate', id)).cookie as string;
      const signed = (await other.send('/sign-in?key=eve', moved)).cookie as string;
      await sleep(500);
      strictEqual((await here.send('/waiting')).body, '1');
      await end([signed]);
      for (const { body } of await told(answers)) strictEqual(body, 'signed-out');

    });

    if (!place) return;

    for (const cut of ['hang', 'loseServer'] as const) {

      it(`notice what ended while one was cut off (${cut}), and take the cut for no end`, async () => {

        const [ended, kept] = [await other.create(), await other.create()];
        const answers = await waiting([ended, kept]);
        proxy?.[cut]();
        await end([ended]);
        await sleep(1500);
        strictEqual((await here.send('/waiting')).body, '2');
        proxy?.resume();
        const resumedAt = performance.now();
        for (const { body, at } of await told(answers.slice(0, 1))) {
          strictEqual(body, 'signed-out');
          // A question may be under way, and a connection must be made.
          ok(at - resumedAt < (2 * LOOKED_FOR + 5) * 1000, `after ${at - resumedAt} ms`);
        }
        strictEqual((await here.send('/waiting')).body, '1');
        await end([kept]);
        for (const { body } of await told(answers)) strictEqual(body, 'signed-out');

      });

    }

  });

});
