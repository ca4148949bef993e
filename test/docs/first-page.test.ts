import { match, ok } from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort, temporaryFolder } from '../support/servers/server.js';
import { blocks, page, root } from './support/markdown.js';

describe('The first page of the README', () => {

  it('runs when it is typed out, in an empty folder', { timeout: 120_000 }, async t => {

    const folder = temporaryFolder();
    const readme = page('README.md');
    const [, packages = '', file = ''] = /run `npm install (@curveball[^`]+)`, and save this as `([^`]+)`/.exec(readme.text) ?? [];
    const program = blocks(readme).find(({ marker }) => marker === 'run adding')?.code ?? '';
    ok(program.includes('app.listen(3000);'));
    const port = await freePort();
    writeFileSync(join(folder, file), program.replace('3000', String(port)));

    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, stdio: 'pipe' });
    const tarball = readdirSync(folder).find(name => name.endsWith('.tgz')) as string;
    const typed = packages.split(' ').map(name => name === '@curveball/session' ? `./${tarball}` : name);
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...typed], { cwd: folder, stdio: 'pipe' });

    const [, command = ''] = /Start it with `node ([^`]+)`/.exec(readme.text) ?? [];
    const child = spawn(process.execPath, [command], { cwd: folder, stdio: 'inherit' });
    t.after(() => child.kill('SIGKILL'));
    const first = await answered(`http://127.0.0.1:${port}/`, child);
    match(await first.text(), /^Visit number 1$/);
    const Cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const second = await fetch(`http://127.0.0.1:${port}/`, { headers: { Cookie } });
    match(await second.text(), /^Visit number 2$/);

  });

});

/** Asks until the application listens, of which it says nothing. */
async function answered(url: string, child: ChildProcess): Promise<Response> {

  while (child.exitCode === null) {
    const response = await fetch(url).catch(() => null);
    if (response) return response;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`The application ended with ${child.exitCode}`);

}
