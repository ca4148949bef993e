import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CHROMIUM, FIREFOX, HEADLESS_SHELL, MARIADB, type Need, OPENSSL, POSTGRES, PS, REDIS } from './programs.js';

/** Test files that import one of these modules, however indirectly, need something from the system. */
const file = (name: string) => fileURLToPath(new URL(`${name}.js`, import.meta.url));
const SHARED_SERVERS = file('./addresses');
const NEEDED_BY: ReadonlyArray<readonly [module: string, need: Need]> = [
  [file('./redis'), REDIS],
  [file('./postgres'), POSTGRES],
  [file('./mariadb'), MARIADB],
  [file('./server'), PS],
  [file('../../browser/support/certificate'), OPENSSL],
  [file('../browsers/chromium'), CHROMIUM],
  [file('../browsers/headless-shell'), HEADLESS_SHELL],
  [file('../browsers/firefox'), FIREFOX],
];

/** The program of a server whose address is in a variable, unless that is set already. */
const SERVERS: ReadonlyArray<readonly [variable: string, need: Need]> = [
  ['SESSION_TEST_REDIS_URL', REDIS],
  ['SESSION_TEST_REDIS_CLUSTER_URLS', REDIS],
  ['SESSION_TEST_POSTGRES_URL', POSTGRES],
  ['SESSION_TEST_MYSQL_URL', MARIADB],
];

/** What the arguments of a command need: test files what they import, any other argument the shared servers. */
export interface Needs {
  readonly programs: readonly Need[];
  readonly sharesServers: boolean;
}

export function needsOf(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Needs {

  const tests = args.filter(arg => arg.endsWith('.test.js'));
  const modules = new Set<string>();
  for (const test of tests) collect(test.startsWith('/') ? test : `${process.cwd()}/${test}`, modules);
  const sharesServers = tests.length === 0 || modules.has(SHARED_SERVERS);
  const needed = new Set(NEEDED_BY.filter(([module]) => modules.has(module)).map(([, need]) => need));
  if (environment.CHROMIUM_PATH) for (const need of [CHROMIUM, HEADLESS_SHELL]) needed.delete(need);
  if (environment.FIREFOX_PATH) needed.delete(FIREFOX);
  if (sharesServers) {
    for (const [variable, need] of SERVERS) if (!environment[variable]) needed.add(need).add(PS);
  }
  return { programs: [...needed], sharesServers };

}

/** Adds a module and everything of ours that it imports, or starts as a process. */
function collect(path: string, modules: Set<string>): void {

  if (modules.has(path) || !existsSync(path)) return;
  modules.add(path);
  for (const [, relative] of readFileSync(path, 'utf8').matchAll(/['"](\.{1,2}\/[^'"\n]+\.js)['"]/g)) {
    collect(fileURLToPath(new URL(relative, `file://${path}`)), modules);
  }

}
