import type { Context } from '@curveball/kernel';
import { andThen } from '../base/awaitable.js';
import { publishCsrf } from '../csrf/csrf-events.js';
import { joinedTokens, maskedToken } from '../csrf/csrf-token.js';
import { type FormBackend, RequestForms } from '../csrf/request-forms.js';
import { answerDemands, isRefused } from '../csrf/token-demand.js';
import { isCookieWithheld } from '../cookie/withheld-cookie.js';
import { CsrfError, SessionEndedError, SessionError, SessionStoreError } from '../base/errors.js';
import { watchLateChanges } from './late-changes.js';
import { type Loaded, loadSession, NOTHING } from '../steps/load-session.js';
import { keepFromSharedCaches } from '../cookie/response-caching.js';
import { ResponseCookie } from '../cookie/response-cookie.js';
import { decide, saveSession } from '../steps/save-session.js';
import type { CookieAction, Saving } from '../steps/saving.js';
import { checkedAuthentication } from '../info/authentication.js';
import type { Authentication } from '../info/session-details.js';
import { hasRequestSubscribers, publishFailed, publishRequest, publishStale } from '../events/session-events.js';
import { type SessionInfo, sessionInfo } from '../info/session-info.js';
import { Session } from '../session/session.js';
import type { SessionCookie } from '../cookie/session-cookie.js';
import type { Awaitable, SessionValues } from '../base/store.js';
import { type SessionUpdate, updateSession, updateUnstored } from '../steps/update-session.js';

/** What all requests of one middleware share. */
export interface Backend extends FormBackend {
  readonly cookie: SessionCookie;
  readonly isId: (text: string) => boolean;
  /**
   * Whether a session that no one asked for is not stored where its cookie could
   * replace one that the browser has kept back.
   */
  readonly refusesForeignSessions: boolean;
  readonly saving: Saving;
  readonly savingWithoutCookie: Saving;
  /** For a request whose path the cookie does not cover. */
  readonly savingOutside: Saving;
}

/** One request's session, between its HTTP messages and the store. */
export class RequestSession {

  private made: Session | undefined;
  private used = false;
  private asked = false;
  private began: number | undefined;
  private finished = false;
  private isWatched = false;
  private cookieAction: CookieAction = 'keep';
  private writer: ResponseCookie | undefined;
  private error: SessionError | undefined;
  private madeForms: RequestForms | undefined;

  /** The session of the middleware further out, if there is one. */
  outer: RequestSession | undefined;

  /** @param isOutside whether browsers send no cookie of ours to its path: it has no session then */
  constructor(private readonly ctx: Context, private readonly backend: Backend, private readonly isOutside = false) {}

  /** Made when it is first needed: for most anonymous requests it never is. */
  get session(): Session {

    if (this.made === undefined) {
      this.made = new Session();
      this.made.began = this.began;
      if (this.began !== undefined) this.made.formSecret = () => this.forms.sentFrom;
    }
    return this.made;

  }

  /** Finds the session that the request's cookie speaks of. */
  load(): Awaitable<void> {

    const { cookie, isId, saving } = this.backend;
    if (saving.settings.userOf) this.began = saving.now();
    const header = this.ctx.request.headers.get('cookie');
    const ids = header === null || this.isOutside ? [] : cookie.read(header, isId);
    if (ids.length === 0) return this.found(NOTHING);
    return andThen(loadSession(ids, saving), stored => this.found(stored));

  }

  /** Stores what the handler has changed. What comes later is stored when it is asked for. */
  finish(): Awaitable<void> {

    this.finished = true;
    if (this.made === undefined || isRefused(this.ctx) || (this.isOutside && !this.isSignIn)) return;
    // Reading `ctx.sessionInfo` alone does not count as use.
    this.made.isUsed = this.used || !this.asked;
    return andThen(this.store(), action => {
      this.error = undefined;
      this.answer(action);
    });

  }

  /** Takes note of why the session could not be loaded or stored. */
  fail(error: unknown): void {

    if (error instanceof SessionStoreError || error instanceof SessionEndedError) this.session.failure = error;
    if (error instanceof SessionStoreError) publishFailed(error);
    if (error instanceof SessionEndedError) publishStale(this.carriedId, error.message, this.saving.store);
    if (error instanceof SessionError && !(error instanceof CsrfError)) this.error = error;
    this.answer('keep');

  }

  /** Tells those who listen what was decided, and why. */
  tell(): void {

    if (!hasRequestSubscribers()) return;
    const reason = isRefused(this.ctx) ? 'the request was refused' : this.error?.detail;
    publishRequest(this.made?.decision, reason, this.made?.id ?? null, this.saving.store);

  }

  /** Stores what has changed since it was loaded or last stored, and writes the headers. */
  save(): Promise<void> {

    this.use();
    return this.answerTo(() => this.store());

  }

  async update(change: SessionUpdate): Promise<SessionValues> {

    this.use();
    if (this.isForeign) return updateUnstored(this.session, change);
    // First, so that its cookie is sent even if the update fails.
    const { regenerate, authentication, id } = this.session;
    if ((regenerate || authentication) && id !== null) await this.save();
    await this.answerTo(() => updateSession(this.session, this.saving, change));
    return this.session.values;

  }

