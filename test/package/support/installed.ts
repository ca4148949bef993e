import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../support/servers/server.js';

export const root = fileURLToPath(new URL('../../../..', import.meta.url));
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Packs a package, and returns the path of its tarball. */
export function packed(source = root): string {

  const folder = temporaryFolder();
  const options = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(execFileSync('npm', options, { cwd: source, encoding: 'utf8', stdio: 'pipe' }));
  return join(folder, filename);

}

/** Makes the folder of an application that uses ES modules. */
function application(): string {

  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', private: true, type: 'module' }));
  return folder;

}

/**
 * Makes the folder of an application, and installs packages in it.
 *
 * @param packages tarballs, packages by name and version, or by a name alone for the version of our own tests
 */
export function installedIn(...packages: string[]): string {

  const folder = application();
  const versions = packages.map(name => name in devDependencies ? `${name}@${devDependencies[name]}` : name);
  execFileSync('npm', [
    'install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...versions,
  ], { cwd: folder, stdio: 'pipe' });
  return folder;

}

/**
 * Makes the folder of an application with the packed package, as npm would install it, which takes several times as long.
 *
 * @param packages what it needs beside: links to those of our own tests
 */
export function unpackedIn(...packages: string[]): string {

  const folder = application();
  const modules = join(folder, 'node_modules');
  const ours = join(modules, '@curveball/session');
  mkdirSync(ours, { recursive: true });
  execFileSync('tar', ['xzf', packed(), '--strip-components=1', '-C', ours]);
  for (const name of [...Object.keys(dependencies), ...packages]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  return folder;

}
