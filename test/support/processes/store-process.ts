import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenedStore } from '../../../src/open/open-store.js';
import { temporaryFolder } from '../servers/server.js';

/** The number of the answer that the store is open. */
const READY = -1;

/** The file of the program that a StoreProcess runs. */
const STORE_PROCESS = 'store-process.js';

const STORE_PROGRAM = `
  import { openStore } from './src/open/open-store.js';
  const opening = openStore(process.argv[2]);
  // Before the store is open: a channel without a listener does not keep the process alive.
  process.on('message', async ({ number, method, args }) => {
    try {
      const store = await opening;
      process.send({ number, answer: await store[method](...args) });
    } catch (error) {
      process.send({ number, error: String(error) });
    }
  });
  await opening;
  process.send({ number: ${READY} });
`;
interface Answer {
  readonly number: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** A process that opens a store and calls its methods. */
export class StoreProcess {

  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(folder: string, address: string): Promise<StoreProcess> {

    const child = fork(join(folder, STORE_PROCESS), [address], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    const process = new StoreProcess(child);
    let stderr = '';
    child.stderr?.on('data', chunk => {
      stderr += chunk;
    });
    child.on('message', (answer: Answer) => process.#answered(answer));
    // No caller may wait for a process that has ended.
    child.on('close', code => {
      for (const number of process.#waiting.keys()) process.#answered({ number, error: `The process has ended with ${code}: ${stderr}` });
    });
    await new Promise((resolve, reject) => process.#waiting.set(READY, ({ error }) => error === undefined ? resolve(process) : reject(new Error(error))));
    return process;

  }

  #answered(answer: Answer): void {

    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    waiting?.(answer);

  }

  // biome-ignore lint/suspicious/noExplicitAny: what each method answers
  call(method: keyof OpenedStore, ...args: unknown[]): Promise<any> {

    const number = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, ({ answer, error }) => {
        if (error === undefined) resolve(answer instanceof Map || typeof answer !== 'object' ? answer : { ...answer });
        else reject(new Error(error));
      });
      this.#child.send({ number, method, args });
    });

  }

  /** Waits until a method answers again; tries as requests do, several at a time and whether or not others wait. */
  async answers(method: keyof OpenedStore, ...args: unknown[]): Promise<void> {

    for (let tries = 0; tries < 400; tries++) {
      const answer = this.call(method, ...args).then(() => true, () => false);
      if (await Promise.race([answer, new Promise(resolve => setTimeout(resolve, 50, false))])) return;
      // A client connects again by itself, and reports nothing.
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    throw new Error(`${String(method)}() does not answer`);

  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ended(): Promise<number | null> {

    if (!this.isAlive) return this.#child.exitCode;
    const timer = setTimeout(() => this.kill(), 20_000);
    const [code] = await once(this.#child, 'exit');
    clearTimeout(timer);
    return code;

  }

  disconnect(): void {
    this.#child.disconnect();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

}
/** A folder with this package and certain others. */
export function folderWith(packages: { readonly [name: string]: string }): string {

  const folder = temporaryFolder();
  const source = dirname(dirname(fileURLToPath(import.meta.resolve('../../../src/open/open-store.js'))));
  cpSync(source, join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  // Once, and not for each process: one that starts while a file is written again reads an empty program, and ends.
  writeFileSync(join(folder, STORE_PROCESS), STORE_PROGRAM);
  mkdirSync(join(folder, 'node_modules'));
  for (const [name, original] of Object.entries(packages)) {
    symlinkSync(join(dirname(source), '..', 'node_modules', original), join(folder, 'node_modules', name));
  }
  return folder;

}
