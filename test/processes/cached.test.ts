import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { often } from '../support/often.js';
import { AppProcess } from '../support/processes/app-process.js';
import { redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Seconds. */
const MAX_AGE = 0.2;

const SESSIONS = 8;
const STEPS = often(100);

/** A store's address for the first process, which a proxy can cut off, and for the second. */
type Addresses = () => Promise<{ readonly one: string; readonly other: string; readonly proxy?: TcpProxy }>;

const CAN_BE_CUT_OFF = 'Redis, which reports changes';

const STORES: { readonly [name: string]: Addresses } = {
  [CAN_BE_CUT_OFF]: async () => {
    const proxy = await TcpProxy.start(redisUrl());
    return { one: proxy.url, other: redisUrl(), proxy };
  },
  'SQLite, which reports none': async () => {
    const address = `sqlite:${join(temporaryFolder(), 'cached.db')}`;
    return { one: address, other: address };
  },
};

/**
 * One session, what a stranger knows of it, and when they got to know it. All
 * requests are GETs, which may use copies, but those that check.
 */
class Stranger {

  readonly broken: string[] = [];
  readonly #apps: readonly AppProcess[];
  #id = '';
  #keys = new Set<string>();
  #counted = 0;
  #perhapsCounted = 0;
  #put = 0;
  /** What was put, and when that was answered. */
  #puts: Array<{ readonly number: number; readonly at: number }> = [];
  #endedAt = Infinity;
  #steps = 0;
  /** How often the session has been about to move or end. */
  #turns = 0;

  constructor(apps: readonly AppProcess[]) {
    this.#apps = apps;
  }

  get #app(): AppProcess {
    return this.#apps[Math.floor(Math.random() * this.#apps.length)] as AppProcess;
  }

  async run(steps: number): Promise<void> {

    for (let step = 0; step < steps; step++) {
      if (this.#id === '') await this.#begin();
      const doing = [this.#read(), this.#read(), this.#act()];
      await Promise.all(doing);
      // The second process must get a chance to have a copy that is nearly too old.
      if (Math.random() < 0.2) await sleep(Math.random() * MAX_AGE * 1500);
    }
    await this.#check();

  }

  async #begin(): Promise<void> {

    const { cookie } = await (this.#apps.at(-1) as AppProcess).send('/create');
    assert.ok(cookie);
    this.#id = cookie;
    this.#keys = new Set();
    this.#counted = this.#perhapsCounted = 0;
    this.#puts = [];
    this.#endedAt = Infinity;

  }

  /** Reads by a GET: the answer may be as old as a copy may be, but not older. */
  async #read(): Promise<void> {

    const turn = this.#turns;
    const start = performance.now();
    const { status, body } = await this.#app.send('/read', this.#id);
    if (status !== 200) return;
    if (body === '{}') {
      if (this.#endedAt === Infinity && this.#turns === turn) this.broken.push('a session is gone that no one has ended');
      return;
    }
    const values = JSON.parse(body) as { latest?: number };
    const latest = this.#puts.filter(({ at }) => at < start - MAX_AGE * 1000).at(-1)?.number ?? 0;
    if ((values.latest ?? 0) < latest) this.broken.push(`read ${values.latest} where ${latest} had been put more than ${MAX_AGE} seconds before`);
    if (this.#endedAt < start - MAX_AGE * 1000) this.broken.push(`read a session that had ended ${start - this.#endedAt} ms before`);

  }

  async #act(): Promise<void> {

    const dice = Math.random();
    if (dice < 0.4) return this.#set();
    if (dice < 0.6) return this.#count();
    if (dice < 0.9) return this.#putNext();
    if (dice < 0.97) return this.#regenerate();
    return this.#end();

  }

  async #set(): Promise<void> {

    const key = `key${this.#steps++}`;
    const { status } = await this.#app.send(`/set?key=${key}`, this.#id);
    if (status === 200) this.#keys.add(key);

  }

  async #count(): Promise<void> {

    const { status } = await this.#app.send('/count', this.#id);
    if (status === 200) this.#counted++;
    else this.#perhapsCounted++;

  }

  async #putNext(): Promise<void> {

    const number = ++this.#put;
    const { status } = await this.#app.send(`/put?key=${number}`, this.#id);
    if (status === 200) this.#puts.push({ number, at: performance.now() });

  }

  async #regenerate(): Promise<void> {

    this.#turns++;
    const { status, cookie } = await this.#app.send('/rotate', this.#id);
    if (status === 200 && cookie) this.#id = cookie;
    // A visitor who does not know the new id begins again.
    else if (status !== 409) this.#id = '';

  }

  async #end(): Promise<void> {

    await this.#check();
    this.#turns++;
    const { status } = await this.#app.send('/end', this.#id, 'POST');
    if (status !== 200) {
      this.#id = '';
      return;
    }
    this.#endedAt = performance.now();
    for (let reads = 0; reads < 5; reads++) {
      await this.#read();
      await sleep(MAX_AGE * 400);
    }
    // A request of each process, which may have a copy, must not bring it back.
    for (const app of this.#apps) await app.send('/set?key=zombie', this.#id);
    for (const app of this.#apps) {
      const { status: read, body } = await app.send('/read', this.#id, 'POST');
      if (read === 200 && body !== '{}') this.broken.push('an ended session is back');
    }
    this.#id = '';

  }

  /** Reads by a POST, which reads the store. */
  async #check(): Promise<void> {

    if (this.#id === '') return;
    const { status, body } = await (this.#apps.at(-1) as AppProcess).send('/read', this.#id, 'POST');
    if (status !== 200) {
      this.broken.push(`the second process got ${status}`);
      return;
    }
    const values = JSON.parse(body) as { [key: string]: unknown; count?: number };
    for (const key of this.#keys) if (!(key in values)) this.broken.push(`${key} is lost`);
    const { count = 0 } = values;
    if (count < this.#counted || count > this.#counted + this.#perhapsCounted) this.broken.push(`counted ${count} instead of ${this.#counted}`);

  }

}

for (const [name, addresses] of Object.entries(STORES)) {

  describe(`Two processes with caches on ${name}`, { timeout: 300_000 }, () => {

    const apps: AppProcess[] = [];
    let proxy: TcpProxy | undefined;

    before(async () => {
      const { one, other, proxy: opened } = await addresses();
      proxy = opened;
      // Touches are rare, so that copies are used.
      const settings = { cached: MAX_AGE, touchInterval: 60 };
      apps.push(await AppProcess.start({ ...settings, store: one, storeTimeout: 0.3 }), await AppProcess.start({ ...settings, store: other }));
    });
    after(async () => {
      await Promise.all(apps.map(app => app.kill()));
      proxy?.close();
    });

    async function strangers(): Promise<string[]> {

      const all = Array.from({ length: SESSIONS }, () => new Stranger(apps));
      await Promise.all(all.map(stranger => stranger.run(STEPS)));
      return all.flatMap(({ broken }) => broken);

    }

    it('lose no update, bring no session back, and show nothing older than maxAge', async () => {

      assert.deepEqual(await strangers(), []);

    });

    if (name !== CAN_BE_CUT_OFF) return;

    it('do so while one of them is cut off from the store again and again', async () => {

      let isOver = false;
      const cuts = (async () => {
        for (let cut = 0; !isOver; cut++) {
          await sleep(300);
          if (cut % 2) proxy?.hang();
          else proxy?.loseServer();
          await sleep(900);
          proxy?.resume();
        }
      })();
      const broken = await strangers();
      isOver = true;
      await cuts;
      assert.deepEqual(broken, []);

    });

  });

}
