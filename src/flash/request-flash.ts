import { SessionCookieError, SessionStoreError } from '../base/errors.js';
import { isCookieWithheld } from '../cookie/withheld-cookie.js';
import type { Beside, WithBeside } from '../request/backend.js';
import { writeHeaders } from '../request/write-headers.js';
import { knownUser } from '../session/wanted.js';
import { fromText } from '../values/session-values.js';
import type { TimedStore } from '../wrapping/timed-store.js';
import { type FlashCookie, LIFETIME, MOST_KEPT, type NamedId } from './flash-cookie.js';
import type { FlashMessage } from './flash-messages.js';
import { checkMessages, type MessageText, readRecord, toMessage, toRecord } from './flash-record.js';

/** What the messages of all requests of one middleware share. */
export interface FlashBackend {
  /** Beneath the schema of the sessions, which messages do not follow. */
  readonly store: TimedStore;
  readonly cookie: FlashCookie;
  readonly cookieName: string;
}

/** A generator that makes an id twice is broken, but rarely does so three times in a row. */
const MOST_TRIES = 3;

/** The messages that one request leaves for the next page, and those that it shows itself. */
export class RequestFlash implements Beside {

  readonly #request: WithBeside;
  readonly #backend: FlashBackend;
  #own: MessageText[] = [];
  #set: NamedId | undefined;
  readonly #clear = new Set<string>();
  /** The names of cookies that this request looks up, or has looked up. */
  readonly #looked = new Set<string>();

  constructor(request: WithBeside, backend: FlashBackend) {
    this.#request = request;
    this.#backend = backend;
  }

  /** Leaves a message for the next page that asks. */
  add(kind: unknown, message: unknown): void {

    const { isOutside, isFinished, noCookie } = this.#request;
    if (isOutside) throw new SessionCookieError(noCookie as string);
    if (isFinished || noCookie !== undefined) {
      throw new SessionCookieError('ctx.flash() was called in a WebSocket, or when the session middleware was done: no cookie can be sent there for the message');
    }
    const messages = [...this.#own, toMessage(kind, message)];
    checkMessages(messages);
    this.#own = messages;

  }

  /** Returns the messages for this page, first to last, which no other page gets from then on. */
  async show(): Promise<FlashMessage[]> {

    const request = this.#request;
    if (isUnseen(request.http.request)) return [];
    if (request.dependsOn === 'nothing' && !request.isOutside) request.dependsOn = 'info';
    const cookies = this.#carried.slice(0, MOST_KEPT).filter(({ name }) => !this.#looked.has(name));
    const reader = this.#user;
    const claimed = await Promise.all(cookies.map(cookie => this.#claim(cookie, reader)));
    const messages = [...claimed.flat(), ...this.#own];
    this.#own = [];
    if (request.isFinished) writeHeaders('keep', request);
    return messages.map(([kind, text]) => ({ kind, message: fromText(text) })) as FlashMessage[];

  }

  /** Stores the messages that no page has shown yet, after the session was stored. */
  async store(): Promise<void> {

    if (this.#own.length === 0) return;
    const { http: { request }, shared } = this.#request;
    const texts = toRecord({ cookie: this.#backend.cookieName, user: this.#user, messages: this.#own });
    this.#own = [];
    const id = await this.#created(texts);
    const kept = this.#carried.map(({ name }) => name).filter(name => !this.#clear.has(name));
    const tooMany = kept.length - MOST_KEPT + 1;
    if (tooMany > 0) for (const name of kept.slice(0, tooMany)) this.#clear.add(name);
    const isWithheld = isCookieWithheld(request.headers, request.method, shared.sameSite);
    this.#set = { name: this.#backend.cookie.newName(isWithheld, this.#isHttps), id };

  }

  write(): boolean {

    const set = this.#set;
    if (!set && this.#clear.size === 0) return false;
    const { http: { request, response: { headers, origin } }, shared } = this.#request;
    this.#backend.cookie.write(headers, { set, clear: [...this.#clear] }, this.#isHttps);
    if (set) shared.cookieWarnings.check(origin, request.headers);
    return true;

  }

  /**
   * Returns the messages of a cookie if this request is the one to show them.
   *
   * A failure of the store fails no page: the messages stay for the next one.
   */
  async #claim({ name, id }: NamedId, reader: string | null): Promise<readonly MessageText[]> {

    const { store, cookieName } = this.#backend;
    this.#looked.add(name);
    try {
      const found = await store.load(id);
      const kept = found?.status === 'live' ? readRecord(found.texts) : null;
      const isOurs = kept !== null && kept.cookie === cookieName;
      const isReaders = isOurs && (kept.user === null || kept.user === reader);
      // A user whose id has just changed seems to be no one for a moment.
      if (isOurs && !isReaders && reader === null) return [];
      // Of all requests that ask the store to end the record, one gets true.
      const isShown = isReaders && await store.end(id);
      this.#clear.add(name);
      return isShown ? kept.messages : [];
    } catch (error) {
      if (!(error instanceof SessionStoreError)) throw error;
      this.#looked.delete(name);
      return [];
    }

  }

  async #created(texts: ReturnType<typeof toRecord>): Promise<string> {

    const { store } = this.#backend;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const id: unknown = await store.newSessionId();
      if (typeof id !== 'string' || !this.#request.shared.isUsable(id)) break;
      if (await store.create(id, texts, { lifetime: LIFETIME }) === true) return id;
    }
    throw new SessionStoreError('newSessionId() returned only ids that are in use, or that can\'t be ids');

  }

  get #carried(): readonly NamedId[] {

    const { isOutside, http: { request } } = this.#request;
    return isOutside ? [] : this.#backend.cookie.read(request.headers.get('cookie'), this.#isHttps, this.#backend.store.isSessionId);

  }

  /** Whose session it is, as the request has it now. */
  get #user(): string | null {

    const { session, shared: { settings: { userOf } } } = this.#request;
    const named = session.user(userOf);
    return named === undefined ? knownUser(session.stored, userOf) : named;

  }

  get #isHttps(): boolean {
    return this.#request.http.response.origin.startsWith('https:');
  }

}

/** Whether no visitor sees the response, or perhaps none: `Purpose` is what some browsers sent before `Sec-Purpose`. */
function isUnseen({ method, headers }: WithBeside['http']['request']): boolean {

  return method === 'HEAD' || [headers.get('sec-purpose'), headers.get('purpose')].some(purpose => purpose !== null && /\bpre(?:fetch|render)\b/i.test(purpose));

}
