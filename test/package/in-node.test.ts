import { match } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { installedIn, packed, root } from './support/installed.js';

describe('The package, installed in an empty folder', () => {

  let folder: string;
  before(() => {
    folder = installedIn(packed(), '@curveball/kernel', '@curveball/core');
    cpSync(join(root, 'test/package/consumer'), folder, { recursive: true });
  });

  for (const [what, file, printed] of [
    ['is imported', 'use.js', /works/], ['is required', 'use.cjs', /require\(\) works/],
    ['has its stores, without a driver', 'stores.js', /the installed stores work/],
  ] as const) {

    test(what, () => match(execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' }), printed));

  }

});
