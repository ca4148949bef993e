import { newSessionId } from '../../id/session-id.js';
import type { Patience, SessionChange, UpdateTerms } from '../../base/store.js';
import { countdown } from '../../base/countdown.js';
import { CHANGE_FEW, CHANGE_MANY } from './redis-change.js';
import { type RedisCommands, run, type Script } from './redis-client.js';
import { packChange, VERSION_LENGTH } from './redis-record.js';
import { HEADER, LOAD } from './redis-scripts.js';
import { ServerClock } from '../shared/server-clock.js';
import type { StoredId } from '../../id/stored-id.js';

/** What a script answers: that it did as it was told, or the word of its own. */
export type Word = 'done' | 'late' | 'gone' | 'conflict' | 'too-large' | 'taken';

/** So many changed keys are searched for one by one. */
const FEW = 8;

/** In each token: who made it, and a number in base 36. */
const HALF_A_TOKEN = VERSION_LENGTH / 2;

/** The records of sessions, by their handles. */
export class RedisRecords {

  readonly redis: RedisCommands;
  readonly prefix: string;
  readonly clock = new ServerClock();

  readonly #writer = newSessionId().slice(0, HALF_A_TOKEN);
  #changes = 0;
  readonly #onEnd: (handle: string, info: string, time: number) => void;
  #onFirstAnswer: (() => void) | undefined;

  /**
   * @param onFirstAnswer is called once, when the server has told its time for the first time
   * @param onEnd is told of each session that has ended what it was, and when
   */
  constructor(
    redis: RedisCommands, prefix: string, onFirstAnswer: () => void, onEnd: (handle: string, info: string, time: number) => void,
  ) {
    this.redis = redis;
    this.prefix = prefix;
    this.#onFirstAnswer = onFirstAnswer;
    this.#onEnd = onEnd;
  }

  /** What stands there: {@link isThere} must say whether it is something. */
  get(handle: string): PromiseLike<unknown> {

    return this.redis.get(this.prefix + handle);

  }

  /**
   * Changes a session.
   *
   * @param newHash of the id that the session gets
   * @param about what it becomes then
   */
  change(
    { handle, hash }: StoredId, change: SessionChange, { lifetime, version = '', maxBytes = Infinity, ...waits }: UpdateTerms,
    { newHash = '', info = '' } = {},
  ): Promise<Word> {

    const { set, unset } = change;
    const script = set.size + unset.length > FEW ? CHANGE_MANY : CHANGE_FEW;
    const most = maxBytes === Infinity ? '' : String(maxBytes);
    const args = [hash, this.token(), milliseconds(lifetime), String(version), newHash, info, most, ...packChange(change)];
    return this.runInTime(script, handle, args, waits);

  }

  /**
   * Runs a script whose first argument is a deadline. A command that came too late
   * was not executed: it is tried again if its caller still waits. Then the server's
   * clock was set, or this process stood still.
   */
  async runInTime(script: Script, handle: string, args: string[], waits: Patience): Promise<Word> {

    const left = countdown(waits);
    for (;;) {
      const word = await this.run(script, handle, [String(this.clock.deadline(left)), ...args]);
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
    if (info) this.#onEnd(handle, String(info), Number(time));
    return String(word) as Word;

  }

  /** As `get`, and learns what time it is on the server. */
  getWithTime(handle: string): Promise<unknown> {

    return this.#read(LOAD, handle);

  }

  /** What a record says of its session, without the values; an empty text where there is none. */
  header(handle: string): Promise<unknown> {

    return this.#read(HEADER, handle);

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
    this.#onFirstAnswer?.();
    this.#onFirstAnswer = undefined;

  }

  /** What no other change of the session has. */
  token(): string {

    const number = this.#changes++ % 36 ** HALF_A_TOKEN;
    return this.#writer + number.toString(36).padStart(HALF_A_TOKEN, '0');

  }

}

/** Says whether a key has a value. */
export function isThere(value: unknown): value is string {

  if (value === null) return false;
  if (typeof value === 'string') return true;
  throw new TypeError('The client of the Redis store answers with something else than texts: it must be set up to return strings');

}

/** The error of a change that was refused because its caller no longer waits. */
function givenUp(): Error {

  return new Error('The server came to the change after its caller had given up, and refused it');

}

export function milliseconds(lifetime: number): string {

  return String(Math.ceil(lifetime * 1000));

}
