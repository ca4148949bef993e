// Before node:test, which is first used below.
import '../support/untracked-promises.js';
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { after } from 'node:test';

/*
 * Loaded into each test file by `--import`: writes down which files have begun and
 * which have passed, into the file that SESSION_TEST_NOTES names. On Node.js 20, a
 * reporter does not learn in which file a test has failed.
 */

const { SESSION_TEST_NOTES: notes, NODE_TEST_CONTEXT: isTest } = process.env;
const [, file = ''] = process.argv;

if (notes && isTest && file.endsWith('.test.js')) {
  // A test may go to another folder.
  const path = relative(process.cwd(), file);
  const note = (what: string) => appendFileSync(notes, `${what} ${path}\n`);
  note('began');
  // The test runner's listener, which sets the exit code, must run first.
  after(() => process.on('exit', code => {
    if (Number(process.exitCode ?? code) === 0) note('passed');
  }));
}
