import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { find, type Need } from './programs.js';

/** The surroundings of an installation. */
export interface Machine {
  readonly isMac: boolean;
  readonly isRoot: boolean;
  /** A file that keeps Debian's packages from starting servers of their own. */
  readonly policy: string;
  /** A port of 127.0.0.1: the process that listens on it is installing. */
  readonly lockPort: number;
  /** How long another package manager, or another installation, is waited for, in milliseconds. */
  readonly patience: number;
  /** Between two tries. */
  readonly pause: number;
}

const THIS: Machine = {
  isMac: process.platform === 'darwin',
  isRoot: process.getuid?.() === 0,
  policy: '/usr/sbin/policy-rc.d',
  // Below the ports that systems give to outgoing connections.
  lockPort: 27_399,
  patience: 15 * 60_000,
  pause: 1000,
};

/**
 * Makes sure that all programs exist, and installs the missing ones if that is
 * allowed: as root on Debian or Ubuntu, or with Homebrew. Several processes that
 * need the same lead to one installation.
 *
 * @throws {Error} that names all missing programs, and the command that installs
 * them
 */
export async function provide(needs: readonly Need[], machine: Machine = THIS): Promise<void> {

  if (missing(needs).length > 0) await alone(machine, () => install(missing(needs), machine));
  const still = missing(needs);
  if (still.length > 0) throw new Error(whatToDo(still, machine));

}

/** The command that installs the programs. */
function whatToDo(needs: readonly Need[], { isMac, isRoot }: Machine): string {

  const sudo = isRoot ? '' : 'sudo ';
  const command = isMac
    ? `brew install ${formulas(needs).join(' ')}`
    : `${sudo}apt-get update && ${sudo}apt-get install --yes --no-install-recommends ${needs.map(({ debian }) => debian).join(' ')}`;
  const others = needs.filter(({ instead }) => instead).map(({ name, instead }) => `\n${name}: ${instead}.`);
  return `The tests need ${names(needs)}. Install what is missing, ${isMac ? 'with Homebrew' : 'on Debian or Ubuntu'} by\n\n`
    + `    ${command}\n\nor do this instead:${others.join('') || '\ninstall it in another way.'}`;

}

async function install(needs: readonly Need[], machine: Machine): Promise<void> {

  // Another process may have installed everything while this one waited.
  if (needs.length === 0) return;
  const { isRoot, isMac, policy } = machine;
  const say = (manager: string, packages: readonly string[]) => {
    console.log(`# The tests need ${names(needs)}: installing ${packages.join(', ')} with ${manager}, which may take some minutes`);
  };
  if (isRoot && find(['apt-get'])) {
    const packages = needs.map(({ debian }) => debian);
    say('apt-get', packages);
    const isOurs = !existsSync(policy);
    if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    try {
      // A list that can't be loaded may be one that is not needed.
      await aptGet(machine, 'update');
      await aptGet(machine, 'install', '--yes', '--no-install-recommends', ...packages);
    } finally {
      if (isOurs) rmSync(policy);
    }
  } else if (!isRoot && find(['brew'])) {
    // Only on a Mac does Homebrew have a browser.
    const packages = isMac ? formulas(needs) : formulas(needs).filter(name => name !== 'google-chrome');
    if (packages.length === 0) return;
    say('Homebrew', packages);
    spawnSync('brew', ['install', ...packages], { stdio: ['ignore', 'ignore', 'inherit'] });
  }

}

/** Runs apt-get, and waits while another package manager holds its locks. */
async function aptGet({ patience, pause }: Machine, ...args: string[]): Promise<void> {

  for (let waited = 0; ; waited += pause) {
    // This waits for dpkg's own lock, not for those of the lists and of the archives.
    const { status, stderr } = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    const isLocked = stderr.includes('Could not get lock');
    if (!isLocked || waited >= patience) {
      if (status !== 0) process.stderr.write(stderr);
      return;
    }
    if (waited === 0) console.log(`# Another package manager is at work: waiting for it, ${patience / 1000} seconds at most`);
    await sleep(pause);
  }

}

/** Runs a task while no other process runs it. A port is free again however its process ends. */
async function alone(machine: Machine, task: () => Promise<void>): Promise<void> {

  const lock = createServer();
  for (let waited = 0; !await isListening(lock, machine.lockPort); waited += machine.pause) {
    if (waited === 0) console.log(`# Another process is installing what the tests need (it has port ${machine.lockPort} of 127.0.0.1): waiting for it`);
    if (waited >= machine.patience) throw new Error(`Port ${machine.lockPort} of 127.0.0.1, which says that programs are being installed, is still taken`);
    await sleep(machine.pause);
  }
  try {
    await task();
  } finally {
    lock.close();
  }

}

async function isListening(lock: ReturnType<typeof createServer>, port: number): Promise<boolean> {

  try {
    lock.listen({ host: '127.0.0.1', port, exclusive: true });
    await once(lock, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return false;
  }

}

function missing(needs: readonly Need[]): Need[] {

  return needs.filter(({ programs }) => !programs.every(find));

}

function formulas(needs: readonly Need[]): string[] {

  return needs.map(({ homebrew }) => homebrew).filter(name => name !== undefined);

}

function names(needs: readonly Need[]): string {

  return needs.map(({ name }) => name).join(', ');

}
