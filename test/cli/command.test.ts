import { deepStrictEqual, doesNotMatch, match, ok, rejects, strictEqual } from 'node:assert/strict';
import { type StdioOptions, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { encrypted, MemoryStore } from '../../src/index.js';
import { openStore } from '../../src/open/open-store.js';
import { codeIn, page, table } from '../docs/support/markdown.js';
import { mysqlUrl, postgresUrl, redisClusterUrls } from '../support/servers/addresses.js';
import { startRedis } from '../support/servers/redis.js';
import { temporaryFolder } from '../support/servers/server.js';
import { command, root } from './support/command.js';
import { begin } from './support/sessions.js';

const inFile = () => `sqlite:${join(temporaryFolder(), 'sessions.db')}`;
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

describe('The command', () => {

  it('has the version of the library, and needs the very same', () => {

    const [own, library] = [read(join(root, 'package.json')), read(join(root, '../package.json'))];
    strictEqual(own.version, library.version);
    strictEqual(own.dependencies['@curveball/session'], library.version);

  });

  it('runs as a program, with the exit code of its result', () => {

    const run = (...args: string[]) => spawnSync(process.execPath, [join(root, 'dist/bin.js'), ...args], { encoding: 'utf8', env: {} });
    const address = inFile();
    const made = run('setup', '--store', address);
    deepStrictEqual([made.status, made.stderr], [0, '']);
    strictEqual(run('setpu').status, 2);

  });

  it('takes the address by an option, from its variable, or from another one', async () => {

    const [one, other, third] = [inFile(), inFile(), inFile()];
    const env = { SESSION_STORE: one, OTHER: other };
    deepStrictEqual((await command(['setup', '--json'], { env })).json, [{ store: one }]);
    deepStrictEqual((await command(['setup', '--json', '--store', 'env:OTHER'], { env })).json, [{ store: other }]);
    deepStrictEqual((await command(['setup', '--json', '--store', third], { env })).json, [{ store: third }]);
    for (const args of [['setup'], ['setup', '--store', 'env:MISSING']]) {
      const { code, err } = await command(args);
      strictEqual(code, 2);
      match(err, /No store: give its address with --store, or in the variable (SESSION_STORE|MISSING)/);
    }
    const { code, err } = await command(['setup', '--store', 'env:']);
    deepStrictEqual([code, err], [2, 'Error: env: lacks the name of a variable, as in env:NEW_STORE\n']);

  });

  it('refuses wrong arguments, and does nothing', async () => {

    for (const args of [
      ['unknown'], ['setup', '--tabel', 'x'], ['setup', 'too', 'many'], ['setup', '--store', 'http://localhost'],
      ['setup', '--store', 'sqlite:x?tabel=y'], ['keygen', '--id', 'a b'], ['doctor', '--store', 'http://localhost'],
      ...['setup', 'stats', 'list', 'doctor'].flatMap(name => [
        '', 'sqlite:', 'sqlite://x', 'sqlite:a%zz', 'redis://127.0.0.1:1/abc', 'redis://127.0.0.1:1?family=5', 'redis://a%zz@127.0.0.1:1',
        'postgres://127.0.0.1:1/a?table=b;c', 'postgres://[::1/a', 'mysql://a:b%zz@127.0.0.1:1/c', 'mysql://127.0.0.1:99999/a', 'memory:x',
      ].map(address => [name, '--store', address])),
      ['copy', 'memory:', 'sqlite:a%zz'], ['copy', 'http://localhost', 'memory:'], ['copy', 'memory:', 'memory:'], ['copy', 'memory:'],
      ['doctor', '--slow', '0', '--store', 'memory:'], ['copy', 'memory:', 'sqlite:x', '--parallel', 'many'],
    ]) {
      const { code, out, err } = await command(args);
      deepStrictEqual([args, code, out], [args, 2, '']);
      match(err, /^Error: |error: /i);
    }
    strictEqual((await command(['setup', '--store', 'sqlite:/no/such/folder/x'])).code, 1);

  });

  it('refuses a wrong value of an option of the address, and says what is allowed', async () => {

    const file = inFile();
    for (const [address, message] of Object.entries({
      'mysql://127.0.0.1:1/a?ssl=banana': /^Error: ssl must be false, Amazon RDS, or an object/,
      'mysql://127.0.0.1:1/a?connectTimeout=x': /^Error: connectTimeout is "x": it must be a whole number$/m,
      'postgres://127.0.0.1:1/a?ssl=banana': /^Error: ssl is "banana": it must be true, 1, 0 or no-verify$/m,
      'postgres://127.0.0.1:1/a?prepare=maybe': /^Error: prepare is "maybe": it must be true or false$/m,
      'postgres://127.0.0.1:1/a?schema=a%20b': /^Error: schema is "a b": it must be a name of up to 50/,
      'redis://127.0.0.1:1?family=9': /^Error: family is "9": it must be 4 or 6$/m,
      [`${file}?synchronous=maybe`]: /^Error: synchronous is "maybe": it must be normal or full$/m,
      [`${file}?table=a%20b`]: /^Error: table is "a b": it must be a name of up to 63/,
    })) {
      for (const name of ['setup', 'stats', 'doctor']) {
        const { code, out, err } = await command([name, '--store', address]);
        deepStrictEqual([name, code, out], [name, 2, '']);
        match(err, message);
      }
    }
    ok(!existsSync(file.slice('sqlite:'.length)), 'no file is made');

  });

  it('refuses a store in memory, which ends with the command: a copy would lose all sessions', async () => {

    const address = inFile();
    await command(['setup', '--store', address]);
    const store = await openStore(address);
    const id = await begin(store, 'Ada');
    for (const inMemory of ['memory:', 'MEMORY:', 'sqlite::memory:', 'sqlite:%3Amemory%3A', 'env:IN_MEMORY']) {
      for (const args of [
        ['copy', address, inMemory, '--yes'], ['copy', inMemory, address, '--yes'],
        ...[['setup'], ['stats'], ['list'], ['end', 'x'], ['end-all', 'Ada'], ['end-everything'], ['purge', '--anonymous'], ['doctor']]
          .map(each => [...each, '--store', inMemory]),
      ]) {
        const { code, out, err } = await command(args, { env: { IN_MEMORY: 'memory:' } });
        deepStrictEqual([args, code, out], [args, 2, '']);
        match(err, /^Error: The store \S+ is in the memory of one process, and ends with this command/);
      }
    }
    deepStrictEqual(await store.get(id), { a: 1 });
    await store.close();

  });

  it('says in one line that its output can\'t be written', { skip: !existsSync('/dev/full') && 'a system without /dev/full' }, async () => {

    const address = inFile();
    await command(['setup', '--store', address]);
    const store = await openStore(address);
    await begin(store, 'Ada');
    await store.close();
    const full = openSync('/dev/full', 'w');
    const run = (args: string[], stdio: StdioOptions) => spawnSync(process.execPath, [join(root, 'dist/bin.js'), ...args], { encoding: 'utf8', env: { SESSION_STORE: address }, stdio });
    for (const args of [['list'], ['stats', '--json'], ['--help']]) {
      const { status, stderr } = run(args, ['ignore', full, 'pipe']);
      deepStrictEqual([args, status, stderr], [args, 1, 'Error: The output can\'t be written: ENOSPC: no space left on device, write\n']);
    }
    const { status, stdout } = run(['copy', address, inFile()], ['ignore', 'pipe', full]);
    deepStrictEqual([status, stdout], [1, ''], 'the code says what happened if the error can\'t');
    closeSync(full);

  });

  it('says with --help which addresses, variables and exit codes there are', async () => {

    const addresses = table(page('docs/open-store.md'), 'Opening a store by its address').slice(1).flatMap(([cell]) => codeIn(cell));
    const schemes = new Set(addresses.filter(address => !address.endsWith('memory:')).map(address => address.slice(0, address.indexOf(':') + 1)));
    ok(schemes.size > 4);
    for (const args of [[], ['setup'], ['stats'], ['list'], ['end'], ['end-all'], ['end-everything'], ['purge'], ['copy'], ['doctor']]) {
      const { out } = await command([...args, '--help']);
      match(out, /^ {2}3 +doctor has found warnings/m);
      match(out, /^ {2}130 +copy, .* was interrupted/m);
      for (const text of [...schemes, 'SESSION_STORE', 'env:NAME', '?table=', '?schema=', '?prefix=']) ok(out.includes(text), `${args}: ${text}`);
    }

  });

  it('says once why something failed', async () => {

    const { err } = await command(['setup', '--store', 'redis://127.0.0.1:1']);
    strictEqual(err, 'Error: The store at redis://127.0.0.1:1 can\'t be opened: connect ECONNREFUSED 127.0.0.1:1\n');
    match((await command(['stats', '--store', 'postgres://a@127.0.0.1:1/a'])).err, /^Error: The store at postgres:\/\/…@127.0.0.1:1\/a failed: connect ECONNREFUSED 127.0.0.1:1\n$/);
    strictEqual((await command(['stats', '--store', 'mysql://a:b@127.0.0.1:1/a'])).err, 'Error: The store at mysql://…@127.0.0.1:1/a failed: connect ECONNREFUSED 127.0.0.1:1\n');
    strictEqual((await command(['setup', '--store', 'sqlite:/no/such/x'])).err, 'Error: The store at sqlite:/no/such/x can\'t be opened: There is no folder /no/such\n');
    match((await command(['doctor', '--store', 'sqlite:/no/such/x'])).out, /There is no folder \/no\/such\n.*→ Make the folder, or correct the address/);
    match((await command(['doctor', '--slow', '0'])).err, /a number of milliseconds from 1 to 999999/);

  });

  it('says which command makes a missing table', async () => {

    const file = inFile();
    writeFileSync(file.slice('sqlite:'.length), '');
    for (const address of [file, `${postgresUrl()}?table=missing`, `${mysqlUrl()}?table=missing`]) {
      for (const args of [['stats'], ['list'], ['end-all', 'Ada', '--yes']]) {
        const { code, err } = await command([...args, '--store', address]);
        strictEqual(code, 1);
        match(err, /^Error: The store at \S+ failed: .*"curveball-session setup" makes it\n$/);
      }
    }

  });

  it('says of a node of a cluster that it has only a part of the sessions, and of a replica that it keeps none', async t => {

    const node = redisClusterUrls()[0] as string;
    for (const args of [['setup'], ['stats'], ['list'], ['end-all', 'Ada', '--yes'], ['end-everything', '--yes'], ['purge', '--anonymous', '--yes']]) {
      const { code, out, err } = await command([...args, '--store', node]);
      deepStrictEqual([args, code, out], [args, 1, '']);
      match(err, /^Error: The store at redis:\S+ can't be opened: it is one node of a cluster, and has only a part of the sessions: the address of a cluster begins with redis\+cluster:.*\n$/);
    }
    const replica = await startRedis('--replicaof', '127.0.0.1', '1');
    t.after(() => replica.kill());
    match((await command(['setup', '--store', replica.url])).err, /it is a replica, which refuses every change: give the address of the master\n$/);

  });

  it('says which store failed in a copy', async () => {

    const [here, gone] = [inFile(), 'postgres://a:secret@127.0.0.1:1/a'];
    await command(['setup', '--store', here]);
    const [old, next] = [await command(['copy', gone, here, '--yes']), await command(['copy', here, gone, '--yes'])];
    match(old.err, /^Error: The old store at postgres:\/\/…@127.0.0.1:1\/a failed: .*connect ECONNREFUSED/);
    match(next.err, /^Error: The new store at postgres:\/\/…@127.0.0.1:1\/a failed: .*connect ECONNREFUSED/);
    match((await command(['copy', here, 'redis://127.0.0.1:1', '--yes'])).err, /^Error: The new store at redis:\S+ can't be opened: connect ECONNREFUSED/);

  });

  it('makes no file for a misspelt address, except in "setup"', async () => {

    const address = inFile();
    const { code, json } = await command(['doctor', '--json', '--store', address]);
    strictEqual(code, 4);
    strictEqual(json[0].results[0].name, 'reachable');
    ok(!existsSync(address.slice('sqlite:'.length)));

  });

  it('shows no password, wherever it was given and whatever goes wrong', async () => {

    const silent = createServer(socket => socket.destroy()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const shown = [];
    for (const scheme of ['redis', 'postgres', 'mysql']) {
      const address = `${scheme}://user:h%21dden@127.0.0.1:${port}/1`;
      const asOption = `${scheme}://127.0.0.1:${port}/1?password=h%21dden`;
      const wrong = `${scheme}://user:h%21dden@127.0.0.1:${port}/1?tabel=x`;
      const unescaped = [`${scheme}://user:h!dden?x@127.0.0.1:${port}/1`, `${scheme}://user:a@h!dden?x@127.0.0.1:${port}/1`, `${scheme}://user:?table=h!dden@127.0.0.1:${port}/1`];
      for (const given of [address, asOption, wrong, ...unescaped]) {
        for (const args of [
          ['setup', '--store', given], ['setup', `--store=${given}`], ['doctor', '--store', given], ['doctor', '--json', '--store', given],
          [given], ['setup', given], ['setup', `--${given}`], ['doctor', '--slow', given],
        ]) {
          const { out, err, code } = await command(args);
          ok(code > 0);
          shown.push(out, err);
        }
        const { out, err } = await command(['setup'], { env: { SESSION_STORE: given } });
        shown.push(out, err);
      }
    }
    silent.close();
    deepStrictEqual(shown.filter(text => /h(%21|!)dden/.test(text)), []);
    match(shown.join('\n'), /127\.0\.0\.1/);

  });

  it('shows no password that a server repeats', async t => {

    // A proxy before PostgreSQL: it asks for the password, and then repeats it.
    const ask = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
    const fields = 'SFATAL\0C28000\0Mno server takes user with h!dden\0\0';
    const refuse = Buffer.concat([Buffer.from([0x45, 0, 0, 0, fields.length + 4]), Buffer.from(fields)]);
    const server = createServer(socket => {
      socket.on('error', () => {}).once('data', () => {
        socket.write(ask);
        socket.once('data', () => socket.end(refuse));
      });
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    for (const login of ['postgres://user:h%21dden@HOST/1', 'POSTGRES://user:h!dden@HOST/1', 'postgres://user@HOST/1?password=h%21dden', 'postgres://user@HOST/1?pass%77ord=h!dden']) {
      const address = login.replace('HOST', `127.0.0.1:${port}`);
      for (const args of [['setup'], ['doctor'], ['doctor', '--json'], ['stats'], ['stats', '--json'], ['list']]) {
        const { out, err, code } = await command([...args, '--store', address]);
        ok(code > 0);
        match(out + err, /no server takes user with …/, args.join(' '));
      }
      await rejects(openStore(address), (error: Error) => /no server takes user with …/.test(error.message) && !/h(%21|!)dden/.test(inspect(error)));
    }

  });

  it('shows no part of a long password, after which a server has cut its message', async t => {

    // Redis before version 6 does not know HELLO, and repeats 128 letters of what follows it.
    const server = createServer(socket => {
      socket.on('error', () => {}).on('data', data => {
        const [, ...words] = String(data).split('\r\n').filter(line => !/^[*$]\d/.test(line));
        socket.write(`-ERR unknown command \`HELLO\`, with args beginning with: ${words.map(word => `\`${word}\`, `).join('').slice(0, 128)}\r\n`);
      });
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const password = Array.from({ length: 30 }, (_, index) => `word${index}`).join('');
    const address = `redis://user:${password}@127.0.0.1:${port}`;
    for (const args of [['stats'], ['doctor'], ['doctor', '--json']]) {
      const { out, err } = await command([...args, '--store', address]);
      match(out + err, /unknown command/);
      doesNotMatch(out + err, /word0word1word2/);
    }
    await rejects(openStore(address), (error: Error) => /unknown command/.test(error.message) && !/word0word1word2/.test(inspect(error)));

  });

  it('makes a key that encrypted() takes', async () => {

    const [{ json: [key] }, { out }] = [await command(['keygen', '--json', '--id', '2026-01']), await command(['keygen'])];
    strictEqual(key.id, '2026-01');
    strictEqual(Buffer.from(key.secret, 'base64').length, 32);
    encrypted(new MemoryStore(), { keys: [key] });
    match(out, /^\{ id: '\d{4}-\d\d-\d\d', secret: '[\w+/]{43}=' \}\n$/);
    doesNotMatch(out, new RegExp(key.secret.replace(/[+/]/g, '.')));

  });

});