  /** Takes note that the user has proved who they are. */
  authenticated(given: Authentication = {}): void {

    this.use();
    const checked = checkedAuthentication(given);
    if (Object.keys(checked).length > 0 && !this.saving.store.keepsInfo) {
      throw new TypeError('ctx.authenticated() was given something to keep, and the store keeps only values: it has no `keepsInfo: true`');
    }
    this.session.authentication = checked;

  }

  /** What is known of the session as it is stored. */
  get info(): SessionInfo | null {

    this.asked = true;
    if (this.finished) this.answer('keep');
    return sessionInfo(this.session.stored, this.saving);

  }

  getCsrf(options?: { masked?: boolean }): Promise<string> {

    const token = (this.covering ?? this).csrf().then(tokens => joinedTokens(options?.masked === true ? tokens.map(maskedToken) : tokens));
    // In 1.x no one had to wait for it: where no one does, the request itself fails soon enough.
    token.catch(() => {});
    return token;

  }

  /** The tokens of all sessions of the request: each of its middlewares asks for its own. */
  private async csrf(): Promise<string[]> {

    this.use();
    // The id goes with this response: the token must be one of the session that comes after it.
    if (decide(this.session, this.saving).name === 'destroy') await this.save();
    const tokens = await this.forms.tokens(this.session, this.saving, this.finished ? () => this.save() : null);
    const others = await this.outer?.covering?.csrf() ?? [];
    return [...new Set([...tokens, ...others])];

  }

  validateCsrf(token?: unknown): void {

    const covering = this.covering ?? this;
    covering.use();
    covering.forms.validate(covering.session, covering.saving, token);

  }

  /** From here outwards, the first whose cookie covers the path: a request has its forms, never its session. */
  private get covering(): RequestSession | undefined {

    return this.isOutside ? this.outer?.covering : this;

  }

  /** Whether the request brought a cookie of ours that could be good for something. */
  get hasCookie(): boolean {

    if (this.isOutside) return false;
    const { cookie, isId } = this.backend;
    return cookie.read(this.ctx.request.headers.get('cookie'), isId).length > 0 || this.forms.carried.length > 0;

  }

  /** The id that the session has, and will have after this response. */
  get id(): string | null {

    // Later, it is read for a log: the response is made already.
    if (!this.finished) this.used = true;
    return this.session.regenerate || this.session.authentication ? null : this.session.id;

  }

  /** Takes note that the response depends on the session, be it there or not. */
  use(): void {

    this.used = true;
    if (this.isOutside) this.backend.cookieWarnings.outside();
    if (!this.finished) return;
    this.answer('keep');
    if (this.isWatched || this.error || this.isOutside || this.isForeign || this.ctx.webSocket) return;
    this.isWatched = true;
    watchLateChanges(this.session, this.ctx.response);

  }

  private found(stored: Loaded): void {

    if (stored !== NOTHING) {
      this.session.loaded = stored;
      this.session.stored = stored;
      // It was found by its former id: the browser is to have this one.
      if (stored.kind === 'live' && stored.forwarded) this.cookieAction = 'set';
    }
    answerDemands(this.ctx, this);

  }

  private store(): Awaitable<CookieAction> {

    if (this.isForeign) {
      if (Object.keys(this.session.values).length > 0) publishCsrf('withheld-cookie', this.ctx);
      return 'keep';
    }
    return saveSession(this.session, this.saving);

  }

  /** Whether it must not seem to have begun a session where it can't. */
  private get isSignIn(): boolean {

    const { session } = this;
    return session.regenerate || session.authentication !== undefined || Boolean(session.user(this.saving.settings.userOf));

  }

  /** Whether a new session's cookie could replace one that the browser has kept back. */
  private get isForeign(): boolean {

    const { refusesForeignSessions, saving } = this.backend;
    if (!refusesForeignSessions) return false;
    // A handler that asks for a new id, or names a user, is signing a visitor in.
    const { stored, regenerate } = this.session;
    if (stored.kind !== 'none' || regenerate) return false;
    const { headers, method } = this.ctx.request;
    return isCookieWithheld(headers, method, saving.settings.cookieOptions.sameSite) && !this.hasCookie
      && !this.session.user(saving.settings.userOf);

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
    if (this.cookieAction !== 'keep') this.cookie.write(this.cookieAction, this.session, this.saving);
    const hasForms = !this.error && (this.madeForms ?? this.session.leavesForms) && this.forms.answer(this.session, this.cookieAction === 'set');
    const hasCookie = hasForms || this.cookieAction !== 'keep';
    if ((this.used || this.asked || hasCookie) && !this.isOutside) keepFromSharedCaches(this.ctx.response.headers, hasCookie);

  }

  private get forms(): RequestForms {

    this.madeForms ??= new RequestForms(this.ctx, this.backend);
    return this.madeForms;

  }

  private get cookie(): ResponseCookie {

    this.writer ??= new ResponseCookie(this.ctx, this.backend);
    return this.writer;

  }

  private get carriedId(): string | null {

    const { stored } = this.session;
    return stored.kind === 'none' ? null : stored.id;

  }

  /** Whether the response is on its way: a body that is streamed may use the session still. */
  private get hasLeft(): boolean {

    // The kernel does not tell, but node's response does.
    return this.finished
      && (this.ctx.response as { inner?: { headersSent?: boolean } }).inner?.headersSent === true;

  }

  private get saving(): Saving {

    const { saving, savingWithoutCookie, savingOutside } = this.backend;
    if (this.isOutside) return savingOutside;
    return this.ctx.webSocket === undefined && !this.hasLeft ? saving : savingWithoutCookie;

  }

}
