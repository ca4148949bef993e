import { execFile } from 'node:child_process';
import { deepStrictEqual, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { page, table } from './docs/support/markdown.js';
import type { Trip } from './support/trips/requests.js';

/*
 * How far a request travels: the files of the core whose functions it enters, and
 * how often it moves from one file to another, by calls and returns. Stores are
 * left out. A reader who follows the request has the same way to go.
 */

const program = (name: string) => fileURLToPath(new URL(`./support/trips/${name}.js`, import.meta.url));

const { stdout } = await promisify(execFile)(process.execPath, ['--import', program('register'), program('requests')]);
const trips: Record<string, Record<string, Trip>> = JSON.parse(stdout);

describe('A request', () => {

  it('that only reads passes through at most 15 files, and moves between them at most 80 times', () => {

    for (const { read } of Object.values(trips)) {
      ok(read.files.length <= 15, `${read.files.length} files: ${read.files.join(', ')}`);
      ok(read.moves <= 80, `${read.moves} moves`);
    }

  });

  it('that signs in passes through at most 25 files, and moves between them at most 190 times', () => {

    const { 'sign-in': signIn } = trips['no options'];
    ok(signIn.files.length <= 25, `${signIn.files.length} files: ${signIn.files.join(', ')}`);
    ok(signIn.moves <= 190, `${signIn.moves} moves`);

  });

  it('travels as far as CONTRIBUTING says', () => {

    const [, ...rows] = table(page('CONTRIBUTING.md'), 'How far a request travels');
    const counted = Object.entries(trips).map(([options, requests]) => (
      [options, ...Object.values(requests).map(({ files, moves }) => `${files.length} / ${moves}`)]
    ));
    deepStrictEqual(rows, counted);

  });

});
