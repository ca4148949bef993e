import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('../../../../cli/', import.meta.url));

type Main = (args: readonly string[], surroundings: object) => Promise<number>;

/** The command as it is built: it imports packages that only its own folder has. */
const { main }: { main: Main } = await import(pathToFileURL(`${root}dist/main.js`).href);

/** Where a command is run. */
export interface Scene {
  readonly env?: { readonly [name: string]: string };
  /** What is typed, one key after the other; without it there is no terminal. */
  readonly keys?: string;
  /** Emits the signals that the process gets. */
  readonly signals?: EventEmitter;
}

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Each line of a result in JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: results differ
  readonly json: any[];
}

/** Runs the command within this process. */
export async function command(args: readonly string[], { env = {}, keys, signals = new EventEmitter() }: Scene = {}): Promise<Run> {

  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = { out: '', err: '' };
  stdout.on('data', chunk => { texts.out += chunk; });
  stderr.on('data', chunk => { texts.err += chunk; });
  if (keys !== undefined) {
    // The terminal's own members, which the library for questions uses.
    for (const stream of [stdin, stderr]) Object.assign(stream, { isTTY: true, setRawMode() {}, columns: 100, rows: 30 });
    // A person types after the whole question has been printed.
    stderr.once('data', () => setImmediate(() => stdin.write(keys)));
  }
  const code = await main(args, Object.assign(signals, { stdin, stdout, stderr, env }));
  await new Promise(resolve => setImmediate(resolve));
  return {
    code,
    ...texts,
    get json() {
      return texts.out.trim().split('\n').filter(line => line !== '').map(line => JSON.parse(line));
    },
  };

}
