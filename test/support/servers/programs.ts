import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A server that the tests need: its programs, and what brings them. */
interface Package {
  readonly name: string;
  readonly debian: string;
  readonly homebrew: string;
  /** The variable that points to a server which runs already. */
  readonly variable: string;
}

export const REDIS: Package = { name: 'Redis', debian: 'redis-server', homebrew: 'redis', variable: 'SESSION_TEST_REDIS_URL' };
export const POSTGRES: Package = { name: 'PostgreSQL', debian: 'postgresql', homebrew: 'postgresql@17', variable: 'SESSION_TEST_POSTGRES_URL' };
export const MARIADB: Package = { name: 'MariaDB', debian: 'mariadb-server', homebrew: 'mariadb', variable: 'SESSION_TEST_MYSQL_URL' };

/** Keeps Debian's packages from starting servers of their own while they are installed. */
const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Finds programs, and installs what brings them if that is allowed.
 *
 * @param names alternatives for each program
 * @throws {Error} that says how to get them
 */
export function programs(needed: Package, ...names: ReadonlyArray<readonly string[]>): string[] {

  let found = names.map(find);
  if (found.includes(undefined) && install(needed)) found = names.map(find);
  if (found.every(path => path !== undefined)) return found;
  throw new Error(
    `${needed.name} is needed, and ${names[found.indexOf(undefined)]?.[0]} was not found. Install it, on Debian or Ubuntu with`
    + ` \`apt-get update && apt-get install --yes ${needed.debian}\`, with Homebrew by \`brew install ${needed.homebrew}\`,`
    + ` or set ${needed.variable} to the address of a server that runs already`,
  );

}

/** The user as which a server runs that refuses to run as root. */
export function unprivileged(): { uid?: number; gid?: number } {

  if (process.getuid?.() !== 0) return {};
  const number = (flag: string) => {
    for (const user of ['postgres', 'nobody']) {
      const { status, stdout } = spawnSync('id', [flag, user], { encoding: 'utf8' });
      if (status === 0) return Number(stdout);
    }
    throw new Error('Neither a user postgres nor nobody is there, and PostgreSQL does not run as root');
  };
  return { uid: number('-u'), gid: number('-g') };

}

function find(names: readonly string[]): string | undefined {

  const versions = (folder: string, below: string) => (
    existsSync(folder) ? readdirSync(folder).sort().reverse().map(name => join(folder, name, below)) : []
  );
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin',
    ...versions('/usr/lib/postgresql', 'bin'), ...versions('/opt/homebrew/opt', 'bin'), ...versions('/usr/local/opt', 'bin'),
  ];
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable);

}

function install({ name, debian, homebrew }: Package): boolean {

  console.log(`# ${name} is missing: installing it`);
  if (find(['brew'])) return run('brew', ['install', homebrew]);
  if (process.getuid?.() !== 0 || !find(['apt-get'])) return false;
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return run('apt-get', ['update']) && run('apt-get', ['install', '--yes', '--no-install-recommends', debian]);
  } finally {
    if (isOurs) rmSync(POLICY);
  }

}

function run(command: string, args: readonly string[]): boolean {

  const lock = command === 'apt-get' ? ['-o', 'DPkg::Lock::Timeout=300'] : [];
  const { status } = spawnSync(command, [...lock, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0;

}

function isExecutable(path: string): boolean {

  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }

}
