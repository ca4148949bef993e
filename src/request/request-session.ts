import { isThenable } from '../base/awaitable.js';
import { AuthenticationError, CsrfError, SessionEndedError, SessionError, SessionStoreError } from '../base/errors.js';
import type { HttpContext } from '../base/http.js';
import type { Awaitable, SessionValues } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { isCookieWithheld } from '../cookie/withheld-cookie.js';
import { publishFailed, publishStale } from '../events/session-events.js';
import { checkedAuthentication } from '../info/authentication.js';
import type { Authentication } from '../info/session-details.js';
import type { Due } from '../session/named-change.js';
import { Session } from '../session/session.js';
import { endOf, NOTHING, type SessionEnd, type StoredSession } from '../session/stored-session.js';
import type { Wanted } from '../session/wanted.js';
import { decide } from '../steps/decide.js';
import { publishRequest } from '../steps/request-event.js';
import { reloadSession } from '../steps/reload-session.js';
import type { CookieAction, Save, Visit } from '../steps/save.js';
import { saveSession } from '../steps/save-session.js';
import { type SessionUpdate, updateSession, updateUnstored } from '../steps/update-session.js';
import type { Backend, Beside, Forms, WithForms } from './backend.js';
import { watchLateChanges } from './late-changes.js';
import { type SessionInfo, sessionInfo } from './session-info.js';
import { hasLeft, type SentCookie, sendCookie, writeHeaders } from './write-headers.js';

/** The member of a context with the checks that other middlewares run on each session of a request. */
export const CHECKS = Symbol('@curveball/session checks');

/** The member of a context that says whether the request was refused, so that its sessions stay as they were. */
export const REFUSED = Symbol('@curveball/session refused');

type Checked = HttpContext & { readonly [CHECKS]?: ReadonlyArray<(request: RequestSession) => void>; readonly [REFUSED]?: true };

const LEFT = 'No cookie can be sent in a WebSocket, or after the response has left: create or regenerate the session before';

const NOTHING_DUE: Due = { touch: false };

/** The session of one request, between its HTTP messages and the store. */
export class RequestSession implements WithForms {

  readonly http: HttpContext;
  readonly shared: Backend;
  /** Whether browsers send no cookie of ours to the request's path, so that it has no session. */
  readonly isOutside: boolean;
  /** The session of the outer middleware, if there is one. */
  readonly outer: RequestSession | undefined;
  readonly began: number | undefined;

  dependsOn: 'nothing' | 'info' | 'session' = 'nothing';
  isFinished = false;
  sentCookie: SentCookie | undefined;
  found: StoredSession = NOTHING;
  /** Made when it is first needed. */
  beside: Beside | undefined;

  #session: Session | undefined;
  #forms: Forms | undefined;
  #error: SessionError | undefined;
  #isWatched = false;

  constructor(http: HttpContext, shared: Backend, isOutside = false, outer?: RequestSession) {

    this.http = http;
    this.shared = shared;
    this.isOutside = isOutside;
    this.outer = outer;
    this.began = shared.settings.userOf && performance.now();

  }

  /** Made when it is first needed, which it never is for most anonymous requests. */
  get session(): Session {

    this.#session ??= new Session();
    return this.#session;

  }

  /** Takes the session that the request's cookie led to, before the handler runs. */
  begin(stored: StoredSession): void {

    this.found = stored;
    if (stored.kind !== 'none') this.session.found(stored);
    // It was found by its former id, so the browser must get the new one.
    if (stored.kind === 'live' && stored.forwarded) sendCookie('set', this);
    const checks = (this.http as Checked)[CHECKS];
    if (checks) for (const check of checks) check(this);

  }

