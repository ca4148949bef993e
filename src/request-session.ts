import type { Context } from '@curveball/kernel';
import { getCsrf, validateCsrf } from './csrf/session-csrf.js';
import { andThen, onError } from './awaitable.js';
import { SessionError } from './errors.js';
import { loadSession } from './load-session.js';
import { keepFromSharedCaches } from './response-caching.js';
import { type CookieAction, saveSession, type Saving } from './save-session.js';
import { Session } from './session.js';
import type { SessionCookie } from './session-cookie.js';
import type { Awaitable, SessionValues } from './store.js';
import type { TimedStore } from './timed-store.js';
import { updateSession } from './update-session.js';

/** What all requests of one middleware share. */
export interface Backend {
  readonly store: TimedStore;
  readonly cookie: SessionCookie;
  readonly cookieName: string;
  readonly isId: (text: string) => boolean;
  readonly saving: Saving;
  /** After the upgrade, no cookie can be sent. */
  readonly savingInWebSocket: Saving;
}

/** One request's session, between its HTTP messages and the store. */
export class RequestSession {

  readonly session = new Session();

  readonly #ctx: Context;
  readonly #backend: Backend;
  #used = false;
  #finished = false;
  #cookieSent = false;

  constructor(ctx: Context, backend: Backend) {
    this.#ctx = ctx;
    this.#backend = backend;
  }

  /** Finds the session that the request's cookie speaks of. */
  load(): Awaitable<void> {

    const { cookie, isId, store } = this.#backend;
    const header = this.#ctx.request.headers.get('Cookie');
    if (header === null) return;
    const ids = cookie.read(header, isId);
    if (ids.length === 0) return;
    return onError(() => andThen(loadSession(ids, store), stored => {
      this.session.stored = stored;
    }), error => {
      if (error instanceof SessionError) this.session.failure = error;
    });

  }

  /** Stores what has changed since it was loaded or last stored, and writes the headers. */
  save(): Awaitable<void> {

    const saved = onError(() => saveSession(this.session, this.#saving), () => this.#answer('keep'));
    return andThen(saved, action => this.#answer(action));

  }

  /** Stores what the handler has changed. What comes later is stored when it is asked for. */
  finish(): Awaitable<void> {

    this.#finished = true;
    return this.save();

  }

  async update(change: (values: SessionValues) => Awaitable<SessionValues | void>): Promise<SessionValues> {

    this.use();
    this.#answer(await updateSession(this.session, this.#saving, change));
    return this.session.values;

  }

  getCsrf(): Promise<string> {

    this.use();
    const save = this.#finished ? () => this.save() : null;
    return getCsrf(this.session, this.#saving, this.#backend.cookieName, save);

  }

  validateCsrf(token?: unknown): void {

    this.use();
    validateCsrf(this.session, this.#ctx.request, this.#backend.cookieName, token);

  }

  /** Takes note that the response depends on the session, be it there or not. */
  use(): void {

    this.#used = true;
    if (this.#finished) this.#answer('keep');

  }

  #answer(action: CookieAction): void {

    const { headers, origin } = this.#ctx.response;
    if (action !== 'keep') {
      const isHttps = origin.startsWith('https:');
      if (action === 'clear') {
        this.#backend.cookie.clear(headers, isHttps);
      } else if (this.session.id !== null) {
        this.#backend.cookie.set(headers, this.session.id, isHttps);
      }
      this.#cookieSent = true;
    }
    if (this.#used || this.#cookieSent) keepFromSharedCaches(headers, this.#cookieSent);

  }

  get #saving(): Saving {

    const { saving, savingInWebSocket } = this.#backend;
    return this.#ctx.webSocket === undefined ? saving : savingInWebSocket;

  }

}
