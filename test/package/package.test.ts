import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { installedIn, packed, root, unpackedIn } from './support/installed.js';

const bin = (name: string) => join(root, 'node_modules/.bin', name);
const [, oldest] = /TypeScript (\d+\.\d+) or newer/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];

function run(cwd: string, command: string, ...args: string[]): string {

  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  }

}

describe('The packed package', () => {

  let tarball: string;
  before(() => {
    tarball = packed();
  });

  test('passes publint', () => {

    run(root, bin('publint'), 'run', tarball, '--strict');

  });

  test('has types that every ESM resolution finds', () => {

    // What require() returns has a member `default`, so types with a default export are right for it.
    run(root, bin('attw'), tarball, '--profile', 'esm-only', '--ignore-rules', 'false-export-default');

  });

  test('holds what it needs and nothing else', () => {

    const files = run(root, 'tar', 'tzf', tarball).trim().split('\n').map(file => file.replace(/^package\//, ''));
    const strays = files.filter(file => !/^(commonjs|dist|src)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|UPGRADING\.md)$/.test(file));
    assert.deepEqual(strays, []);
    for (const file of ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']) {
      assert.ok(files.includes(file), `${file} is missing`);
    }

  });

  test('type-checks without skipLibCheck, with the oldest and the newest TypeScript', () => {

    const folder = unpackedIn('@curveball/core', '@curveball/kernel', '@types/node');
    cpSync(join(root, 'test/package/consumer'), folder, { recursive: true });
    const older = join(installedIn(`typescript@${oldest}`), 'node_modules/.bin/tsc');
    assert.ok(run(folder, older, '--version').includes(` ${oldest}.`));
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes',
      '--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--skipLibCheck', 'false'];
    // Older ones take require() of an ES module for an error, whatever its types are.
    run(folder, bin('tsc'), '--ignoreConfig', 'required.cts', ...options);
    // The types of one application's session must not reach the others.
    for (const files of [['untyped.ts', 'stores.ts'], ['typed.ts']]) {
      run(folder, bin('tsc'), '--ignoreConfig', ...files, ...options);
      run(folder, older, ...files, ...options);
    }

  });

});
