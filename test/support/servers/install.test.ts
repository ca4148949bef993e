import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Machine } from './install.js';
import { needsOf } from './needs.js';
import type { Need } from './programs.js';
import { until } from '../until.js';
import { freePort, temporaryFolder } from './server.js';

const NEEDS: readonly Need[] = [
  { name: 'One', programs: [['session-test-one', 'session-test-uno']], debian: 'one', homebrew: 'first' },
  { name: 'Two', programs: [['session-test-two']], debian: 'two', instead: 'Point somewhere else' },
];

/** The common part of the fake installers: they record how they were called, and make the programs. */
const PRELUDE = `#!/bin/sh
cd "$(/usr/bin/dirname "$0")"
echo "$(/usr/bin/basename "$0") $*" >> calls
programs() { for name in uno two; do echo > session-test-$name; /bin/chmod +x session-test-$name; done; }
`;

const APT_GET = `case "$*" in *install*) /bin/sleep 0.3; programs;; esac`;

test('programs that exist are not installed', async () => {

  const machine = await machineWith({ 'apt-get': APT_GET, 'session-test-one': '', 'session-test-two': '' });
  assert.deepEqual(await ended(machine.provide()), { code: 0, printed: '' });
  assert.deepEqual(machine.calls(), []);

});

test('several processes that miss the same at once lead to one installation, and say what it is for', async () => {

  const machine = await machineWith({ 'apt-get': APT_GET });
  const results = await Promise.all(Array.from({ length: 5 }, () => ended(machine.provide())));
  assert.deepEqual(results.map(({ code }) => code), [0, 0, 0, 0, 0]);
  assert.deepEqual(machine.calls(), [
    'apt-get -o DPkg::Lock::Timeout=300 update',
    'apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends one two',
  ]);
  const lines = results.flatMap(({ printed }) => printed.split('\n'));
  assert.equal(lines.filter(line => line.startsWith('# The tests need One, Two: installing one, two with apt-get')).length, 1);
  assert.ok(!existsSync(machine.policy));

});

test('an installation whose process was killed keeps no other from installing', async () => {

  const machine = await machineWith({ 'apt-get': `case "$*" in *update*) [ -e was-here ] || { echo > was-here; exec /bin/sleep 2; };; *) programs;; esac` });
  const first = machine.provide();
  // The fake program of another process leaves a file, and no event.
  await until('the program has begun', () => machine.has('was-here'));
  const second = ended(machine.provide());
  first.kill('SIGKILL');
  assert.equal((await second).code, 0);

});

test('another package manager that has locked the lists is waited for', async () => {

  const locked = `
    [ -e tries ] && [ "$(/usr/bin/wc -l < tries)" -ge 3 ] && { programs; exit 0; }
    echo >> tries
    echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)" >&2
    exit 100`;
  const machine = await machineWith({ 'apt-get': locked });
  const { code, printed } = await ended(machine.provide());
  assert.equal(code, 0);
  assert.equal(printed.split('# Another package manager is at work: waiting for it').length, 2);

  const forever = await machineWith({ 'apt-get': 'echo "E: Could not get lock" >&2; exit 100' }, { patience: 50 });
  assert.match((await ended(forever.provide())).printed, /E: Could not get lock\n[\s\S]*The tests need One, Two\./);

});

