import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import webpack from 'webpack';
import { redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

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

/** The banner that esbuild's own documentation gives to bundles of packages that call require(). */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

describe('An application in one file', () => {

  let folder: string;

  before(() => {
    folder = temporaryFolder();
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, stdio: 'pipe' });
    const tarball = join(folder, readdirSync(folder).find(name => name.endsWith('.tgz')) as string);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', private: true, type: 'module' }));
    writeFileSync(join(folder, 'app.js'), PROGRAM);
    execFileSync('npm', [
      'install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts',
      tarball, `@curveball/kernel@${devDependencies['@curveball/kernel']}`, `redis@${devDependencies.redis}`,
    ], { cwd: folder, stdio: 'pipe' });
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

  assert.equal(output(bundle, redisUrl()), '200 true');
  assert.match(output(bundle, 'postgres://localhost/app'), /No driver is installed: npm install pg/);

}

function output(bundle: string, address: string): string {

  try {
    return execFileSync(process.execPath, [bundle, address], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }

}
