import { strictEqual } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadDriver } from '../../src/drivers/load-driver.js';
import { temporaryFolder } from '../support/servers/server.js';

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
      const { exports } = await loadDriver(pathToFileURL(path).href);
      strictEqual(exports.createClient(), 'connected');

    });

  }

});
