import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, AppProcess } from '../support/processes/app-process.js';

/** What one session should hold, according to the answers. */
interface Known {
  /** Undefined once it is unknown: the answer to a regeneration was lost. */
  id: string | undefined;
  readonly acknowledged: Set<string>;
  counted: number;
  maybeCounted: number;
  /** Written by one request after the other: it must never go back. */
  latest: number;
  /** When a value was acknowledged that is later than the one before, by `performance.now()`. */
  readonly written: Array<{ readonly value: number; readonly at: number }>;
  busy: boolean;
}

/** An id that no longer leads to a session, and when that was acknowledged. */
interface Ended {
  readonly id: string;
  readonly at: number;
}

/** What a load has seen, and what was found at its end. */
export interface Tally {
  requests: number;
  readonly statuses: Map<number, number>;
  /** Requests without a session that were not answered with 200. */
  anonymousFailed: number;
  /** The slowest answer of the application, in milliseconds. */
  longest: number;
  changes: number;
  lost: number;
  miscounted: number;
  undone: number;
  ended: number;
  cameBack: number;
  signedOut: number;
  /** `Set-Cookie` in answers to requests that asked for none, or that failed. */
  strayCookies: number;
  /** Requests that were answered with 200 and carried a session, after the fault. */
  after: number;
  /** The longest time, in milliseconds, from the acknowledgement of a change or an end to a request that did not see it. */
  stalest: number;
}

/** The processes of an application, and how it reads its sessions. */
export interface LoadSettings {
  readonly apps: readonly AppProcess[];
  /** The seconds by which a read may be out of date; 0 if each reads the store. */
  readonly maxAge: number;
}

/** How many of the requests to an application with copies only read. */
const LOOKS = 0.5;

const SESSIONS = 12;
const WORKERS = 10;

/** Many requests to several processes, with the sessions of many browsers. */
export class Load {

  readonly tally: Tally = {
    requests: 0, statuses: new Map(), anonymousFailed: 0, longest: 0, changes: 0, lost: 0, miscounted: 0, undone: 0,
    ended: 0, cameBack: 0, signedOut: 0, strayCookies: 0, after: 0, stalest: 0,
  };

  /** Whether the fault is over. */
  isAfter = false;

  readonly #apps: AppProcess[];
  /** In milliseconds. */
  readonly #maxAge: number;
  readonly #sessions: Known[] = [];
  readonly #ended: Ended[] = [];
  #running = true;
  #workers: Promise<void>[] = [];
  #keys = 0;

  private constructor({ apps, maxAge }: LoadSettings) {
    this.#apps = [...apps];
    this.#maxAge = maxAge * 1000;
  }

  static async begin(settings: LoadSettings): Promise<Load> {

    const load = new Load(settings);
    for (let count = 0; count < SESSIONS; count++) load.#sessions.push(await load.#create());
    load.#workers = Array.from({ length: WORKERS }, () => load.#work());
    return load;

  }

  /** Goes on without a process that has ended. */
  drop(app: AppProcess): void {
    this.#apps.splice(this.#apps.indexOf(app), 1);
  }

  /** Ends the load, and compares what is stored with what was acknowledged. */
  async end(): Promise<Tally> {

    this.#running = false;
    await Promise.all(this.#workers);
    // No copy is older.
    await wait(this.#maxAge);
    const { tally } = this;
    for (const known of this.#sessions) {
      if (known.id === undefined) continue;
      const values = await this.#app().read(known.id);
      if (!values) {
        tally.signedOut++;
        continue;
      }
      tally.lost += [...known.acknowledged].filter(key => values[key] !== key).length;
      const count = Number(values.count);
      if (count < known.counted || count > known.counted + known.maybeCounted) tally.miscounted++;
      if (Number(values.latest ?? 0) < known.latest) tally.undone++;
    }
    for (const { id } of this.#ended) {
      if (await this.#app().read(id)) tally.cameBack++;
    }
    return tally;

  }

  async #work(): Promise<void> {

    while (this.#running) {
      const known = pick(this.#sessions);
      const chance = Math.random();
      if (this.#maxAge > 0 && Math.random() < LOOKS) await this.#look(known);
      else if (chance < 0.1) await this.#anonymous();
      else if (chance < 0.13) await this.#endOne();
      else if (chance < 0.16) await this.#regenerate(known);
      else if (chance < 0.36) await this.#count(known);
      else if (chance < 0.56) await this.#put(known);
      else if (chance < 0.66) await this.#probe();
      else await this.#set(known);
    }

  }

  async #anonymous(): Promise<void> {

    const { status } = await this.#send('/anonymous');
    // The process itself may have ended.
    if (status !== 200 && status !== 0) this.tally.anonymousFailed++;

  }

  async #set(known: Known): Promise<void> {

    const key = `k${this.#keys++ % 1000}`;
    const { id } = known;
    const { status } = await this.#send(`/set?key=${key}`, id);
    if (status !== 200 || id === undefined) return;
    known.acknowledged.add(key);
    this.tally.changes++;

  }

  async #count(known: Known): Promise<void> {

    const { status } = await this.#send('/count', known.id);
    if (status === 200) known.counted++;
    else if (status !== 409) known.maybeCounted++;

  }

  async #put(known: Known): Promise<void> {

    if (known.busy) return;
    known.busy = true;
    const next = ++this.#keys;
    const { status } = await this.#send(`/put?key=${next}`, known.id);
    if (status === 200) {
      known.latest = next;
      known.written.push({ value: next, at: performance.now() });
    }
    known.busy = false;

  }

