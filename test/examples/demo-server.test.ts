import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';

const SERVER = fileURLToPath(new URL('../../examples/demo/server.js', import.meta.url));

test('prints the address at which the demo answers', async t => {

  const server = start(t, 0);
  const line = await firstLine(server.stdout);
  const address = /http:\/\/localhost:\d+/.exec(line)?.[0];
  assert.ok(address, line);

  const response = await fetch(address);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /Sign in/);

});

test('says so where the port is taken, and how to choose another', async t => {

  const other = createServer().listen(0, 'localhost');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;

  const server = start(t, port);
  const ended = once(server, 'exit');
  assert.equal(
    await firstLine(server.stderr),
    `Port ${port} is taken. Choose another one: make demo PORT=${port + 1}`,
  );
  assert.deepEqual(await ended, [1, null]);

});

function start(t: TestContext, port: number): ChildProcess {

  const server = spawn(process.execPath, [SERVER], { env: { ...process.env, PORT: String(port) } });
  t.after(() => server.kill());
  return server;

}

async function firstLine(stream: ChildProcess['stdout']): Promise<string> {

  assert.ok(stream);
  const [line] = await once(createInterface(stream), 'line');
  return line as string;

}
