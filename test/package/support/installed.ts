import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../support/servers/server.js';

export const root = fileURLToPath(new URL('../../../..', import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Makes the folder of an application, and installs the packed package in it.
 *
 * @param packages what it needs beside, by name and version, or by a name alone for the version of our own tests
 */
export function installedIn(...packages: string[]): string {

  const folder = temporaryFolder();
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, stdio: 'pipe' });
  const tarball = join(folder, readdirSync(folder).find(name => name.endsWith('.tgz')) as string);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', private: true, type: 'module' }));
  const versions = packages.map(name => name in devDependencies ? `${name}@${devDependencies[name]}` : name);
  execFileSync('npm', [
    'install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', tarball, ...versions,
  ], { cwd: folder, stdio: 'pipe' });
  return folder;

}
