import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/servers/server.js';

const SCRIPT = fileURLToPath(new URL('../../../.ci/run', import.meta.url));
const NOTES = new URL('./note-files.js', import.meta.url).href;

/** Replaces make: runs two files of one test each, and lets those fail that `fails` names. */
const MAKE = `#!/bin/bash
echo "$@" >> calls
case "$1" in lint|guard) ! grep -qx "$(wc -l < calls | xargs)" fails; exit;; esac
files=a.test.js\\ b.test.js
for arg in "$@"; do case "$arg" in TESTS=*) files=\${arg#TESTS=};; esac; done
bad=0 all=0
for file in $files; do
  echo "began $file" >> "$SESSION_TEST_NOTES"
  all=$((all + 1))
  if grep -qx "$(wc -l < calls | xargs) $file" fails; then bad=$((bad + 1)); else echo "passed $file" >> "$SESSION_TEST_NOTES"; fi
done
grep -qx "$(wc -l < calls | xargs)" fails && exit 2
printf 'ℹ tests %s\\nℹ pass %s\\nℹ fail %s\\n' $all $((all - bad)) $bad
[ $bad = 0 ]
`;

/** Runs the script; each line of `fails` is the number of a call of make, and what fails then. */
function run(...fails: readonly string[]) {

  const folder = temporaryFolder();
  mkdirSync(join(folder, '.ci'));
  copyFileSync(SCRIPT, join(folder, '.ci/run'));
  writeFileSync(join(folder, 'make'), MAKE);
  chmodSync(join(folder, 'make'), 0o755);
  writeFileSync(join(folder, 'fails'), fails.map(line => `${line}\n`).join(''));
  const { status, stdout, stderr } = spawnSync('bash', [join(folder, '.ci/run')], {
    encoding: 'utf8', env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  });
  const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  const lines = stdout.trim().split('\n');
  return { status, stdout, stderr, last: lines.at(-1), calls: calls.map(call => call.replace(/ NODE=\S+ -y -p node@(\d+) node( --import \S+)?/, ' $1')) };

}

const CALLS = ['lint', 'guard 26', 'test 26', 'test-node 24', 'test-node 22', 'test-oldest 20'];

test('CI runs the tests on each line of Node.js, and ends with their count', () => {

  const { status, calls, last, stdout, stderr } = run();
  assert.equal(status, 0, stderr);
  assert.deepEqual(calls, CALLS);
  assert.equal(last, '8 passed, 0 failed');
  assert.doesNotMatch(stdout, /again/);

});

test('files that fail are run again by themselves, and are named at the end', () => {

  const { status, calls, stdout } = run('4 b.test.js', '7 a.test.js', '7 b.test.js');
  assert.equal(status, 0);
  assert.deepEqual(calls, [
    'lint', 'guard 26', 'test 26', 'test-node 24', 'test-node 24 TESTS=b.test.js', 'test-node 22', 'test-oldest 20', 'test-oldest 20 TESTS=a.test.js b.test.js',
  ]);
  assert.ok(stdout.endsWith(`== Failed at first, and passed when run again:
   Node 24: b.test.js
   Node 20: a.test.js b.test.js
8 passed, 0 failed
`), stdout);

});

test('what fails twice has failed', () => {

  const { status, calls, last, stdout } = run('3 a.test.js', '3 b.test.js', '4 b.test.js');
  assert.equal(status, 1);
  assert.deepEqual(calls, ['lint', 'guard 26', 'test 26', 'test 26 TESTS=a.test.js b.test.js']);
  assert.match(stdout, /\n== Node 26: failed twice: b\.test\.js\n/);
  assert.equal(last, '1 passed, 1 failed');

});

test('where no test has failed, or not all have run, nothing is run again', () => {

  for (const fails of [['4'], ['4', '4 a.test.js']]) {
    const { status, calls, last } = run(...fails);
    assert.equal(status, 1);
    assert.deepEqual(calls, CALLS.slice(0, 4));
    assert.equal(last, '2 passed, 1 failed');
  }

});

test('no test runs if a request has become dearer', () => {

  const { status, calls } = run('2');
  assert.notEqual(status, 0);
  assert.deepEqual(calls, ['lint', 'guard 26']);

});

test('only files that have passed are noted as such', () => {

  const folder = temporaryFolder();
  const begin = "import { test } from 'node:test';\n";
  const files: Record<string, string> = {
    'passes.test.js': "test('is well', () => {});",
    'fails.test.js': "test('is not', () => { throw new Error(); });",
    'breaks.test.js': 'throw new Error();',
    'is-killed.test.js': "process.kill(process.pid, 'SIGKILL');",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), begin + text);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const notes = join(folder, 'notes');
  const { status } = spawnSync(process.execPath, ['--import', NOTES, '--test', ...Object.keys(files)], {
    cwd: folder, env: { ...env, SESSION_TEST_NOTES: notes },
  });
  assert.equal(status, 1);
  assert.deepEqual(readFileSync(notes, 'utf8').trim().split('\n').sort(), [
    ...Object.keys(files).map(name => `began ${name}`), 'passed passes.test.js',
  ].sort());

});
