import { match } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { installedIn, packed, root } from './support/installed.js';

const RUNNERS = ['vitest@4.1.12', 'jest@30.5.2', 'mocha@12.0.3'];

/** What each is called with, and what it prints when all have passed. */
const COMMANDS: Record<string, [args: string[], passed: RegExp]> = {
  'node:test': [['--test', '--test-reporter=tap', 'node.test.mjs', 'again.node.test.mjs'], /^# pass 8$/m],
  'Vitest': [['node_modules/vitest/vitest.mjs', 'run', 'vitest.test.mjs'], /Tests\s+8 passed/],
  'Jest': [['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--testMatch=**/*jest.test.mjs', '--transform={}'], /Tests:\s+8 passed/],
  'Mocha': [['node_modules/mocha/bin/mocha.js', 'mocha.test.mjs', 'again.mocha.test.mjs'], /8 passing/],
};

describe('What the packed package has for tests of applications', { concurrency: true }, () => {

  let folder: string;

  before(() => {
    folder = installedIn(packed(), '@curveball/kernel', ...RUNNERS);
    const runners = join(root, 'test/package/runners');
    cpSync(runners, folder, { recursive: true });
    // Two files at once, or one after the other in one process: each has a clock of its own.
    for (const name of readdirSync(runners).filter(name => name.includes('.test.'))) copyFileSync(join(runners, name), join(folder, `again.${name}`));
  });

  for (const [runner, [args, passed]] of Object.entries(COMMANDS)) {

    it(`runs in ${runner}`, { timeout: 120_000 }, async () => {

      match(await run(folder, args), passed);

    });

  }

});

/** Returns all that a program printed. */
async function run(cwd: string, args: readonly string[]): Promise<string> {

  // A runner that finds itself called by node:test reports in another form.
  const { NODE_TEST_CONTEXT, NODE_OPTIONS, ...env } = process.env;
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd, env: { ...env, NO_COLOR: '1' } });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${args.join(' ')}\n${stdout}\n${stderr}`);
  }

}
