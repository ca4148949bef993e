import { isThenable } from '../base/awaitable.js';
import { type SessionError, SessionLockError } from '../base/errors.js';
import { kindOf } from '../base/option-checks.js';
import type { Awaitable, SessionTexts, SessionValues } from '../base/store.js';
import type { Authentication } from '../info/session-details.js';
import { fromTexts, isPlainObject, NO_TEXTS, toTexts } from '../values/session-values.js';
import { setOwn } from '../values/set-own.js';
import { causeOf, readStored, unreadable } from '../values/stored-values.js';
import { difference, merge } from '../values/texts-change.js';
import type { Decision } from './named-change.js';
import { type LiveStored, NOTHING, type StoredSession } from './stored-session.js';
import { type Claim, claimOf, UNCLAIMED, type UserReader, type Wanted } from './wanted.js';

/**
 * The session of one request: its stored state, as far as the request knows, and
 * the changes that the handler has made. The values are parsed when they are first
 * read.
 */
export class Session {

  #stored: StoredSession = NOTHING;
  #found: StoredSession = NOTHING;
  #values: SessionValues | undefined;
  #assigned = false;
  #regenerate = false;
  #authentication: Authentication | undefined;
  /** The user whose sign-in with the authentication has failed. */
  #refused: string | null | undefined;
  #newId: string | undefined;
  #isNew = false;
  #isChanged = false;
  #isForwarding = false;
  #leavesForms = false;
  #failure: SessionError | undefined;
  #decision: Decision | undefined;
  #lastTurn: PromiseLike<void> | undefined;

  /** The session in the store, as far as this request knows. */
  get stored(): StoredSession {
    return this.#stored;
  }

  /** The session that the request's cookie led to. */
  get foundByCookie(): StoredSession {
    return this.#found;
  }

  /** The values in the store, as texts; none if the session is not live. */
  get texts(): SessionTexts {
    return this.#stored.kind === 'live' ? this.#stored.texts : NO_TEXTS;
  }

  get id(): string | null {
    return this.#stored.kind === 'live' ? this.#stored.id : null;
  }

  /** The values, in an object that this request owns. */
  get values(): SessionValues {

    try {
      this.#values ??= fromTexts(this.texts);
      return this.#values;
    } catch (cause) {
      throw unreadable(cause);
    }

  }

  /** @throws {TypeError} for anything but a plain object, null or undefined */
  set values(values: SessionValues | null | undefined) {

    if (values !== null && values !== undefined && !isPlainObject(values)) {
      throw new TypeError(`ctx.session can't be a ${kindOf(values)}: it must be a plain object or null`);
    }
    this.#values = values ?? {};
    this.#assigned = true;

  }

  /** Asks for a new id. */
  regenerate(): void {
    this.#regenerate = true;
  }

  /** Records that the user has proved who they are, as {@link Authentication} describes. */
  authenticate(authentication: Authentication): void {

    this.#authentication = authentication;
    this.#refused = undefined;

  }

  /** Whether the session will get a new id, because the handler asked for one or the user has proved who they are. */
  get getsNewId(): boolean {
    return this.#regenerate || this.#authentication !== undefined;
  }

  /** Whether the handler asked for a new id. */
  get asksForNewId(): boolean {
    return this.#regenerate;
  }

  /**
   * Returns what the request asks for at this moment.
   *
   * @throws {SessionValueError} if a value can't be stored
   */
  wanted(userOf: UserReader | undefined): Wanted {

    const texts = this.#wantedTexts;
    const { user, isFound, former } = this.#claim(texts, userOf);
    // What the user of a failed sign-in has proved is neither another's nor an anonymous visitor's.
    const authentication = this.#refused === undefined || this.#refused === user ? this.#authentication : undefined;
    return {
      texts,
      assigned: this.#assigned,
      cleared: this.#assigned && texts.size === 0,
      regenerate: this.#regenerate,
      proved: authentication !== undefined,
      authentication,
      user,
      isFound,
      former,
    };

  }

  /**
   * Takes what the request asks for, in order to store it. Whatever the handler asks
   * for later is stored the next time.
   *
   * @throws {SessionValueError} if a value can't be stored
   */
  take(userOf: UserReader | undefined): Wanted {

    const wanted = this.wanted(userOf);
    this.#assigned = false;
    this.#regenerate = false;
    this.#authentication = undefined;
    return wanted;

  }

  /** Gives back what was taken but not stored. */
  giveBack({ assigned = false, regenerate, authentication, user }: Pick<Wanted, 'assigned' | 'regenerate' | 'authentication' | 'user'>): void {

    if (authentication && !this.#authentication) this.#refused = user;
    this.#assigned ||= assigned;
    this.#authentication ??= authentication;
    this.#regenerate ||= regenerate;

  }

  /**
   * Returns the user whom the values name, or undefined if the handler did not read
   * the values, which then name the same user as before.
   *
   * @throws {SessionValueError} if they name something that can't be a user
   */
  user(userOf: UserReader | undefined): string | null | undefined {
    return this.#values === undefined || userOf === undefined ? undefined : this.#made(this.#values, userOf);
  }

  #claim(texts: SessionTexts, userOf: UserReader | undefined): Claim {

    const user = this.user(userOf);
    if (user === undefined) return UNCLAIMED;
    const stored = this.#stored;
    if (stored.kind !== 'live') return { user };
    const isSame = user === stored.user && (user !== null || texts === stored.texts);
    return isSame ? { user } : claimOf(user, texts, stored, userOf);

  }

