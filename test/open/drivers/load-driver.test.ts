import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Candidate, loadDriver, noneIfMissing } from '../../../src/open/drivers/load-driver.js';
import { temporaryFolder } from '../../support/servers/server.js';

/** The same package as it comes to Node.js, and to tools that turn its imports into others. */
const SHAPES = {
  'all of it as the default': ['driver.mjs', 'export default { createClient: () => "connected" };'],
  'names, and no default': ['driver.mjs', 'export const createClient = () => "connected";'],
  'CommonJS': ['driver.cjs', 'module.exports = { createClient: () => "connected" };'],
  'CommonJS that says it was a module': ['driver.cjs', 'exports.__esModule = true; exports.createClient = () => "connected";'],
} as const;

describe('A driver', () => {

  for (const [shape, [file, text]] of Object.entries(SHAPES)) {

    it(`is found in a package of this shape: ${shape}`, async () => {

      const path = join(temporaryFolder(), file);
      writeFileSync(path, text);
      const { exports } = await loadDriver({ name: 'driver', load: () => import(pathToFileURL(path).href) });
      strictEqual(exports.createClient(), 'connected');

    });

  }

  it('that is not installed is passed over, and any other failure is thrown', async () => {

    const missing = (name: string): Candidate => ({
      name,
      load: async () => {
        try {
          return await import(`${name}/at/all`);
        } catch (error) {
          return noneIfMissing(error, name);
        }
      },
    });
    const found: Candidate = { name: 'found', load: async () => ({ default: 5 }) };
    deepStrictEqual(await loadDriver(missing('not-installed'), found), { name: 'found', exports: 5 });
    await rejects(loadDriver(missing('not-installed'), missing('this-neither'), missing('node:nor')), {
      message: 'No driver is installed: npm install not-installed (or this-neither)', code: 'ERR_MODULE_NOT_FOUND',
    });
    const error = new Error('The binary is of another platform');
    throws(() => noneIfMissing(error, 'driver'), error);
    const ofAnother = Object.assign(new Error('Cannot find package \'another\''), { code: 'ERR_MODULE_NOT_FOUND' });
    throws(() => noneIfMissing(ofAnother, 'driver'), ofAnother);

  });

});
