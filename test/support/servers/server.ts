import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The text that it prints when it accepts connections. */
  readonly ready: RegExp;
  readonly url: string;
  readonly user?: { uid?: number; gid?: number };
}

/** How long a server may take to start, in milliseconds. */
const PATIENCE = 60_000;

/** A private server: it can be killed, frozen and started again, and does not outlive this process. */
export class Server {

  readonly url: string;
  readonly #options: ServerOptions;
  #process: ChildProcess | undefined;

  private constructor(options: ServerOptions) {
    this.url = options.url;
    this.#options = options;
  }

  static async start(options: ServerOptions): Promise<Server> {

    const server = new Server(options);
    await server.start();
    return server;

  }

  get pid(): number {

    return this.#process?.pid as number;

  }

  /** Starts it, for the first time or again: with the same address and the same folder. */
  async start(): Promise<void> {

    const { command, args, ready, user } = this.#options;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...user });
    this.#process = child;
    if (child.pid !== undefined) watch(`+${child.pid}`);
    await isReady(child, command, ready);
    const { pid } = child;
    child.once('exit', () => watch(`-${pid}`));
    // Tests that have ended need not wait for it.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) (stream as unknown as { unref(): void }).unref();

  }

  /** Ends it in good order, or kills it, and waits for its end. */
  async stop(how: NodeJS.Signals = 'SIGTERM'): Promise<void> {

    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const gone = once(child, 'exit');
    child.kill(how);
    await gone;

  }

  /** As a crash would, with all processes that it has started. */
  async kill(): Promise<void> {

    const children = this.#children();
    await this.stop('SIGKILL');
    for (const pid of children) signal(pid, 'SIGKILL');

  }

  /** Stops it from answering; its connections stay. */
  freeze(): void {
    const pids = [this.pid, ...this.#children()];
    for (const pid of pids) signal(pid, 'SIGSTOP');
    // On a busy machine a process may still answer before it receives the signal.
    for (let asked = 0; areRunning(pids); asked++) if (asked > 1000) throw new Error('A process can\'t be frozen');
  }

  thaw(): void {
    for (const pid of [this.pid, ...this.#children()]) signal(pid, 'SIGCONT');
  }

  /** PostgreSQL has a process for each connection. */
  #children(): number[] {

    const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
    return stdout.trim().split('\n').map(line => line.trim().split(/\s+/).map(Number))
      .filter(([, parent]) => parent === this.pid).map(([pid]) => pid);

  }

}

/** Waits until a program has printed that it is ready. */
function isReady(child: ChildProcess, command: string, ready: RegExp): Promise<void> {

  return new Promise((resolve, reject) => {
    let printed = '';
    let isWaiting = true;
    const done = (why?: string) => {
      if (!isWaiting) return;
      isWaiting = false;
      clearTimeout(timer);
      if (why === undefined) resolve();
      else reject(new Error(`${command} ${why}:\n${printed.slice(-2000)}`));
    };
    const timer = setTimeout(() => done(`was not ready after ${PATIENCE / 1000} seconds`), PATIENCE);
    child.once('error', ({ message }) => done(`could not be started (${message})`));
    child.once('exit', code => done(`ended with ${code}`));
    // Its later output must be read, too, or it would wait for that.
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        if (!isWaiting) return;
        printed += chunk;
        if (ready.test(printed)) done();
      });
    }
  });

}

/** Whether one of these processes has neither stopped nor ended. */
function areRunning(pids: readonly number[]): boolean {

  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pids.join(',')], { encoding: 'utf8' });
  return stdout.trim().split('\n').some(state => /^[^TZ]/.test(state.trim()));

}

function signal(pid: number, name: NodeJS.Signals): void {

  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }

}

let watchdog: ChildProcess | undefined;

function watch(line: string): void {

  if (!watchdog) {
    const program = fileURLToPath(new URL('./watchdog.js', import.meta.url));
    watchdog = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
    watchdog.unref();
    (watchdog.stdin as unknown as { unref(): void }).unref();
  }
  watchdog.stdin?.write(`${line}\n`);

}

/** A new folder among the system's temporary ones, removed when this process has ended. */
export function temporaryFolder({ uid, gid }: { uid?: number; gid?: number } = {}): string {

  const folder = mkdtempSync(join(tmpdir(), 'session-test-'));
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  watch(`folder ${folder}`);
  return folder;

}

/** A port of 127.0.0.1 on which no program listens, nor on the one that is `offset` above. */
export async function freePort(offset = 0): Promise<number> {

  for (let tries = 0; tries < 1000; tries++) {
    const port = await listenable(0);
    if (offset === 0) return port;
    if (port + offset < 65_536 && await listenable(port + offset).catch(() => 0)) return port;
  }
  throw new Error(`There are no two free ports that are ${offset} apart`);

}

async function listenable(wanted: number): Promise<number> {

  const server = createServer();
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;

}