  /**
   * Stores what the handler has changed. Later changes are stored only if
   * `saveSession()` is called.
   *
   * @returns null if there is nothing to store and no cookie to send
   */
  finish(act: (save: Save) => Awaitable<CookieAction>): Awaitable<CookieAction> | null {

    this.isFinished = true;
    if ((this.#session === undefined && this.dependsOn === 'nothing') || this.isRefused || (this.isOutside && !this.#isSignIn)) return null;
    // If this succeeds, an error that the handler has caught no longer matters.
    this.#error = undefined;
    return this.storeWith(act);

  }

  /** Runs one act of storing, after those that the handler started before. What could not be stored is stored by the next. */
  storeWith(act: (save: Save) => Awaitable<CookieAction>): Awaitable<CookieAction> {

    if (this.#isForeign) {
      if (Object.keys(this.session.values).length > 0) this.forms.publishWithheld();
      return 'keep';
    }
    return this.session.inTurn(() => this.#storeNow(act));

  }

  #storeNow(act: (save: Save) => Awaitable<CookieAction>): Awaitable<CookieAction> {

    const { session, shared } = this;
    const wanted = session.take(shared.settings.userOf);
    try {
      const action = act(saveOf(session.stored, wanted, this));
      return isThenable(action) ? action.then(undefined, error => this.#notStored(wanted, error)) : action;
    } catch (error) {
      return this.#notStored(wanted, error);
    }

  }

  #notStored(wanted: Wanted, error: unknown): never {

    this.session.giveBack(wanted);
    throw error;

  }

  /** Records why the session could not be loaded or stored. */
  fail(error: unknown): void {

    if (error instanceof SessionStoreError || error instanceof SessionEndedError) this.session.fail(error);
    if (error instanceof SessionStoreError) publishFailed(error, this.shared.store.cookieName);
    // A handler may pass on what it was thrown, and it comes here again.
    if (error instanceof SessionEndedError && error !== this.#error) publishStale(idOf(this.session.stored), error.message, this.shared.store);
    // A refusal of the request says nothing about the session.
    const isRefusal = error instanceof CsrfError || error instanceof AuthenticationError;
    if (error instanceof SessionError && !isRefusal) this.#error = error;
    writeHeaders('keep', this);

  }

  /** Publishes the decision, and why it was made. */
  publish(): void {

    const reason = this.isRefused ? 'the request was refused' : this.#error?.detail;
    publishRequest(this.#session?.decision, reason, this.#session?.id ?? null, this.shared.store);

  }

  /** Stores what has changed since the session was loaded or last stored, and writes the headers. */
  save(): Promise<void> {

    this.use();
    return this.#answerWith(() => this.storeWith(save => saveSession(decide(save), save)));

  }

  async update(change: SessionUpdate): Promise<SessionValues> {

    this.use();
    const { session } = this;
    if (this.#isForeign) return updateUnstored(session, change);
    // First, so that its cookie is sent even if the update fails.
    if (session.getsNewId && session.id !== null) await this.save();
    await this.#answerWith(() => updateSession(change, this));
    return session.values;

  }

  /** Reads the session again; what the request has changed stays. */
  async reload(): Promise<SessionValues> {

    this.use();
    const { session, shared: { updates } } = this;
    updates.isWithin(session.id ?? session, session, 'reloadSession');
    await this.#answerWith(() => session.inTurn(() => reloadSession(this)));
    return session.values;

  }

  get values(): SessionValues {

    this.use();
    return this.session.values;

  }

  set values(values: SessionValues | null | undefined) {

    this.use();
    this.session.values = values;

  }

  /** Records that the user has proved who they are. */
  authenticated(given: Authentication = {}): void {

    this.use();
    const checked = checkedAuthentication(given);
    if (Object.keys(checked).length > 0 && !this.shared.store.keepsInfo) {
      throw new TypeError('ctx.authenticated() was given details, but the store keeps only values: it needs `keepsInfo: true`');
    }
    this.session.authenticate(checked);

  }

  /** The info of the stored session; null if there is none. */
  get info(): SessionInfo | null {

    this.#inform();
    return sessionInfo(this.session.stored, this.shared);

  }

  /** How the session ended that the request's cookie names; null if it has not, or there never was one. */
  get ended(): SessionEnd | null {

    this.#inform();
    return endOf(this.found);

  }

  /** Records that the response depends on the session, which is not used for that. */
  #inform(): void {

    if (this.dependsOn === 'nothing') this.dependsOn = 'info';
    if (this.isFinished) writeHeaders('keep', this);

  }

  /** The id of the session; null if there is none, or if this response will bring another. */
  get id(): string | null {

    // When the handler is done, the id is read for a log, which does not affect the response.
    if (!this.isFinished) this.dependsOn = 'session';
    return this.session.getsNewId ? null : this.session.id;

  }

  /** Records that the response depends on whether there is a session, and on its values. */
  use(): void {

    this.dependsOn = 'session';
    if (this.isOutside) this.shared.cookieWarnings.outside();
    if (!this.isFinished) return;
    writeHeaders('keep', this);
    if (this.#isWatched || this.#error || this.isOutside || this.#isForeign || this.http.webSocket) return;
    this.#isWatched = true;
    watchLateChanges(this.session, this.http.response);

  }

  /** Whether the request brought a cookie of ours that may lead to a session or form. */
  get hasCookie(): boolean {

    if (this.isOutside) return false;
    const { cookie, store } = this.shared;
    return cookie.read(this.http.request.headers.get('cookie'), store.isSessionId).length > 0 || this.forms.isCarried;

  }

  get forms(): Forms {

    this.#forms ??= this.shared.formsOf(this);
    return this.#forms;

  }

  get isUse(): boolean {
    return this.dependsOn !== 'info' && !this.shared.isPassive?.(this.http);
  }

  get noCookie(): string | undefined {

    if (this.isOutside) return `cookieOptions.path is ${this.shared.cookiePath}, and this request is for another path: it has no session`;
    return this.http.webSocket === undefined && !hasLeft(this) ? undefined : LEFT;

  }

  formSecret(): string | undefined {
    return this.began === undefined ? undefined : this.forms.sentFrom;
  }

  writeForms(isBesideSession: boolean): boolean {

    if (this.#error || !(this.#forms || this.session.leavesForms)) return false;
    return this.forms.write(isBesideSession);

  }

  async #answerWith(task: () => Awaitable<CookieAction>): Promise<void> {

    try {
      writeHeaders(await task(), this);
    } catch (error) {
      this.fail(error);
      throw error;
    }

  }

  /** Whether another middleware has refused the request, so that nothing of it is stored. */
  get isRefused(): boolean {
    return (this.http as Checked)[REFUSED] === true;
  }

  /** Whether the handler signs a visitor in, which must fail loudly on a path without a session. */
  get #isSignIn(): boolean {
    return this.session.getsNewId || Boolean(this.session.user(this.shared.settings.userOf));
  }

  /** Whether a new session's cookie could replace one that the browser has withheld. */
  get #isForeign(): boolean {

    const { settings, sameSite } = this.shared;
    // Without the option, no one can tell a sign-in from another new session.
    if (settings.userOf === undefined) return false;
    const { session, http: { request } } = this;
    // A handler that asks for a new id, or names a user, is signing a visitor in.
    if (session.stored.kind !== 'none' || session.asksForNewId) return false;
    return isCookieWithheld(request.headers, request.method, sameSite) && !this.hasCookie && !session.user(settings.userOf);

  }

}

/** Describes one act of storing what a request asks for. */
export function saveOf(stored: StoredSession, wanted: Wanted, visit: Visit): Save {

  const { session, shared } = visit;
  const now = performance.now();
  return { visit, session, shared, now, stored, wanted, due: dueOf(stored, now, visit) };

}

/** Finds out what a session needs even if it was only read. */
function dueOf(stored: StoredSession, now: number, { session, shared: { lifetimes, settings: { renewal, grace } }, isUse, noCookie }: Visit): Due {

  if (stored.kind !== 'live') return NOTHING_DUE;
  const renewed = stored.info?.details.renewed;
  const canMove = noCookie === undefined;
  return {
    // A session that stays empty is left to expire.
    touch: isUse && stored.texts.size > 0 && lifetimes.isTouchDue(stored, now),
    renewal: isUse && canMove && renewal !== undefined && renewed !== undefined && renewed + renewal <= unixTime(),
    withdrawal: grace > 0 && session.isForwarding,
    binding: canMove,
  };

}

function idOf(stored: StoredSession): string | null {

  return stored.kind === 'none' ? null : stored.id;

}
