import { isThenable } from '../base/awaitable.js';
import type { SessionError } from '../base/errors.js';
import { kindOf } from '../base/option-checks.js';
import type { Awaitable, SessionTexts, SessionValues } from '../base/store.js';
import type { Authentication } from '../info/session-details.js';
import { fromTexts, isPlainObject, NO_TEXTS, toTexts } from '../values/session-values.js';
import { setOwn } from '../values/set-own.js';
import { causeOf, readStored, unreadable } from '../values/stored-values.js';
import { difference, merge } from '../values/texts-change.js';
import type { Decision } from './named-change.js';
import { type LiveStored, NOTHING, type StoredSession } from './stored-session.js';
import { type Claim, claimOf, type UserReader, type Wanted } from './wanted.js';

/**
 * The session of one request: what the store has of it, as far as the request
 * knows, and what the handler has made of that. Nothing is parsed until the
 * handler looks.
 */
export class Session {

  #stored: StoredSession = NOTHING;
  #found: StoredSession = NOTHING;
  #values: SessionValues | undefined;
  #assigned = false;
  #regenerate = false;
  #authentication: Authentication | undefined;
  #newId: string | undefined;
  #isNew = false;
  #isChanged = false;
  #isForwarding = false;
  #leavesForms = false;
  #failure: SessionError | undefined;
  #decision: Decision | undefined;
  #lastTurn: PromiseLike<void> | undefined;

  /** What is in the store, as far as this request knows. */
  get stored(): StoredSession {
    return this.#stored;
  }

  /** What the request's cookie has led to. */
  get foundByCookie(): StoredSession {
    return this.#found;
  }

  /** The values in the store, as texts; none where no session lives. */
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

