import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
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

  let folder: string;
  let tarball: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'session-package-'));
    run(root, 'npm', 'pack', '--ignore-scripts', '--pack-destination', folder);
    tarball = join(folder, readdirSync(folder).find(name => name.endsWith('.tgz')) as string);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  test('passes publint', () => {

    run(root, bin('publint'), 'run', tarball, '--strict');

  });

  test('has types that every ESM resolution finds', () => {

    // What require() returns has a member `default`, so types with a default export are right for it.
    run(root, bin('attw'), tarball, '--profile', 'esm-only', '--ignore-rules', 'false-export-default');

  });

  test('holds what it needs and nothing else', () => {

    const files = run(folder, 'tar', 'tzf', tarball).trim().split('\n').map(file => file.replace(/^package\//, ''));
    const strays = files.filter(file => !/^(commonjs|dist|src)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|UPGRADING\.md)$/.test(file));
    assert.deepEqual(strays, []);
    for (const file of ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']) {
      assert.ok(files.includes(file), `${file} is missing`);
    }

  });

  test('installs, runs and type-checks in an empty folder, without skipLibCheck, with the oldest and the newest TypeScript', () => {

    const { '@curveball/core': core, '@curveball/kernel': kernel, '@types/node': types } = manifest.devDependencies;
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline',
      tarball, `@curveball/kernel@${kernel}`, `@curveball/core@${core}`, `@types/node@${types}`, `typescript@${oldest}`);
    cpSync(join(root, 'test/package/consumer'), folder, { recursive: true });
    assert.match(run(folder, process.execPath, 'use.js'), /works/);
    assert.match(run(folder, process.execPath, 'use.cjs'), /require\(\) works/);
    assert.match(run(folder, process.execPath, 'stores.js'), /the installed stores work/);
    const older = join(folder, 'node_modules/.bin/tsc');
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
