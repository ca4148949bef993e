import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/servers/server.js';

const UNTRACKED = new URL('../support/untracked-promises.js', import.meta.url).href;

/** Runs a file of two tests, which pass; the first of which also does something else. */
function run(aside: string) {

  const file = join(temporaryFolder(), 'aside.test.mjs');
  writeFileSync(file, `
    import { describe, it } from 'node:test';
    describe('tests', () => {
      it('one', async () => {
        await null;
        ${aside};
        await new Promise(resolve => setTimeout(resolve, 1));
      });
      it('two', () => {});
    });
  `);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ['--import', UNTRACKED, '--test', '--test-reporter=tap', file], { encoding: 'utf8', env });
  return { status, stdout };

}

test('a file passes without node:test following its promises', () => {

  assert.equal(run('').status, 0);

});

for (const [what, aside] of [
  ['a promise that is rejected and that no one handles', `Promise.reject(new Error('lost'))`],
  ['an error that a timer throws', `setTimeout(() => { throw new Error('lost'); })`],
] as const) {

  test(`${what} fails the file, and is printed`, () => {

    const { status, stdout } = run(aside);
    assert.equal(status, 1, stdout);
    assert.match(stdout, /lost/);

  });

}