  /** @throws {TypeError} if it is neither a plain object nor null or undefined */
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
  }

  /** Whether the session is to get a new id, since the handler asked for one or the user has proved who they are. */
  get getsNewId(): boolean {
    return this.#regenerate || this.#authentication !== undefined;
  }

  /** Whether the handler asked for a new id. */
  get asksForNewId(): boolean {
    return this.#regenerate;
  }

  /**
   * What the request asks for at this moment.
   *
   * @throws {SessionValueError} if the session holds what can't be stored
   */
  wanted(userOf: UserReader | undefined): Wanted {

    const texts = this.#wantedTexts;
    return {
      texts,
      assigned: this.#assigned,
      cleared: this.#assigned && texts.size === 0,
      regenerate: this.#regenerate,
      proved: this.#authentication !== undefined,
      authentication: this.#authentication,
      ...this.#claim(texts, userOf),
    };

  }

  /**
   * Takes what the request asks for, in order to store it. What the handler asks
   * for from here on is stored the next time.
   *
   * @throws {SessionValueError} if the session holds what can't be stored
   */
  take(userOf: UserReader | undefined): Wanted {

    const wanted = this.wanted(userOf);
    this.#assigned = false;
    this.#regenerate = false;
    this.#authentication = undefined;
    return wanted;

  }

  /** Gives back what was taken and not stored. */
  giveBack({ assigned = false, regenerate, authentication }: Pick<Wanted, 'assigned' | 'regenerate' | 'authentication'>): void {

    this.#assigned ||= assigned;
    this.#authentication ??= authentication;
    this.#regenerate ||= regenerate;

  }

  /**
   * The user whom the values name; undefined where the values were not looked at,
   * since they name the same user as before.
   *
   * @throws {SessionValueError} if that can't be a user
   */
  user(userOf: UserReader | undefined): string | null | undefined {
    return this.#values === undefined || userOf === undefined ? undefined : this.#made(this.#values, userOf);
  }

  #claim(texts: SessionTexts, userOf: UserReader | undefined): Claim {

    const user = this.user(userOf);
    // Most requests leave the session its user.
    return user === undefined || this.#stored.kind !== 'live' || user === this.#stored.user ? { user } : claimOf(user, texts, this.#stored, userOf);

  }

  /** Records what the request's cookie has led to. */
  found(stored: StoredSession): void {

    this.#found = stored;
    this.#stored = stored;

  }

  /** Records a newer state of the session, or where it went. */
  refound(stored: StoredSession): void {
    this.#stored = stored;
  }

  /** Records what this request has stored. */
  committed(stored: StoredSession): void {

    this.#stored = stored;
    this.#newId = undefined;

  }

  /** The same for a session that this request has created: the browser does not know it yet. */
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

  changing(): void {
    this.#isChanged = true;
  }

  /** Whether the former id leads to the session, since this request has changed nothing but the id. */
  get isForwarding(): boolean {
    return this.#isForwarding;
  }

  /** Records the session under its new id, and whether the former one leads to it. */
  moved(stored: LiveStored, isForwarding: boolean): void {

    this.committed(stored);
    this.#isForwarding = isForwarding;

  }

  /** The id that a session to be created or moved will have, if one was reserved. */
  get newId(): string | undefined {
    return this.#newId;
  }

  /** @returns the reserved id, which is the same for all callers */
  reserve(id: string): string {

    this.#newId ??= id;
    return this.#newId;

  }

  /** Drops the reserved id: it may be in use. */
  release(): void {
    this.#newId = undefined;
  }

  /** Records that a user came or went: forms that were served before are worth nothing after this response. */
  leaveForms(): void {
    this.#leavesForms = true;
  }

  get leavesForms(): boolean {
    return this.#leavesForms;
  }

  formsLeft(): void {
    this.#leavesForms = false;
  }

  /** Why the session can't be used any more, if it can't. */
  get failure(): SessionError | undefined {
    return this.#failure;
  }

  fail(error: SessionError): void {
    this.#failure = error;
  }

  /** What was decided, if events of requests have subscribers. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  /** Records what was decided, unless the request has done something that tells more. */
  decided(decision: Decision): void {

    const isTelling = ({ change: { name } }: Decision) => name !== 'none' && name !== 'touch';
    if (this.#decision && isTelling(this.#decision) && !isTelling(decision)) return;
    this.#decision = decision;

  }

  /**
   * Makes the values equal to what is stored, in the object that the handler
   * may have a reference to. What the handler has changed since is left alone.
   *
   * @param taken the values as they were when they were taken to be stored
   */
  refresh(taken: SessionTexts): void {

    if (this.#values === undefined || this.#assigned) return;
    const now = this.#wantedTexts;
    const wanted = merge(this.texts, difference(taken, now));
    if (!Object.isExtensible(this.#values)) {
      this.#values = readStored(wanted);
      return;
    }
    const change = difference(now, wanted);
    for (const key of change.unset) delete this.#values[key];
    for (const [key, value] of Object.entries(readStored(change.set))) setOwn(this.#values, key, value);

  }

  /** Runs one task on the stored session after the other, however many the handler starts at once. */
  inTurn<T>(task: () => Awaitable<T>): Awaitable<T> {

    const answer = this.#lastTurn ? this.#lastTurn.then(task) : task();
    if (!isThenable(answer)) return answer;
    const turn = answer.then(() => {}, () => {});
    this.#lastTurn = turn;
    turn.then(() => {
      if (this.#lastTurn === turn) this.#lastTurn = undefined;
    });
    return answer;

  }

  /**
   * Stores in turn what the request asks for. What could not be stored is asked
   * for the next time again.
   *
   * @throws {SessionValueError} if the session holds what can't be stored
   */
  store<T>(userOf: UserReader | undefined, act: (wanted: Wanted, stored: StoredSession) => Awaitable<T>): Awaitable<T> {

    return this.inTurn(() => {
      const wanted = this.take(userOf);
      const giveBack = (error: unknown): never => {
        this.giveBack(wanted);
        throw error;
      };
      try {
        const answer = act(wanted, this.#stored);
        return isThenable(answer) ? answer.then(undefined, giveBack) : answer;
      } catch (error) {
        return giveBack(error);
      }
    });

  }

  /** The values as texts. */
  get #wantedTexts(): SessionTexts {

    const { texts } = this;
    return this.#values === undefined ? texts : this.#made(this.#values, values => toTexts(values, texts));

  }

  /** @throws {SessionStoreError} instead of a {@link SessionValueError} where what is stored leads to that by itself */
  #made<T>(values: SessionValues, make: (values: SessionValues) => T): T {

    try {
      return make(values);
    } catch (error) {
      throw causeOf(error, this.texts, make);
    }

  }

}
