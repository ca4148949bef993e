import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const BROWSERS = 24;
const SESSIONS_OF_EACH = 25;

/**
 * Browsers that use their sessions one request after the other, and remember what
 * was acknowledged: so each knows what its sessions must hold.
 */
export class Browsers {

  /** What was answered: when, which shard the session is on, what was asked, the status, and the milliseconds that it took. */
  events = [];
  ended = [];
  #ports;
  #shardOf;
  #agent = new Agent({ keepAlive: true });
  #sessions = [];
  #isRunning = true;
  #all;

  /** @param shardOf returns the shard of a session by its id */
  constructor(ports, shardOf) {
    this.#ports = ports;
    this.#shardOf = shardOf;
  }

  async begin() {

    for (let browser = 0; browser < BROWSERS; browser++) {
      const own = [];
      while (own.length < SESSIONS_OF_EACH) own.push(await this.#create());
      this.#sessions.push(own);
    }
    this.events.length = 0;
    this.#all = Promise.all(this.#sessions.map(own => this.#use(own)));

  }

  async stop() {

    this.#isRunning = false;
    await this.#all;

  }

  /** Compares what is stored with what was acknowledged. */
  async compare() {

    const found = { changes: this.events.filter(({ kind, status }) => kind === 'change' && status === 200).length, lost: 0, tooNew: 0, signedOut: 0, ended: this.ended.length, cameBack: 0 };
    for (const known of this.#sessions.flat()) {
      const stored = await this.#read(known.id);
      if (stored?.visits === undefined) found.signedOut++;
      else if (stored.visits < known.acknowledged) found.lost += known.acknowledged - stored.visits;
      else if (stored.visits > known.sent) found.tooNew++;
    }
    for (const id of this.ended) {
      if ((await this.#read(id))?.visits !== undefined) found.cameBack++;
    }
    this.#agent.destroy();
    return found;

  }

  async #use(own) {

    while (this.#isRunning) {
      const at = Math.floor(Math.random() * own.length);
      const known = own[at];
      const chance = Math.random();
      if (chance < 0.45) await this.#send('read', known.id);
      else if (chance < 0.9) await this.#change(known);
      else own[at] = await this.#endAndCreate(known);
    }

  }

  async #change(known) {

    known.sent++;
    const { status } = await this.#send('change', known.id, known.sent);
    if (status === 200) known.acknowledged = known.sent;

  }

  async #endAndCreate(known) {

    const { status } = await this.#send('end', known.id);
    if (status === 200) this.ended.push(known.id);
    return this.#create();

  }

  async #create() {

    for (;;) {
      const { status, cookie } = await this.#send('create', undefined, 1);
      if (status === 200 && cookie) return { id: cookie, acknowledged: 0, sent: 0 };
    }

  }

  async #read(id) {

    for (let tries = 0; tries < 50; tries++) {
      const { status, body } = await this.#send('read', id);
      if (status === 200) return JSON.parse(body);
    }
    throw new Error('A session can\'t be read');

  }

  async #send(kind, id, number) {

    const start = performance.now();
    const answer = await this.#ask(`/${kind}${number === undefined ? '' : `?n=${number}`}`, id);
    const took = performance.now() - start;
    const about = id ?? answer.cookie;
    this.events.push({ at: start, shard: about && this.#shardOf(about), kind, status: answer.status, took });
    // A browser whose request has failed does not try again at once.
    if (answer.status !== 200) await wait(20);
    return answer;

  }

  #ask(path, id) {

    const port = this.#ports[Math.floor(Math.random() * this.#ports.length)];
    return new Promise(resolve => {
      const broken = () => resolve({ status: 0, body: '' });
      request({ host: '127.0.0.1', port, path, agent: this.#agent, headers: id === undefined ? {} : { Cookie: `CB=${id}` } }, response => {
        let body = '';
        response.setEncoding('utf8').on('data', text => {
          body += text;
        }).on('error', broken).on('end', () => {
          const cookie = response.headers['set-cookie']?.map(line => /^CB=([^;]+)/.exec(line)?.[1]).find(Boolean);
          resolve({ status: response.statusCode, body, cookie });
        });
      }).on('error', broken).end();
    });

  }

}
