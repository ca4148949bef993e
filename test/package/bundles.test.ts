import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { build } from 'esbuild';
import webpack from 'webpack';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';
import { root, unpackedIn } from './support/installed.js';

/** An application that opens a store by its address. */
const PROGRAM = `
import session from '@curveball/session';
import { Application } from '@curveball/kernel';
import { openStore } from '@curveball/session/open';

// Not thrown: Node.js prints the line that throws first, and in a bundle that is longer than a pipe holds.
const store = await openStore(process.argv[2]).catch(error => {
  console.log(error.message);
  process.exit(1);
});
const app = new Application();
app.use(session({ store }));
app.use(ctx => {
  ctx.session.visits = 1;
  ctx.response.body = 'stored';
});
const response = await app.subRequest('GET', '/');
console.log(response.status, response.headers.get('Set-Cookie')?.startsWith('CB='));
await store.close();
`;

/** The same in CommonJS, which can't wait at the top. */
const REQUIRING = `
const session = require('@curveball/session');
const { Application } = require('@curveball/kernel');
const app = new Application();
app.use(session({ store: new session.MemoryStore() }));
app.use(ctx => {
  ctx.session.visits = 1;
});
app.subRequest('GET', '/').then(({ status, headers }) => console.log(status, headers.get('Set-Cookie').startsWith('CB=')));
`;

/** The banner that esbuild's own documentation gives to bundles of packages that call require(). */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

describe('An application in one file', () => {

  let folder: string;

  before(() => {
    folder = unpackedIn('@curveball/kernel', 'redis', 'pg', 'mysql2');
    writeFileSync(join(folder, 'app.js'), PROGRAM);
    writeFileSync(join(folder, 'app.cjs'), REQUIRING);
  });

  it('that esbuild has made includes the driver, and needs none that is not installed', async () => {

    const outfile = join(temporaryFolder(), 'app.mjs');
    const { errors, warnings } = await build({
      entryPoints: [join(folder, 'app.js')], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'silent',
      banner: { js: REQUIRE },
    });
    assert.deepEqual([...errors, ...warnings], []);
    expectWorks(outfile);

  });

  it('says which driver is missing, if the bundle has none', async () => {

    const outfile = join(temporaryFolder(), 'app.mjs');
    await build({
      entryPoints: [join(folder, 'app.js')], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'silent',
      banner: { js: REQUIRE }, external: ['pg'],
    });
    assert.match(output(outfile, 'postgres://localhost/app'), /No driver is installed: npm install pg/);

  });

  it('that esbuild has made of CommonJS works', async () => {

    const outfile = join(temporaryFolder(), 'app.cjs');
    await build({ entryPoints: [join(folder, 'app.cjs')], outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent' });
    assert.equal(output(outfile), '200 true');

  });

  it('that rollup has made does the same', () => {

    const made = temporaryFolder();
    writeFileSync(join(made, 'package.json'), JSON.stringify({ type: 'module' }));
    // By its command, since the types of its plugins are not those of ES modules.
    execFileSync(join(root, 'node_modules/.bin/rollup'), [
      join(folder, 'app.js'), '--dir', made, '--format', 'es', '--silent',
      '--plugin', 'node-resolve={preferBuiltins: true}', '--plugin', 'commonjs', '--plugin', 'json',
    ], { cwd: root, stdio: 'pipe' });
    expectWorks(join(made, 'app.js'));

  });

  it('that webpack has made does the same', async () => {

    const path = join(temporaryFolder(), 'bundle');
    mkdirSync(path);
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
      webpack({
        mode: 'production', target: 'node', context: folder, entry: './app.js',
        experiments: { outputModule: true }, output: { path, filename: 'app.mjs', module: true, library: { type: 'module' } },
      }, (error, made) => error ? reject(error) : resolve(made));
    });
    const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
    assert.deepEqual(errors, []);
    // A warning that an optional package is missing is expected; a name that is no literal would be our mistake.
    for (const { message, moduleName = '' } of warnings) {
      assert.match(message, /Can't resolve/, `${moduleName}: ${message}`);
    }
    expectWorks(join(path, 'app.mjs'));

  });

});

function expectWorks(bundle: string): void {

  for (const address of ['memory:', `sqlite:${join(temporaryFolder(), 'sessions.db')}`, redisUrl(), postgresUrl(), mysqlUrl()]) {
    assert.equal(output(bundle, address), '200 true', address);
  }

}

function output(bundle: string, ...words: string[]): string {

  try {
    return execFileSync(process.execPath, [bundle, ...words], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }

}