test('an installation that never ends is not waited for without end', async t => {

  const machine = await machineWith({ 'apt-get': APT_GET }, { patience: 50 });
  const other = createServer().listen(machine.lockPort, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { code, printed } = await ended(machine.provide());
  assert.equal(code, 1);
  assert.match(printed, new RegExp(`Port ${machine.lockPort} of 127\\.0\\.0\\.1, .* is still taken`));
  assert.deepEqual(machine.calls(), []);

});

test('prints the command for all missing programs if it may not install', async () => {

  const user = await machineWith({ 'apt-get': APT_GET }, { isRoot: false });
  assert.deepEqual(await ended(user.provide()), {
    code: 1,
    printed: `The tests need One, Two. Install what is missing, on Debian or Ubuntu by

    sudo apt-get update && sudo apt-get install --yes --no-install-recommends one two

or do this instead:
Two: Point somewhere else.
`,
  });
  assert.deepEqual(user.calls(), []);

  const mac = await machineWith({}, { isRoot: false, isMac: true });
  assert.match((await ended(mac.provide())).printed, /\n {4}brew install first\n/);

  const failing = await machineWith({ 'apt-get': 'echo "E: Unable to locate package one" >&2; exit 100' });
  assert.match((await ended(failing.provide())).printed, /E: Unable to locate package one\n[\s\S]*\n {4}apt-get update && apt-get install/);

});

test('Homebrew installs as the user that it belongs to', async () => {

  const machine = await machineWith({ brew: 'programs' }, { isRoot: false, isMac: true });
  assert.equal((await ended(machine.provide())).code, 0);
  assert.deepEqual(machine.calls(), ['brew install first']);

});

test('only tests in a browser need one, and only those that share servers start them', () => {

  const built = (name: string) => fileURLToPath(new URL(`../../${name}.test.js`, import.meta.url));
  const namesOf = (args: readonly string[], environment = {}) => needsOf(args, environment).programs.map(({ name }) => name);
  assert.deepEqual(needsOf([built('options'), built('values/session-values')], {}), { programs: [], sharesServers: false });
  assert.ok(namesOf([built('examples/demo')]).includes('Chromium or Chrome'));
  assert.ok(namesOf([built('browser/csrf')]).includes('openssl'));
  assert.ok(namesOf([built('browser/csrf')]).includes('Firefox'));
  assert.deepEqual(namesOf([built('examples/demo-picture')]), ['The headless shell of Chromium, or Chromium or Chrome']);
  assert.deepEqual(namesOf([built('examples/demo-picture')], { CHROMIUM_PATH: '/bin/true' }), []);
  assert.ok(!namesOf([built('examples/demo')], { CHROMIUM_PATH: '/bin/true' }).includes('Chromium or Chrome'));
  assert.ok(!namesOf([built('examples/demo')], { FIREFOX_PATH: '/bin/true' }).includes('Firefox'));

  const servers = ['MariaDB', 'PostgreSQL', 'Redis or Valkey', 'ps'];
  assert.deepEqual(namesOf([built('processes/races')]).sort(), servers);
  assert.deepEqual(namesOf(['sleep', '100']).sort(), servers);
  // Servers that a test starts by itself are needed, whatever runs already.
  const running = { SESSION_TEST_REDIS_URL: 'x', SESSION_TEST_REDIS_CLUSTER_URLS: 'x', SESSION_TEST_POSTGRES_URL: 'x', SESSION_TEST_MYSQL_URL: 'x' };
  assert.deepEqual(namesOf([built('stores/redis/redis-late')], running).sort(), ['Redis or Valkey', 'ps']);

});

/** A machine with some programs, of which only the given ones are real. */
async function machineWith(commands: Record<string, string>, given: Partial<Machine> = {}) {

  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  for (const [name, script] of Object.entries(commands)) {
    writeFileSync(path(name), `${PRELUDE}${script}\n`);
    chmodSync(path(name), 0o755);
  }
  const machine: Machine = {
    isMac: false, isRoot: true, policy: path('policy'), lockPort: await freePort(), patience: 60_000, pause: 20, ...given,
  };
  const program = `
    const { provide } = await import(${JSON.stringify(new URL('./install.js', import.meta.url).href)});
    await provide(${JSON.stringify(NEEDS)}, ${JSON.stringify(machine)}).catch(error => {
      console.error(error.message);
      process.exitCode = 1;
    });`;
  return {
    ...machine,
    has: (name: string) => existsSync(path(name)),
    calls: () => existsSync(path('calls')) ? readFileSync(path('calls'), 'utf8').trim().split('\n') : [],
    provide: () => spawn(process.execPath, ['--input-type=module', '--eval', program], { env: { PATH: folder } }),
  };

}

async function ended(child: ChildProcess): Promise<{ code: number | null; printed: string }> {

  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => { printed += chunk; });
  const [code] = await once(child, 'close');
  return { code, printed };

}
