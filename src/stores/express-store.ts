import { createHash } from 'node:crypto';
import { isThenable } from '../base/awaitable.js';
import { kindOf, wrong } from '../base/option-checks.js';
import { plainError } from '../base/plain-error.js';
import type { SessionStore, SessionValues } from '../base/store.js';
import { newSessionId } from '../id/session-id.js';
import { parseJson } from '../values/parse-json.js';
import { isPlainObject, toTexts } from '../values/session-values.js';
import { toAscii } from './shared/ascii.js';
import { unreadable } from './shared/unreadable.js';

/**
 * What is needed of a store for express-session: the three methods that
 * express-session requires, with callbacks, promises or both.
 */
export interface ExpressSessionStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown;
  set(sid: string, session: unknown, callback: (error?: unknown) => void): unknown;
  destroy(sid: string, callback: (error?: unknown) => void): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the listener of any emitter
  on?(event: 'error', listener: (...args: any[]) => void): unknown;
  listenerCount?(event: 'error'): number;
}

/** A callback, as a store calls it. */
type Callback = (error?: unknown, answer?: unknown) => void;

const METHODS = ['get', 'set', 'destroy'] as const;

/** 128 bits in hexadecimal: as long as the ids of express-session, since some tables have room for no more. */
const KEY_LENGTH = 32;

/** A part of a text that looks like a number too large for JavaScript. */
const TOO_LARGE = /\d[eE]\+?\d{3}|\d{309}/;

/** Stores whose `error` events have a listener of ours. */
const heard = new WeakSet<ExpressSessionStore>();

/**
 * Keeps sessions in a store that was made for express-session.
 *
 * It has the four basic methods, so it gives all guarantees within one process,
 * and between processes those that docs/writing-a-store.md lists for four methods.
 *
 * The store sees a hash in place of the id, and a session `{ cookie, values }`.
 * Such stores take the time to live from `cookie`. `values` is the whole session
 * as one JSON text, which no store can change on the way.
 */
export class ExpressStore implements SessionStore {

  readonly #store: ExpressSessionStore;

  /**
   * @param store as for the option `store` of express-session
   * @throws {TypeError} if it is not such a store
   */
  constructor(store: ExpressSessionStore) {

    check(store);
    hearErrors(store);
    this.#store = store;

  }

  async get(id: string): Promise<SessionValues | null> {

    const session = await this.#ask('get', keyOf(id)).catch(unlessNoEntry);
    if (!session) return null;
    const { cookie, values } = session as { cookie?: unknown; values?: unknown };
    return isOver(cookie) ? null : valuesIn(values);

  }

  /** @throws {SessionValueError} for values that can't be stored */
  async set(id: string, values: SessionValues, expire: number): Promise<void> {

    await this.#ask('set', keyOf(id), { cookie: new Cookie(expire), values: textOf(values) });

  }

  async delete(id: string): Promise<void> {

    await this.#ask('destroy', keyOf(id)).catch(unlessNoEntry);

  }

  newSessionId(): string {

    return newSessionId();

  }

  #ask(method: typeof METHODS[number], ...args: unknown[]): Promise<unknown> {

    const store = this.#store;
    return new Promise((resolve, reject) => {
      const callback: Callback = (error, answer) => error ? reject(error) : resolve(answer);
      const call = store[method] as (...args: unknown[]) => unknown;
      const returned = call.call(store, ...args, callback);
      if (call.length <= args.length) {
        if (isThenable(returned)) returned.then(resolve, reject);
      } else if (returned instanceof Promise) {
        // It has a callback, and its promise may come first, without an answer: only its failure counts.
        returned.catch(reject);
      }
    });

  }

}

/** The members of express-session's own `Cookie` that stores read, and may assign to. */
class Cookie {

  path = '/';
  httpOnly = true;
  originalMaxAge: number;
  _expires: Date;

  /** @param expire the last second in which the session lives, as Unix timestamp */
  constructor(expire: number) {
    this._expires = new Date((Math.floor(expire) + 1) * 1000);
    this.originalMaxAge = this.maxAge;
  }

  get expires(): Date {
    return this._expires;
  }

  set expires(date: Date) {
    this._expires = date;
  }

  /** The time that is left, in milliseconds. */
  get maxAge(): number {
    return this._expires.getTime() - Date.now();
  }

  set maxAge(milliseconds: number) {
    this._expires = new Date(Date.now() + milliseconds);
  }

  toJSON(): object {
    const { originalMaxAge, expires, httpOnly, path } = this;
    return { originalMaxAge, expires, httpOnly, path };
  }

}

/** The key under which the store keeps a session: safe as a file name, also where case is ignored, and in any database. */
function keyOf(id: string): string {

  return createHash('sha256').update(id).digest('hex').slice(0, KEY_LENGTH);

}

/** Writes values as a JSON text in ASCII, which a database of any character set keeps. */
function textOf(values: SessionValues): string {

  let json = '';
  for (const [key, text] of toTexts(values)) json += `${json && ','}${JSON.stringify(key)}:${text}`;
  return toAscii(`{${json}}`);

}

/**
 * Reads what {@link textOf} wrote.
 *
 * @throws {SessionStoreError} for anything else
 */
function valuesIn(text: unknown): SessionValues {

  if (typeof text !== 'string') throw unreadable();
  try {
    const values = parseJson(text);
    if (!isPlainObject(values)) throw new Error('These are not values of a session');
    // JSON has such numbers, but JavaScript reads them as Infinity, which JSON can't write.
    if (TOO_LARGE.test(text)) toTexts(values);
    return values;
  } catch (cause) {
    throw unreadable(cause);
  }

}

/** Says whether a session's time is over: not every store checks this. Anything but a time is over, too. */
function isOver(cookie: unknown): boolean {

  const { expires, _expires } = (cookie ?? {}) as { expires?: Date | string; _expires?: Date | string };
  const end = expires ?? _expires ?? undefined;
  // If the cookie has no expiry, the store knows it in its own way.
  if (end === undefined) return false;
  return !(new Date(end).getTime() > Date.now());

}

/**
 * A missing file is an unknown session: express-session also takes this error
 * for that. A missing socket is a server that is down.
 */
function unlessNoEntry(error: unknown): undefined {

  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== 'ENOENT' || syscall === 'connect') throw error;

}

function check(store: unknown): void {

  if (typeof store === 'function') {
    throw new TypeError(`store is the function ${store.name}: it must be a store, which \`new\` makes of a class`);
  }
  if (typeof store !== 'object' || store === null) {
    throw wrong('store', store, 'must be a store for express-session, with get(), set() and destroy()');
  }
  for (const method of METHODS) {
    const given = (store as Record<string, unknown>)[method];
    if (typeof given !== 'function') {
      throw new TypeError(`store.${method} is ${kindOf(given)}: a store for express-session must have this method`);
    }
  }

}

/** An `error` event that no one hears would end the process. */
function hearErrors(store: ExpressSessionStore): void {

  if (typeof store.on !== 'function' || heard.has(store)) return;
  heard.add(store);
  store.on('error', error => {
    if ((store.listenerCount?.('error') ?? 0) > 1) return;
    process.emitWarning(`The session store reports: ${String(plainError(error))}`, { code: 'SESSION_STORE' });
  });

}
