/*
 * A peer in a process of its own, with sessions or without: as a server, or asked
 * over a connection that stays in this process.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { duplexPair } from 'node:stream';
import { cost } from './rounds.js';
import { serve } from './worker.js';

const [url, mode] = process.argv.slice(2);
const { listener } = await import(url);
const server = createServer(await listener(mode === 'with'));

let answered;
server.on('request', (_request, response) => response.once('finish', () => answered()));

const [client, connection] = duplexPair();
server.emit('connection', connection);
client.setEncoding('latin1').resume();

const cookie = cookiesOf(await seen('/sign-in', ''));

/** What is asked for, and with which cookie. */
const KINDS = {
  anonymous: ['/', ''],
  read: ['/read', cookie],
  change: ['/change', cookie],
  'new session': ['/sign-in', ''],
};

serve({
  /** Returns what an observer sees: the text of the page, and the cookies that come with it. */
  async seen(kind) {
    const response = await seen(...KINDS[kind]);
    return { isOk: response.startsWith('HTTP/1.1 200 '), body: /\b(hello|welcome|changed|5)\b(?=\s*(0\s*)?$)/.exec(response)?.[1], cookies: cookiesOf(response) };
  },
  round(kind, count) {
    const [path, cookie] = KINDS[kind];
    const text = requestText(path, cookie);
    return cost(count, () => ask(text));
  },
  /** Returns the port, and the cookie of a session that has begun. */
  async listen() {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: server.address().port, cookie };
  },
  /** Returns the time of the processor so far, in microseconds. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
});

function requestText(path, cookie) {

  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${cookie && `Cookie: ${cookie}\r\n`}\r\n`;

}

function ask(text) {

  return new Promise(resolve => {
    answered = resolve;
    client.write(text);
  });

}

async function seen(path, cookie) {

  let response = '';
  const listen = text => { response += text; };
  client.on('data', listen);
  await ask(requestText(path, cookie));
  await new Promise(setImmediate);
  client.off('data', listen);
  return response;

}

function cookiesOf(response) {

  return [...response.matchAll(/^set-cookie: ([^;\r]*)/gim)].map(([, cookie]) => cookie).join('; ');

}
