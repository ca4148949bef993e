import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that the tests need from the system, and packages that contain them. */
export interface Need {
  readonly name: string;
  /** Alternatives for each program. */
  readonly programs: ReadonlyArray<readonly string[]>;
  readonly debian: string;
  /** Nothing if a Mac has it already. */
  readonly homebrew?: string;
  /** Another way to get it, as a sentence without a full stop. */
  readonly instead?: string;
}

const runningServer = (variable: string) => `Set ${variable} to the address of a server that runs already`;

export const REDIS: Need = {
  name: 'Redis or Valkey',
  programs: [['redis-server', 'valkey-server'], ['redis-cli', 'valkey-cli']],
  debian: 'redis-server',
  homebrew: 'redis',
  instead: runningServer('SESSION_TEST_REDIS_URL'),
};

export const POSTGRES: Need = {
  name: 'PostgreSQL',
  programs: [['initdb'], ['postgres']],
  debian: 'postgresql',
  homebrew: 'postgresql@17',
  instead: runningServer('SESSION_TEST_POSTGRES_URL'),
};

export const MARIADB: Need = {
  name: 'MariaDB',
  programs: [['mariadb-install-db'], ['mariadbd']],
  debian: 'mariadb-server',
  homebrew: 'mariadb',
  instead: runningServer('SESSION_TEST_MYSQL_URL'),
};

/** It lists the processes of a server that is to be killed. */
export const PS: Need = { name: 'ps', programs: [['ps']], debian: 'procps' };

export const OPENSSL: Need = { name: 'openssl', programs: [['openssl']], debian: 'openssl', homebrew: 'openssl' };

const CHROMIUMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'Chromium', 'Google Chrome'];

export const CHROMIUM: Need = {
  name: 'Chromium or Chrome',
  programs: [CHROMIUMS],
  debian: 'chromium',
  homebrew: 'google-chrome',
  instead: 'Set CHROMIUM_PATH to the executable of a Chromium or Chrome, or, on Ubuntu, run `snap install chromium`',
};

export const HEADLESS_SHELL: Need = {
  ...CHROMIUM,
  name: 'The headless shell of Chromium, or Chromium or Chrome',
  programs: [['chromium-headless-shell', ...CHROMIUMS]],
  debian: 'chromium-headless-shell',
};

export const FIREFOX: Need = {
  name: 'Firefox',
  programs: [['firefox-esr', 'firefox']],
  debian: 'firefox-esr',
  homebrew: 'firefox',
  instead: 'Set FIREFOX_PATH to the executable of a Firefox of at least version 140',
};

/**
 * Finds programs.
 *
 * @param names alternatives for each program
 * @throws {Error} if one is missing
 */
export function programs({ name, debian }: Need, ...names: ReadonlyArray<readonly string[]>): string[] {

  return names.map(alternatives => {
    const path = find(alternatives);
    if (path) return path;
    throw new Error(`${name} is needed, and ${alternatives[0]} was not found; Debian has it in the package ${debian}`);
  });

}

export function find(names: readonly string[]): string | undefined {

  const versions = (folder: string, below: string) => (
    existsSync(folder) ? readdirSync(folder).sort().reverse().map(name => join(folder, name, below)) : []
  );
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/snap/bin', '/opt/homebrew/bin',
    ...versions('/usr/lib/postgresql', 'bin'), ...versions('/opt/homebrew/opt', 'bin'), ...versions('/usr/local/opt', 'bin'),
    '/Applications/Chromium.app/Contents/MacOS', '/Applications/Google Chrome.app/Contents/MacOS',
    '/Applications/Firefox.app/Contents/MacOS',
  ];
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable);

}

/** The user as which a server runs that refuses to run as root. */
export function unprivileged(): { uid?: number; gid?: number } {

  if (process.getuid?.() !== 0) return {};
  const number = (flag: string) => {
    for (const user of ['postgres', 'nobody']) {
      const { status, stdout } = spawnSync('id', [flag, user], { encoding: 'utf8' });
      if (status === 0) return Number(stdout);
    }
    throw new Error('There is neither a user postgres nor a user nobody, and PostgreSQL does not run as root');
  };
  return { uid: number('-u'), gid: number('-g') };

}

export function isExecutable(path: string): boolean {

  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }

}
