import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';
import { root, unpackedIn } from './support/installed.js';

const { resolve } = createRequire(import.meta.url);

const OF_BUN: Record<string, string> = { x64: 'x64', arm64: 'aarch64' };

// Their packages put the program of this machine into place by a script. It is in a package of its own before.
const RUNTIMES: Record<string, () => string[]> = {
  Bun: () => [resolve(`@oven/bun-${process.platform}-${OF_BUN[process.arch]}/bin/bun`)],
  Deno: () => [resolve(`@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}/deno`), 'run', '--allow-all', '--quiet'],
};

const STORES: Record<string, () => string> = {
  'in memory': () => 'memory:',
  'on SQLite': () => `sqlite:${join(temporaryFolder(), 'sessions.db')}`,
  'on Redis': redisUrl,
  'on PostgreSQL': postgresUrl,
  'on MariaDB': mysqlUrl,
};

describe('The packed package', () => {

  let folder: string;

  before(() => {
    folder = unpackedIn('@curveball/core', '@curveball/kernel', 'redis', 'pg', 'mysql2');
    for (const file of ['served.mjs', 'listening.mjs']) copyFileSync(join(root, 'test/package/consumer', file), join(folder, file));
  });

  for (const [runtime, command] of Object.entries(RUNTIMES)) {

    it(`listens in ${runtime} as in Node.js, with two cookies in a response and streams`, { timeout: 60_000 }, async () => {

      const { site, stop } = await serve([...command(), 'listening.mjs'], folder);
      try {
        const { headers } = await fetch(`${site}/sign-in?as=ada`);
        const Cookie = headers.getSetCookie().map(each => each.split(';')[0]).join('; ');
        equal(headers.getSetCookie().length, 2);
        const shown = { messages: [{ kind: 'notice', message: 'Welcome' }], userId: 'ada' };
        deepEqual(await (await fetch(site, { headers: { Cookie } })).json(), shown);
        const stream = (await fetch(`${site}/endless`)).body?.getReader();
        equal(new TextDecoder().decode((await stream?.read())?.value), 'begun');
        await stream?.cancel();
      } finally {
        await stop();
      }

    });

    for (const [where, address] of Object.entries(STORES)) {

      it(`runs in ${runtime}, with sessions ${where}`, { timeout: 60_000 }, async () => {

        const { site, stop } = await serve([...command(), 'served.mjs', address()], folder);
        try {
          await expectWorks(site);
        } finally {
          await stop();
        }

      });

    }

  }

});

/** Starts the application, and waits until it listens. */
async function serve([program = '', ...words]: string[], cwd: string) {

  const child = spawn(program, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', data => { errors += data; });
  const ended = new Promise<void>(done => child.once('close', () => done()));
  after(() => child.kill('SIGKILL'));
  const port = await Promise.race([portOf(child), ended.then(() => { throw new Error(`${program} ended: ${errors}`); })]);
  return {
    site: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill();
      await ended;
      equal(errors, '');
    },
  };

}

async function portOf({ stdout }: ChildProcess): Promise<string> {

  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) {
    const port = /^listening on (\d+)$/.exec(line)?.[1];
    if (port) return port;
  }
  return new Promise(() => {});

}

/** Counts, signs in and signs out, as one browser. */
async function expectWorks(site: string): Promise<void> {

  let cookie = '';
  const get = async (path: string) => {
    const response = await fetch(`${site}${path}`, { headers: cookie ? { Cookie: cookie } : {} });
    equal(response.status, 200, path);
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return response.json();
  };

  deepEqual(await get('/count'), { visits: 1 });
  match(cookie, /^CB=[0-9A-Za-z]{59}$/);
  await Promise.all(Array.from({ length: 20 }, () => get('/count')));
  deepEqual(await get('/'), { visits: 21 });
  const anonymous = cookie;
  deepEqual(await get('/sign-in'), { visits: 21, userId: 'ada' });
  notEqual(cookie, anonymous);
  deepEqual(await get('/sign-out'), {});
  equal(cookie, 'CB=');

}
