import type { Context } from '@curveball/kernel';
import { isThenable } from './awaitable.js';
import { getCsrf, validateCsrf } from './csrf/session-csrf.js';
import { SessionEndedError, SessionStoreError } from './errors.js';
import { type Loaded, loadSession, NOTHING } from './load-session.js';
import { keepFromSharedCaches } from './response-caching.js';
import { type CookieAction, saveSession, type Saving } from './save-session.js';
import { Session } from './session.js';
import type { SessionCookie } from './session-cookie.js';
import type { Awaitable, SessionValues } from './store.js';
import { type SessionUpdate, updateSession } from './update-session.js';

/** What all requests of one middleware share. */
export interface Backend {
  readonly cookie: SessionCookie;
  readonly cookieName: string;
  readonly isId: (text: string) => boolean;
  readonly saving: Saving;
  readonly savingWithoutCookie: Saving;
}

/** One request's session, between its HTTP messages and the store. */
export class RequestSession {

  private made: Session | undefined;
  private used = false;
  private finished = false;
  private cookieAction: CookieAction = 'keep';

  constructor(private readonly ctx: Context, private readonly backend: Backend) {}

  /** Made when it is first needed: for most anonymous requests it never is. */
  get session(): Session {

    this.made ??= new Session();
    return this.made;

  }

  /** Finds the session that the request's cookie speaks of. */
  load(): Awaitable<void> {

    const { cookie, isId, saving } = this.backend;
    const header = this.ctx.request.headers.get('cookie');
    if (header === null) return;
    const ids = cookie.read(header, isId);
    if (ids.length === 0) return;
    const found = loadSession(ids, saving.store, saving.now);
    if (isThenable(found)) return found.then(stored => this.found(stored));
    this.found(found);

  }

  /** Stores what the handler has changed. What comes later is stored when it is asked for. */
  finish(): Awaitable<void> {

    this.finished = true;
    if (this.made === undefined) return;
    const saved = saveSession(this.session, this.saving);
    if (isThenable(saved)) return saved.then(action => this.answer(action));
    this.answer(saved);

  }

  /** Takes note of why the session could not be loaded or stored. */
  fail(error: unknown): void {

    if (error instanceof SessionStoreError || error instanceof SessionEndedError) this.session.failure = error;
    this.answer('keep');

  }

  /** Stores what has changed since it was loaded or last stored, and writes the headers. */
  save(): Promise<void> {

    this.use();
    return this.answerTo(() => saveSession(this.session, this.saving));

  }

  async update(change: SessionUpdate): Promise<SessionValues> {

    this.use();
    // First, so that its cookie is sent even if the update fails.
    if (this.session.regenerate && this.session.id !== null) await this.save();
    await this.answerTo(() => updateSession(this.session, this.saving, change));
    return this.session.values;

  }

  getCsrf(): Promise<string> {

    const token = this.csrf();
    // In 1.x nobody had to wait for it: where nobody does, the request itself fails soon enough.
    token.catch(() => {});
    return token;

  }

  private async csrf(): Promise<string> {

    this.use();
    // The id goes with this response: the token must be one of the session that comes after it.
    if (this.session.isCleared) await this.save();
    const save = this.finished ? () => this.save() : null;
    return getCsrf(this.session, this.saving, this.backend.cookieName, save);

  }

  validateCsrf(token?: unknown): void {

    this.use();
    validateCsrf(this.session, this.ctx.request, this.backend.cookieName, token);

  }

  /** The id that the session has, and will have after this response. */
  get id(): string | null {

    // Later, it is read for a log: the response is made already.
    if (!this.finished) this.used = true;
    return this.session.regenerate ? null : this.session.id;

  }

  /** Takes note that the response depends on the session, be it there or not. */
  use(): void {

    this.used = true;
    if (this.finished) this.answer('keep');

  }

  private found(stored: Loaded): void {

    if (stored !== NOTHING) this.session.stored = stored;

  }

  private async answerTo(task: () => Awaitable<CookieAction>): Promise<void> {

    try {
      this.answer(await task());
    } catch (error) {
      this.fail(error);
      throw error;
    }

  }

  private answer(action: CookieAction): void {

    if (this.hasLeft) return;
    if (action !== 'keep') this.cookieAction = action;
    // Also what was written before: the handler may have replaced the headers since.
    const hasCookie = this.cookieAction !== 'keep';
    if (hasCookie) this.writeCookie();
    if (this.used || hasCookie) keepFromSharedCaches(this.ctx.response.headers, hasCookie);

  }

  private writeCookie(): void {

    const { headers, origin } = this.ctx.response;
    const isHttps = origin.startsWith('https:');
    if (this.cookieAction === 'clear') {
      // The browser may have another cookie than the one it never got.
      if (this.session.created) this.backend.cookie.drop(headers);
      else this.backend.cookie.clear(headers, isHttps);
    } else if (this.session.id !== null) {
      this.backend.cookie.set(headers, this.session.id, isHttps);
    }

  }

  /** Whether the response is on its way: a body that is streamed may use the session still. */
  private get hasLeft(): boolean {

    // The kernel does not tell, but node's response does.
    return this.finished
      && (this.ctx.response as { inner?: { headersSent?: boolean } }).inner?.headersSent === true;

  }

  private get saving(): Saving {

    const { saving, savingWithoutCookie } = this.backend;
    return this.ctx.webSocket === undefined && !this.hasLeft ? saving : savingWithoutCookie;

  }

}
