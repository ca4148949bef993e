import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const PLACES = [
  ...(process.env.PATH ?? '').split(delimiter).flatMap(folder => NAMES.map(name => join(folder, name))),
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const INSTALL = [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']];

/**
 * Starts the system's Chromium, without a window and with a fresh profile that
 * goes when it is closed. Where there is none, Debian's is installed if that is
 * allowed.
 *
 * @param more arguments of its command line
 * @throws {Error} that says how to get one
 */
export async function launchChromium(more: readonly string[] = []): Promise<Browser> {

  const args = [
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', ...more,
  ];
  // Its sandbox refuses to run as root.
  if (isRoot()) args.push('--no-sandbox');
  return chromium.launch({ executablePath: executable(), args });

}

function executable(): string {

  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!isExecutable(given)) throw new Error(`CHROMIUM_PATH is ${given}, which can't be executed`);
    return given;
  }
  let path = PLACES.find(isExecutable);
  if (!path && isRoot() && installFromDebian()) path = PLACES.find(isExecutable);
  if (path) return path;
  throw new Error(
    'No Chromium was found. Install one, on Debian with `apt-get update && apt-get install --yes chromium`,'
    + ' or set CHROMIUM_PATH to the executable of a Chromium or Chrome that is there',
  );

}

function installFromDebian(): boolean {

  return INSTALL.every(command => {
    // Test files run side by side, and the first holds the lock.
    const args = ['-o', 'DPkg::Lock::Timeout=300', ...command];
    const { status } = spawnSync('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return status === 0;
  });

}

function isRoot(): boolean {

  return process.getuid?.() === 0;

}

function isExecutable(path: string): boolean {

  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }

}
