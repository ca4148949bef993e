import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';

const SERVER = fileURLToPath(new URL('../../examples/demo/server.js', import.meta.url));

interface Settings {
  port?: number;
  /** Behind `--store`. */
  store?: string;
  /** In the environment. */
  STORE?: string;
  /** The folder in which it is started. */
  folder?: string;
  args?: readonly string[];
}

test('prints the address at which the demo answers', async t => {

  const { origin } = await running(start(t, { store: 'memory:' }));
  const response = await fetch(origin);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /Sign in/);

});

test('reports that the port is taken, and how to choose another', async t => {

  const other = createServer().listen(0, 'localhost');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;

  assert.deepEqual(await failed(start(t, { port, store: 'memory:' })), {
    code: 1, stderr: `Port ${port} is taken. Choose another one: make demo PORT=${port + 1}\n`,
  });

});

test('reports that the store can\'t be opened, and which addresses are possible', async t => {

  for (const [settings, problem] of [
    [{ store: 'foo' }, /^The address of the store is wrong, /],
    [{ STORE: 'redis://127.0.0.1:1' }, /^The store at redis:\/\/127\.0\.0\.1:1 can't be opened: connect ECONNREFUSED/],
    [{ args: ['--stor', 'memory:'] }, /^Unknown option '--stor'/],
  ] as const) {
    const { code, stderr } = await failed(start(t, settings));
    assert.equal(code, 1);
    assert.match(stderr, problem);
    assert.match(stderr, /\nUsage: server\.js \[--store memory:/);
  }

});

const stores: Record<string, (folder: string) => Settings> = {
  'a file of its own, if nothing else is said': folder => ({ folder }),
  'a file that --store names': folder => ({ folder, store: 'sqlite:./named.db' }),
  'Redis, named in the environment': () => ({ STORE: `${redisUrl()}?prefix=demo:` }),
  'PostgreSQL, and --store goes before the environment': () => ({ store: `${postgresUrl()}?table=demo`, STORE: 'memory:' }),
  'MySQL or MariaDB': () => ({ store: `${mysqlUrl()}?table=demo` }),
};

for (const [name, settingsIn] of Object.entries(stores)) {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`a restart after ${signal} keeps visitors signed in: ${name}`, async t => {

      const folder = temporaryFolder();
      const settings = settingsIn(folder);
      const before = await running(start(t, settings));
      const visitor = new Visitor(before.origin);
      await visitor.signIn('Ada');
      assert.match(await visitor.page(), /Hello, Ada/);
      await stopped(before.server, signal);

      const { server, origin } = await running(start(t, settings));
      visitor.origin = origin;
      assert.match(await visitor.page(), /Hello, Ada/);
      assert.equal(await stopped(server, 'SIGINT'), 0);
      if (name.startsWith('a file of its own')) assert.ok(existsSync(join(folder, 'demo-sessions.db')));
      if (!name.startsWith('a file')) assert.deepEqual(readdirSync(folder), []);

    });
  }
}

test('a restart signs all visitors out if sessions are in memory', async t => {

  const before = await running(start(t, { store: 'memory:' }));
  const visitor = new Visitor(before.origin);
  await visitor.signIn('Ada');
  assert.match(await visitor.page(), /Hello, Ada/);
  await stopped(before.server, 'SIGTERM');
  visitor.origin = (await running(start(t, { store: 'memory:' }))).origin;
  assert.match(await visitor.page(), /Sign in/);

});

/** A browser with one cookie jar. */
class Visitor {

  origin: string;
  readonly #cookies = new Map<string, string>();

  constructor(origin: string) {
    this.origin = origin;
  }

  async page(): Promise<string> {
    return (await this.#fetch('/')).text();
  }

  async signIn(name: string): Promise<void> {

    const [, token] = /name="csrf-token" value="([^"]+)"/.exec(await this.page()) ?? [];
    assert.ok(token);
    const body = new URLSearchParams({ 'csrf-token': token, name });
    const { status } = await this.#fetch('/sign-in', { method: 'POST', body, redirect: 'manual' });
    assert.equal(status, 303);

  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {

    const response = await fetch(this.origin + path, { ...init, headers: { Cookie: [...this.#cookies].map(pair => pair.join('=')).join('; '), Origin: this.origin } });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = (line.split(';')[0] as string).split('=') as [string, string];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;

  }

}

function start(t: TestContext, { port = 0, store, STORE = '', folder = temporaryFolder(), args }: Settings): ChildProcess {

  const server = spawn(process.execPath, ['--no-warnings', SERVER, ...(args ?? (store ? ['--store', store] : []))], {
    cwd: folder, env: { ...process.env, PORT: String(port), STORE },
  });
  t.after(() => server.kill('SIGKILL'));
  return server;

}

async function running(server: ChildProcess): Promise<{ server: ChildProcess; origin: string }> {

  assert.ok(server.stdout && server.stderr);
  let problems = '';
  server.stderr.on('data', chunk => {
    problems += chunk;
  });
  const [line] = await Promise.race([
    once(createInterface(server.stdout), 'line'), once(server, 'exit').then(() => assert.fail(`The demo has ended: ${problems}`)),
  ]);
  const [origin] = /http:\/\/localhost:\d+/.exec(line) ?? [];
  assert.ok(origin, line);
  return { server, origin };

}

async function failed(server: ChildProcess): Promise<{ code: number | null; stderr: string }> {

  assert.ok(server.stderr);
  let stderr = '';
  server.stderr.on('data', chunk => {
    stderr += chunk;
  });
  const [code] = await once(server, 'close');
  return { code, stderr };

}

async function stopped(server: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {

  const ended = once(server, 'exit');
  server.kill(signal);
  const [code] = await ended;
  return code;

}
