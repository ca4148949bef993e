import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./app.js', import.meta.url));

/** The answer to a request. */
export interface Answer {
  /** 0 if the connection broke. */
  readonly status: number;
  /** The id of its `Set-Cookie`, or 'clear'. */
  readonly cookie: string | undefined;
  /** Each cookie that it sets, as name and value. */
  readonly cookies: readonly string[];
  readonly body: string;
  /** In milliseconds. */
  readonly took: number;
}

export interface AppSettings {
  readonly store: string;
  readonly storeTimeout?: number;
  readonly expiry?: number;
  readonly touchInterval?: number;
  readonly encrypted?: boolean;
  /** The `maxAge` of a cache around the store, in seconds; none by default. */
  readonly cached?: number;
  /** How many seconds its clock is off. */
  readonly clock?: number;
}

/** An application in a process of its own, and a client that talks to it. */
export class AppProcess {

  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start({ store, storeTimeout, expiry, touchInterval, encrypted, cached, clock }: AppSettings): Promise<AppProcess> {

    const settings = {
      STORE: store, STORE_TIMEOUT: storeTimeout, EXPIRY: expiry, TOUCH_INTERVAL: touchInterval, ENCRYPTED: encrypted, CACHED: cached, CLOCK: clock,
    };
    const given = Object.entries(settings).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]);
    const child = spawn(process.execPath, ['--no-warnings', PROGRAM], {
      env: { ...process.env, ...Object.fromEntries(given) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>,
      once(child, 'exit').then(([code]) => {
        throw new Error(`The application ended with ${code}`);
      }),
    ]);
    return new AppProcess(child, Number(line.slice('port '.length)));

  }

  /** Asks for a path, with a session id if one is given, and other cookies. */
  send(path: string, id?: string, method = 'GET', others: readonly string[] = []): Promise<Answer> {

    const start = performance.now();
    return new Promise(resolve => {
      const broken = () => resolve({ status: 0, cookie: undefined, cookies: [], body: '', took: performance.now() - start });
      const cookies = id === undefined ? others : [`CB=${id}`, ...others];
      const headers = cookies.length === 0 ? {} : { Cookie: cookies.join('; ') };
      const outgoing = request({ port: this.#port, host: '127.0.0.1', method, path, headers, agent: this.#agent }, incoming => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', chunk => {
          body += chunk;
        });
        incoming.on('error', broken);
        incoming.on('end', () => {
          const line = incoming.headers['set-cookie']?.find(each => each.startsWith('CB='));
          const cookie = line && (/^CB=([^;]*)/.exec(line)?.[1] || 'clear');
          resolve({ status: incoming.statusCode as number, cookie, cookies: (incoming.headers['set-cookie'] ?? []).map(each => each.replace(/;.*/, '')), body, took: performance.now() - start });
        });
      });
      outgoing.on('error', broken);
      outgoing.end();
    });

  }

  /** Starts a session and returns its id. */
  async create(): Promise<string> {

    const { status, cookie } = await this.send('/create');
    if (status !== 200 || cookie === undefined) throw new Error(`No session could be created: ${status}`);
    return cookie;

  }

  /** The values of a session; null if there is none. */
  async read(id: string): Promise<Record<string, unknown> | null> {

    const { status, body } = await this.send('/read', id);
    if (status !== 200) throw new Error(`A session could not be read: ${status}`);
    const values = JSON.parse(body);
    return Object.keys(values).length > 0 ? values : null;

  }

  /** Lets the process stand still. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {

    this.#agent.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;

  }

}