  async #regenerate(known: Known): Promise<void> {

    const { id } = known;
    if (id === undefined) return;
    const { status, cookie } = await this.#send(`/regenerate?key=${this.#keys++}`, id, true);
    if (status === 409) return;
    if (status === 200 && known.id === id && cookie && cookie !== 'clear') {
      this.#ended.push({ id, at: performance.now() });
      known.id = cookie;
      return;
    }
    // Moved or not: no rule can save the lost answer of a regeneration.
    this.#sessions[this.#sessions.indexOf(known)] = await this.#create();

  }

  async #endOne(): Promise<void> {

    const known = await this.#create();
    const { id } = known;
    const requests = [this.#send('/end', id, true), this.#send('/set?key=late', id), this.#send('/count', id)] as const;
    const [{ status }] = await Promise.all(requests);
    if (status !== 200 || id === undefined) return;
    this.#ended.push({ id, at: performance.now() });
    this.tally.ended++;

  }

  /** Sends a request with an id that has ended. */
  async #probe(): Promise<void> {

    const ended = pick(this.#ended);
    if (ended === undefined) return;
    const sentAt = performance.now();
    const { status, body } = await this.#send('/read', ended.id);
    if (status === 200 && body !== '{}' && this.#isTooLate(sentAt - ended.at)) this.tally.cameBack++;

  }

  /** Reads a session, and compares its latest value with what was acknowledged before. */
  async #look({ id, written }: Known): Promise<void> {

    if (id === undefined) return;
    const sentAt = performance.now();
    const { status, body } = await this.#send('/read', id);
    // A session that has moved in between is empty.
    if (status !== 200 || body === '{}') return;
    const found = Number(JSON.parse(body).latest ?? 0);
    const missed = written.find(({ value }) => value > found);
    if (missed && missed.at < sentAt && this.#isTooLate(sentAt - missed.at)) this.tally.undone++;

  }

  /** @param age for how many milliseconds a change was acknowledged when a request was sent that missed it */
  #isTooLate(age: number): boolean {

    this.tally.stalest = Math.max(this.tally.stalest, age);
    return age > this.#maxAge;

  }

  async #create(): Promise<Known> {

    const fresh = { acknowledged: new Set<string>(), counted: 0, maybeCounted: 0, latest: 0, written: [], busy: false };
    while (this.#running) {
      const { status, cookie } = await this.#send('/create', undefined, true);
      if (status === 200 && cookie) return { ...fresh, id: cookie };
      // As a person tries again, while the store fails.
      await wait(50);
    }
    return { ...fresh, id: undefined };

  }

  async #send(path: string, id?: string, asksForCookie = false): Promise<Answer> {

    const answer = await this.#app().send(path, id);
    const { status, cookie, took } = answer;
    const { tally } = this;
    tally.requests++;
    tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
    if (status !== 0) tally.longest = Math.max(tally.longest, took);
    if (cookie !== undefined && (status !== 200 || !asksForCookie)) tally.strayCookies++;
    if (this.isAfter && status === 200 && id !== undefined) tally.after++;
    // An application that answers errors at once must not get a million requests.
    if (status !== 200 && status !== 409) await wait(5);
    return answer;

  }

  #app(): AppProcess {
    return pick(this.#apps) as AppProcess;
  }

}

function pick<T>(list: readonly T[]): T {

  return list[Math.floor(Math.random() * list.length)] as T;

}
