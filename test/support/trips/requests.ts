import { Application, MemoryRequest } from '@curveball/kernel';

/*
 * Sends some requests to an application, and writes how often each of them
 * moves from one file of the core to another, as JSON. The hook of `hooks.ts` must be in place.
 */

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

const { default: session, csrf } = await import('../../../src/index.js');

const app = new Application();
app.use(csrf(), session({ store: 'memory', user: 'userId' }));
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

async function send(method: string, path: string, headers: Record<string, string> = {}) {

  const request = new MemoryRequest(method, path, 'http://localhost', { 'sec-fetch-site': 'same-origin', ...headers, ...(cookie && { cookie }) });
  const response = await app.subRequest(request);
  const sent = response.headers.get('set-cookie')?.split(';')[0];
  if (sent) cookie = sent.endsWith('=') ? undefined : sent;
  return response;

}

async function trip(method: string, path: string, headers?: Record<string, string>) {

  files.clear();
  moves = 0;
  current = '';
  await send(method, path, headers);
  return { files: [...files], moves };

}

// Once for what happens only at first.
for (const path of ['/', '/sign-in', '/read', '/change', '/sign-out']) await send('GET', path);

const trips: Record<string, { files: string[]; moves: number }> = {};
trips.anonymous = await trip('GET', '/');
trips['sign-in'] = await trip('GET', '/sign-in');
trips.read = await trip('GET', '/read');
trips.change = await trip('GET', '/change');
const token = String((await send('GET', '/form')).body);
trips['form with a token'] = await trip('POST', '/post', { 'x-csrf-token': token });
trips['sign-out'] = await trip('GET', '/sign-out');

console.log(JSON.stringify(trips));
