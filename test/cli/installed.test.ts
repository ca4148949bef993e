import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { installedIn, packed } from '../package/support/installed.js';
import { root } from './support/command.js';

describe('The installed command', () => {

  let folder: string;
  before(() => {
    // The library, too: the registry may not have this version yet.
    folder = installedIn(packed(), packed(root));
  });

  const run = (...args: string[]) => (
    spawnSync(join(folder, 'node_modules/.bin/curveball-session'), args, { encoding: 'utf8', env: { PATH: process.env.PATH } }));

  it('runs, and has all that it needs, drivers too', () => {

    const { status, stderr, stdout } = run('keygen');
    strictEqual(stderr, '');
    strictEqual(status, 0);
    match(stdout, /secret/);
    for (const scheme of ['redis', 'postgres', 'mysql']) {
      const { status, stdout } = run('doctor', '--store', `${scheme}://127.0.0.1:1/1`);
      strictEqual(status, 4);
      match(stdout, /reachable {2}The store can't be reached: .*ECONNREFUSED/);
    }

  });

  it('ends without a word if no one reads any more, and says why a store failed', async () => {

    const child = spawn(join(folder, 'node_modules/.bin/curveball-session'), ['keygen'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', chunk => { said += chunk; });
    const [code] = await once(child, 'close');
    deepStrictEqual([code, said], [0, '']);
    match(run('stats', '--store', 'redis://127.0.0.1:1').stderr, /ECONNREFUSED/);

  });

});
