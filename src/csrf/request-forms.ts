import { CsrfError } from '../base/errors.js';
import type { HttpContext } from '../base/http.js';
import type { Awaitable } from '../base/store.js';
import type { CarriedForm, FormCookie } from '../cookie/form-cookie.js';
import { isCookieWithheld } from '../cookie/withheld-cookie.js';
import { formSecret, formSecretBefore, formSecretOf } from '../id/form-secret.js';
import type { Forms, WithForms } from '../request/backend.js';
import { saveOf } from '../request/request-session.js';
import type { Session } from '../session/session.js';
import { knownUser } from '../session/wanted.js';
import { decide } from '../steps/decide.js';
import { requireCookie, reserveId } from '../steps/new-id.js';
import type { Save } from '../steps/save.js';
import { publishCsrf } from './csrf-events.js';
import { csrfToken, hasToken } from './csrf-token.js';
import { requestToken } from './request-token.js';
import { isFromElsewhere } from './request-verdict.js';

/** What the forms of all requests of one middleware share. */
export interface FormBackend {
  readonly formCookie: FormCookie;
  readonly cookieName: string;
}

/**
 * The forms of one request: which tokens are valid, and which cookies of forms
 * the response sets and clears.
 *
 * A session that is known to be a user's has tokens of its own, and no cookie of
 * a form counts: an attacker who plants one knows its token. In all other cases a
 * form has a cookie with a secret, which outlives anonymous sessions. The secret
 * is derived from the id that the session has or would get, so that a client that
 * sends only the session's cookie has the right token, too.
 */
export class RequestForms implements Forms {

  private found: CarriedForm[] | undefined;
  private given: CarriedForm | undefined;
  private left: readonly CarriedForm[] = [];
  private checkedToken: unknown;

  constructor(private readonly request: WithForms, private readonly backend: FormBackend) {}

  /** The cookies of forms that the request brings, without those that its response clears. */
  get carried(): readonly CarriedForm[] {

    this.found ??= this.backend.formCookie.read(this.http.request.headers.get('cookie'), this.isHttps);
    return this.found;

  }

  /**
   * Returns the token that is valid with the cookies that the browser has after
   * this response; two if only the browser knows which cookies those are.
   *
   * @param save stores the session at once, for a call after the middleware; null before
   */
  async tokens(save: (() => Promise<void>) | null): Promise<string[]> {

    const { session } = this.request;
    const { stored } = session;
    // In turn: a save under way may give the session another id.
    const secrets = [await session.inTurn(() => this.secretToCome())];
    if (save && (this.given || session.newId !== undefined)) await save();
    // The response with the new id has overtaken this request or was lost: only the browser knows.
    const isOvertaken = stored.kind === 'retired' && stored.moved && stored.info?.user != null;
    if (isOvertaken && session.stored === stored) secrets.push(formSecretBefore(stored));
    return secrets.map(secret => csrfToken(secret, this.backend.cookieName));

  }

  /**
   * Checks the token of a request.
   *
   * @param given the token; undefined to take it from the request
   * @throws {CsrfError} if it is missing or wrong, or if there is no session and no cookie that it could belong to
   */
  validate(given: unknown): void {

    const token = given === undefined ? requestToken(this.http.request) : given;
    if (token === undefined) throw new CsrfError('No CSRF token was found in the request body or its X-CSRF-Token header');
    const secrets = this.secrets();
    if (secrets.length === 0) throw new CsrfError('There is no session and no cookie of a form that a CSRF token could belong to');
    // Compares all of them, so that the time it takes reveals nothing.
    const right = secrets.filter(secret => hasToken(csrfToken(secret, this.backend.cookieName), token));
    if (right.length === 0) throw new CsrfError('The CSRF token is incorrect');
    this.checkedToken = token;

  }

  /**
   * The secret of the form that the request was sent from. A cookie alone does not
   * prove that, since anyone can make one up: the request must also have its token.
   */
  get sentFrom(): string | undefined {

    const token = this.checkedToken ?? requestToken(this.http.request);
    return this.carried.find(({ secret }) => hasToken(csrfToken(secret, this.backend.cookieName), token))?.secret;

  }

