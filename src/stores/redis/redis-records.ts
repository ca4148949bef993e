import { countdown } from '../../base/countdown.js';
import { show } from '../../base/option-checks.js';
import type { Patience, SessionChange, UpdateTerms } from '../../base/store.js';
import { newSessionId } from '../../id/session-id.js';
import type { StoredId } from '../../id/stored-id.js';
import { ServerClock } from '../shared/server-clock.js';
import { CHANGE_FEW, CHANGE_MANY } from './redis-change.js';
import { type RedisCommands, run, type Script } from './redis-client.js';
import { packChange, VERSION_LENGTH } from './redis-record.js';
import { rewrite } from './redis-rewrite.js';
import { HEADER, LOAD, STATE } from './redis-scripts.js';
import { LISTED, TAKE } from './redis-transfer.js';

/** What a script answers: that it did its work, or why not. */
export type Word = 'done' | 'late' | 'gone' | 'conflict' | 'too-large' | 'taken';

/** The most changed keys that are searched for one by one. */
const FEW = 8;

/** Each token has a name of its maker, and a number in base 36. */
const HALF_A_TOKEN = VERSION_LENGTH / 2;

/** What others do about the answers of the server. */
interface Listeners {
  /** Called once, when the server has told its time for the first time. */
  onFirstAnswer(): void;
  /** Called for each session that has ended: its handle, its info as the record had it, and the server's time. */
  onEnd(handle: string, info: string, time: number): void;
}

/** The records of sessions, by their handles. */
export class RedisRecords {

  readonly redis: RedisCommands;
  readonly prefix: string;
  readonly clock = new ServerClock();

  readonly #writer = newSessionId().slice(0, HALF_A_TOKEN);
  #changes = 0;
  readonly #listeners: Listeners;
  #hasAnswered = false;

  constructor(redis: RedisCommands, prefix: string, listeners: Listeners) {
    this.redis = redis;
    this.prefix = prefix;
    this.#listeners = listeners;
  }

  /** Reads the value of a key: {@link isThere} says whether there is one. */
  get(handle: string): PromiseLike<unknown> {

    return this.redis.get(this.prefix + handle);

  }

  /**
   * Changes a session.
   *
   * @param becomes the hash of its new id, if it gets one, and its new info, if it gets another
   */
  change(
    { handle, hash }: StoredId, change: SessionChange, terms: UpdateTerms,
    becomes: { readonly newHash?: string; readonly info?: string | undefined } = {},
  ): Promise<Word> {

    const { version = '', maxBytes = Infinity, loaded } = terms;
    const { newHash = '', info = '' } = becomes;
    const token = this.token();
    const lifetime = milliseconds(terms.lifetime);
    // No version has other characters, which could not stand between others.
    const expected = version === '' ? '' : String(version).replace(/\W/g, '-');
    const written = loaded && newHash === '' && this.clock.isKnown
      ? rewrite(loaded, change, { hash, token, expected, lifetime: Number(lifetime), maxBytes, now: this.clock.now() })
      : undefined;
    const most = maxBytes === Infinity ? '' : maxBytes;
    const merge = `${hash} ${token} ${lifetime} ${most} ${newHash} ${info} ${expected}\n${packChange(change)}`;
    const { unchanged = '', until = 0, writes = [] } = written ?? {};
    const script = change.set.size + change.unset.length > FEW ? CHANGE_MANY : CHANGE_FEW;
    return this.#inTime(terms, deadline => (
      this.run(script, handle, [String(Math.min(until, deadline)), unchanged, `${deadline} ${merge}`, ...writes])
    ));

  }

  /** Runs a script whose first argument is a deadline. */
  runInTime(script: Script, handle: string, args: readonly string[], waits: Patience): Promise<Word> {

    return this.#inTime(waits, deadline => this.run(script, handle, [String(deadline), ...args]));

  }

  /**
   * Sends a command with a deadline, in Unix milliseconds by the server's clock. A
   * command that came too late was not executed, so it is tried again if its caller
   * still waits: the server's clock was set, or this process stood still.
   */
  async #inTime(waits: Patience, send: (deadline: number) => Promise<Word>): Promise<Word> {

    const left = countdown(waits);
    for (;;) {
      const word = await send(this.clock.deadline(left));
      if (word !== 'late') return word;
      if (left() <= 0) throw givenUp();
    }

  }

  /** Runs a script on the record of a session. */
  async run(script: Script, handle: string, args: string[]): Promise<Word> {

    const askedAt = performance.now();
    const answer = await run(this.redis, script, this.prefix + handle, args);
    const [word, time, info] = Array.isArray(answer) ? answer : ['done', answer];
    this.observe(time, askedAt);
    if (info) this.#listeners.onEnd(handle, String(info), Number(time));
    return String(word) as Word;

  }

  /** As `get`, and learns the server's time. */
  getWithTime(handle: string): Promise<unknown> {

    return this.#read(LOAD, handle);

  }

  /** Reads the first line of a record, without the values; an empty text if there is none. */
  header(handle: string): Promise<unknown> {

    return this.#read(HEADER, handle);

  }

  /** Reads as much of a record as says what has become of its session; an empty text if there is none. */
  state(handle: string): Promise<unknown> {

    return this.#read(STATE, handle);

  }

  /** Reads what is listed of a record, as LISTED answers it. */
  async listed(handle: string): Promise<unknown[]> {

    return await this.#read(LISTED, handle) as unknown[];

  }

  /**
   * Replaces a live record by a mark that says "moved".
   *
   * @returns the record; null if there is none
   */
  async take(handle: string): Promise<string | null> {

    const askedAt = performance.now();
    const [word, time, info, record] = await run(this.redis, TAKE, this.prefix + handle, [this.token()]) as unknown[];
    this.observe(time, askedAt);
    // The client has sent the command again, after a connection was lost with the answer.
    if (word === 'lost') throw new Error('The record was taken, but its connection was lost together with it');
    if (word !== 'done') return null;
    if (info) this.#listeners.onEnd(handle, String(info), Number(time));
    return String(record);

  }

  async #read(script: Script, handle: string): Promise<unknown> {

    const askedAt = performance.now();
    const [value, time] = await run(this.redis, script, this.prefix + handle, []) as [unknown, unknown];
    this.observe(time, askedAt);
    return value;

  }

  /**
   * Takes the server's time from an answer.
   *
   * @param askedAt as `ServerClock` takes it
   */
  observe(time: unknown, askedAt: number): void {

    this.clock.observe(Number(time), askedAt);
    if (this.#hasAnswered) return;
    this.#hasAnswered = true;
    this.#listeners.onFirstAnswer();

  }

  /** Makes a text that no other change of the session has. */
  token(): string {

    const number = this.#changes++ % 36 ** HALF_A_TOKEN;
    return this.#writer + number.toString(36).padStart(HALF_A_TOKEN, '0');

  }

}

/** Says whether a key has a value. */
export function isThere(value: unknown): value is string {

  if (value === null) return false;
  if (typeof value === 'string') return true;
  throw new TypeError(`The client of the Redis store returned ${show(value)}: it must be set up to return strings`);

}

/** The error of a change that was refused because its caller no longer waits. */
function givenUp(): Error {

  return new Error('The server came to the change after its caller had given up, and refused it');

}

/** A lifetime in seconds, as scripts take it. */
export function milliseconds(lifetime: number): string {

  return String(Math.ceil(lifetime * 1000));

}
