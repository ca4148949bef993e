import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { handleOf, isStoredId } from '../../../src/id/stored-id.js';
import type { AtomicSessionStore } from '../../../src/index.js';
import { PackedTexts } from '../../../src/stores/shared/packed-texts.js';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import { DRIVERS } from './sqlite-drivers.js';

/*
 * A store in a child process, which executes the calls of its parent.
 */

interface Call {
  readonly number: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly number: number;
  readonly answer?: unknown;
  readonly error?: unknown;
}

const PROGRAM = fileURLToPath(import.meta.url);

/** What a process can do in addition to the methods of its store. */
export interface Others {
  /** Calls a method a number of times, one after the other, and counts each answer. */
  repeat(times: number, method: string, ...args: unknown[]): Promise<Record<string, number>>;
  exec(sql: string): Promise<void>;
  gc(): Promise<void>;
  setup(): Promise<void>;
}

/** A store whose methods are executed in another process. */
export type RemoteStore = AtomicSessionStore & Others & { end(): Promise<boolean>; kill(signal?: NodeJS.Signals): Promise<void> };

/** Starts a process with a store on a file. */
export async function startSqliteProcess(driver: string, file: string): Promise<RemoteStore> {

  const child = fork(PROGRAM, [driver, file], { serialization: 'advanced', execArgv: ['--no-warnings', '--enable-source-maps'] });
  await once(child, 'message');
  const waiting = new Map<number, (answer: Answer) => void>();
  child.on('message', (answer: Answer) => waiting.get(answer.number)?.(answer));
  child.once('exit', () => {
    for (const [number, answered] of waiting) answered({ number, error: new Error('The process is gone') });
  });
  let calls = 0;
  const call = (method: string, args: readonly unknown[]) => new Promise((resolve, reject) => {
    const number = calls++;
    waiting.set(number, ({ answer, error }) => {
      waiting.delete(number);
      if (error === undefined) resolve(answer);
      else reject(error);
    });
    child.send({ number, method, args: args.map(sendable) }, error => {
      if (error) reject(error);
    });
  });
  const local: Record<string, unknown> = {
    // biome-ignore lint/suspicious/noThenProperty: the proxy must not look like a promise
    atomic: true, keepsInfo: true, isSessionId: isStoredId, handleOf, touchIsFree: undefined, take: undefined, then: undefined,
    kill: (signal?: NodeJS.Signals) => kill(child, signal),
  };
  return new Proxy(local, {
    get: (_, name) => name in local ? local[name as string] : (...args: unknown[]) => call(String(name), args),
  }) as unknown as RemoteStore;

}

/** Removes functions, and makes texts a plain Map: nothing else can be sent to another process. */
function sendable(value: unknown): unknown {

  if (typeof value !== 'object' || value === null) return value;
  // Of another class than Map, texts would arrive without what they hold.
  const texts = Object.entries(value).filter(([, each]) => each instanceof PackedTexts).map(([name, each]) => [name, new Map(each)] as const);
  if (texts.length > 0 || 'patienceLeft' in value) return { ...value, ...Object.fromEntries(texts), patienceLeft: undefined };
  return value;

}

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {

  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;

}

/** Runs in the child process. */
async function serve(driver: string, file: string): Promise<void> {

  const database = await (DRIVERS[driver] as typeof DRIVERS[string])(file);
  const store = new SqliteStore({ database });
  const methods = Object.assign(store, {
    exec: (sql: string) => void database.exec(sql),
    async repeat(times: number, method: string, ...args: unknown[]) {
      const answers: Record<string, number> = {};
      for (let time = 0; time < times; time++) {
        const answer = String(await methods[method]?.(...args));
        answers[answer] = (answers[answer] ?? 0) + 1;
        // One after the other, each in a separate turn, as requests arrive.
        if (time % 10 === 0) await new Promise(resolve => setImmediate(resolve));
      }
      return answers;
    },
  }) as unknown as Record<string, (...args: unknown[]) => unknown>;
  process.on('message', async ({ number, method, args }: Call) => {
    try {
      process.send?.({ number, answer: sendable(await methods[method]?.(...args)) });
    } catch (error) {
      process.send?.({ number, error });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');

}

const [, program, driver, file] = process.argv;
if (program === PROGRAM && driver !== undefined && file !== undefined) await serve(driver, file);