  /**
   * Writes the cookies of forms, after the session was stored.
   *
   * @param isBesideSession whether the response sets the session's cookie
   * @returns whether there were any to write
   */
  write(isBesideSession: boolean): boolean {

    const { session, http, shared } = this.request;
    if (session.leavesForms) this.leave(session);
    if (!this.given && this.left.length === 0) return false;
    const { request, response: { headers, origin } } = http;
    const clear = this.left.map(({ name }) => name).filter(name => name !== this.given?.name);
    this.backend.formCookie.write(headers, { set: this.given, clear }, this.isHttps, isBesideSession);
    shared.cookieWarnings.check(origin, request.headers);
    return true;

  }

  get isCarried(): boolean {
    return this.carried.length > 0;
  }

  publishWithheld(): void {
    publishCsrf('withheld-cookie', this.http);
  }

  /** Clears the cookies of earlier forms, at a sign-in or sign-out. */
  private leave(session: Session): void {

    session.formsLeft();
    this.left = [...this.left, ...this.carried];
    this.found = [];
    const isOfNext = this.given !== undefined && session.id !== null && this.given.secret === formSecret(session.id);
    if (!isOfNext) this.given = undefined;

  }

  /** Returns the secret of the token that a form of this response gets. */
  private secretToCome(): Awaitable<string> {

    const save = peekedSave(this.request);
    const { session, wanted, shared } = save;
    const { stored } = session;
    const change = decide(save);
    const isMoved = change.name === 'regenerate' && (change.reason === 'asked' || change.reason === 'user');
    const { user = knownUser(stored, shared.settings.userOf), regenerate, proved } = wanted;
    if (stored.kind === 'live' && change.name !== 'replace' && !isMoved) {
      const secret = formSecretOf(stored);
      return user === null ? this.cookieOf(secret, save) : secret;
    }
    if (session.failure) throw session.failure;
    const isNext = isMoved || change.name === 'replace' || (change.name === 'create' && (regenerate || proved === true));
    const [form] = isNext ? [] : this.carried;
    if (form && user === null) return form.secret;
    requireCookie(save);
    const id = reserveId(save);
    const secretOf = (newId: string) => user === null ? this.cookieOf(formSecret(newId), save, isNext) : formSecret(newId);
    return typeof id === 'string' ? secretOf(id) : id.then(secretOf);

  }

  /** Returns a secret that the browser has in a cookie, or gets in this response if it still can. */
  private cookieOf(secret: string, { visit: { noCookie } }: Save, isNext = false): string {

    const form = isNext ? this.given : this.carried[0] ?? this.given;
    if (form && (!isNext || form.secret === secret)) return form.secret;
    const { headers, method } = this.http.request;
    const isWithheld = isCookieWithheld(headers, method, this.request.shared.sameSite);
    if (noCookie === undefined) this.given = { name: this.backend.formCookie.newName(isWithheld, this.isHttps), secret };
    return secret;

  }

  /** Returns the secrets of all valid tokens. */
  private secrets(): string[] {

    const { session: { stored }, shared: { settings: { userOf } } } = this.request;
    const cookies = [...this.carried, ...(this.given ? [this.given] : [])].map(form => form.secret);
    switch (stored.kind) {
      case 'live': return this.isSessionsAlone(knownUser(stored, userOf), userOf) ? [formSecretOf(stored)] : [formSecretOf(stored), ...cookies];
      // A form that was sent while its session moved, as by the second click of a sign-in, is still the visitor's own.
      case 'retired': return stored.moved ? [formSecretBefore(stored), ...cookies] : cookies;
      case 'reused':
      case 'none': return cookies;
    }

  }

  /** Says whether only a live session's own token is valid, and not that of a cookie, which another host may have planted. */
  private isSessionsAlone(user: string | null, userOf: unknown): boolean {

    const { headers, origin } = this.http.request;
    // Without the option, every session may be a user's.
    return user !== null || (userOf === undefined && isFromElsewhere(headers, origin));

  }

  private get isHttps(): boolean {

    return this.http.response.origin.startsWith('https:');

  }

  private get http(): HttpContext {
    return this.request.http;
  }

}

/** Returns the act of storing that would come next, as the session is now. */
export function peekedSave(request: WithForms): Save {

  const { session, shared } = request;
  return saveOf(session.stored, session.wanted(shared.settings.userOf), request);

}
