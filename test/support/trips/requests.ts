import { Application, MemoryRequest } from '@curveball/kernel';
import type { SessionOptions } from '../../../src/index.js';

/*
 * Sends requests to an application, and writes as JSON through how many files of
 * the core each of them passes, and how often it moves between them. The hook of
 * `hooks.ts` must be registered.
 */

/** What is written of one request. */
export interface Trip {
  readonly files: readonly string[];
  readonly moves: number;
}

let current = '';
let moves = 0;
const files = new Set<string>();

Object.assign(globalThis, {
  enterFile(name: string): string {
    const former = current;
    files.add(name);
    if (name !== former) moves++;
    current = name;
    return former;
  },
  leaveFile(former: string): void {
    if (former !== current) moves++;
    current = former;
  },
});

const { default: session } = await import('../../../src/index.js');

async function tripsWith(options: Partial<SessionOptions>): Promise<Record<string, Trip>> {

  const app = new Application();
  app.use(session({ store: 'memory', ...options }));
  app.use(async ctx => {
    switch (ctx.path) {
      case '/read': ctx.response.body = ctx.session.userId; break;
      case '/change': ctx.session.count = (ctx.session.count ?? 0) + 1; break;
      case '/sign-in': ctx.session = { userId: 5 }; break;
      case '/sign-out': ctx.session = null; break;
      case '/form': ctx.response.body = await ctx.getCsrf(); break;
      case '/post': ctx.validateCsrf(); ctx.session.posts = (ctx.session.posts ?? 0) + 1; break;
    }
    ctx.status = 200;
  });

  let cookie: string | undefined;
  const send = async (method: string, path: string, headers: Record<string, string> = {}) => {
    files.clear();
    moves = 0;
    current = '';
    const response = await app.subRequest(new MemoryRequest(method, path, 'http://localhost', {
      ...headers, ...(cookie && { cookie }),
    }));
    const trip = { files: [...files], moves };
    const sent = response.headers.get('set-cookie')?.split(';')[0];
    if (sent) cookie = sent.endsWith('=') ? undefined : sent;
    return { response, trip };
  };

  // Once for what happens only at first.
  for (const path of ['/', '/sign-in', '/read', '/change', '/sign-out']) await send('GET', path);

  const trips: Record<string, Trip> = {};
  for (const [name, path] of [['anonymous', '/'], ['sign-in', '/sign-in'], ['read', '/read'], ['change', '/change']] as const) {
    trips[name] = (await send('GET', path)).trip;
  }
  const token = String((await send('GET', '/form')).response.body);
  trips['form with a token'] = (await send('POST', '/post', { 'x-csrf-token': token })).trip;
  trips['sign-out'] = (await send('GET', '/sign-out')).trip;
  return trips;

}

console.log(JSON.stringify({ 'no options': await tripsWith({}), 'the option `user`': await tripsWith({ user: 'userId' }) }));
