import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { after } from 'node:test';

/*
 * Loaded into each test file by `--import`, it writes down which have begun and
 * which have passed, into the file that SESSION_TEST_NOTES names. On Node.js 20
 * a reporter is not told in which file a test has failed.
 */

const { SESSION_TEST_NOTES: notes, NODE_TEST_CONTEXT: isTest } = process.env;
const [, file = ''] = process.argv;

if (notes && isTest && file.endsWith('.test.js')) {
  const note = (what: string) => appendFileSync(notes, `${what} ${relative(process.cwd(), file)}\n`);
  note('began');
  // Of those that listen for the end, the test runner must come first: it sets the exit code.
  after(() => process.on('exit', code => {
    if (Number(process.exitCode ?? code) === 0) note('passed');
  }));
}