  /** Records the session that the request's cookie led to. */
  found(stored: StoredSession): void {

    this.#found = stored;
    this.#stored = stored;

  }

  /** Records a newer state of the stored session, perhaps under another id. */
  nowStored(stored: StoredSession): void {
    this.#stored = stored;
  }

  /**
   * Records the state that was read again, and keeps what the handler has changed.
   *
   * @throws {SessionValueError} if a value can't be stored; nothing is recorded then
   */
  reloaded(latest: LiveStored): void {

    // An assigned object is the whole session. It was made from the values that the
    // handler knew, so it removes only the keys that those had.
    if (this.#assigned) {
      this.#stored = { ...latest, texts: this.texts, version: undefined };
      return;
    }
    const before = this.texts;
    const now = this.#wantedTexts;
    this.#stored = latest;
    this.#show(merge(latest.texts, difference(before, now)), now);

  }

  /** Records the state that this request has stored. */
  committed(stored: StoredSession): void {

    this.#stored = stored;
    this.#newId = undefined;

  }

  /** Records a session that this request has created, so that the browser does not know its id yet. */
  created(stored: LiveStored): void {

    this.committed(stored);
    this.#isNew = true;

  }

  /** Whether this request has created the session. */
  get isNew(): boolean {
    return this.#isNew;
  }

  /** Whether this request has stored, or tried to store, more than a new id. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** Records that this request is about to store more than a new id. */
  changing(): void {
    this.#isChanged = true;
  }

  /** Whether the former id leads to the session, because this request has changed only the id. */
  get isForwarding(): boolean {
    return this.#isForwarding;
  }

  /** Records the session under its new id, and whether the former one leads to it. */
  moved(stored: LiveStored, isForwarding: boolean): void {

    this.committed(stored);
    this.#isForwarding = isForwarding;

  }

  /** The id that is reserved for a new or moved session, if any. */
  get newId(): string | undefined {
    return this.#newId;
  }

  /** Reserves an id unless one is reserved already, and returns the one that is. */
  reserve(id: string): string {

    this.#newId ??= id;
    return this.#newId;

  }

  /** Drops the reserved id, which may be in use. */
  release(): void {
    this.#newId = undefined;
  }

  /** Records that a user has signed in or out: forms served before are invalid after this response. */
  leaveForms(): void {
    this.#leavesForms = true;
  }

  get leavesForms(): boolean {
    return this.#leavesForms;
  }

  formsLeft(): void {
    this.#leavesForms = false;
  }

  /** Why the session can't be used any more; undefined if it can. */
  get failure(): SessionError | undefined {
    return this.#failure;
  }

  fail(error: SessionError): void {
    this.#failure = error;
  }

  /** The last decision that matters, if events of requests have subscribers. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  /** Records a decision. One that changes nothing does not replace one that does. */
  decided(decision: Decision): void {

    const isChange = ({ change: { name } }: Decision) => name !== 'none' && name !== 'touch';
    if (this.#decision && isChange(this.#decision) && !isChange(decision)) return;
    this.#decision = decision;

  }

  /**
   * Updates the values to those in the store. Changes the same object, to which the
   * handler may have a reference, and keeps what the handler has changed since.
   *
   * @param taken the values as they were when they were taken to be stored
   */
  refresh(taken: SessionTexts): void {

    if (this.#values === undefined || this.#assigned) return;
    const now = this.#wantedTexts;
    this.#show(merge(this.texts, difference(taken, now)), now);

  }

  /** Makes the values those of `wanted`. They are those of `now`, or not yet parsed. */
  #show(wanted: SessionTexts, now: SessionTexts): void {

    if (this.#values === undefined) return;
    if (!Object.isExtensible(this.#values)) {
      this.#values = readStored(wanted);
      return;
    }
    const change = difference(now, wanted);
    for (const key of change.unset) delete this.#values[key];
    for (const [key, value] of Object.entries(readStored(change.set))) setOwn(this.#values, key, value);

  }

  /** Runs tasks on the stored session one after the other, even if the handler starts several at once. */
  inTurn<T>(task: () => Awaitable<T>): Awaitable<T> {

    // No one can tell what the function of a lost lock has changed from other changes.
    if (this.#failure instanceof SessionLockError) throw this.#failure;
    const answer = this.#lastTurn ? this.#lastTurn.then(task) : task();
    if (!isThenable(answer)) return answer;
    const turn = answer.then(() => {}, () => {});
    this.#lastTurn = turn;
    turn.then(() => {
      if (this.#lastTurn === turn) this.#lastTurn = undefined;
    });
    return answer;

  }

  /** The values as texts. */
  get #wantedTexts(): SessionTexts {
    return this.#values === undefined ? this.texts : this.#made(this.#values, toTexts);
  }

  /** @throws {SessionStoreError} in place of a {@link SessionValueError} if the stored values alone cause that error */
  #made<T>(values: SessionValues, make: (values: SessionValues, texts: SessionTexts) => T): T {

    const { texts } = this;
    try {
      return make(values, texts);
    } catch (error) {
      throw causeOf(error, texts, make);
    }

  }

}
