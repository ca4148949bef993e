import { isThenable } from '../base/awaitable.js';
import type { SessionError } from '../base/errors.js';
import { type Loaded, NOTHING, textsOf } from '../steps/load-session.js';
import type { Authentication } from '../info/session-details.js';
import type { Decision } from '../events/session-events.js';
import { fromTexts, isPlainObject, kindOf, toTexts } from '../values/session-values.js';
import { setOwn } from '../values/set-own.js';
import { difference, isEmpty, merge, type WantedState } from './session-change.js';
import { ofStored, readStored } from '../values/stored-values.js';
import type { Awaitable, SessionTexts, SessionValues } from '../base/store.js';

/** Tells whose a session is from its values. */
export type UserReader = (values: SessionValues) => string | null;

/** What a request wants to be stored. */
export interface Wanted extends WantedState {
  readonly authentication?: Authentication | undefined;
}

/**
 * What one request holds of its session: what was loaded, and what the handler
 * has made of it since. Nothing is parsed until the handler looks.
 */
export class Session {

  /** What is in the store, as far as this request knows. */
  stored: Loaded = NOTHING;

  /** What the request's cookie has led to. */
  loaded: Loaded = NOTHING;

  /** Whether the handler asked for a new id. */
  regenerate = false;

  /** What the handler said of a user who has proved who they are, if it did. */
  authentication: Authentication | undefined;

  /** Whether the request is one of its visitor's: one that only asks how long the session lives is not. */
  isUsed = true;

  /** What was decided, where someone wants to know. */
  decision: Decision | undefined;

  /** When the request began, in milliseconds of a clock that never goes back; only where a user may sign in. */
  began: number | undefined;

  /** The secret of the form that the request was sent from; only where a user may sign in. */
  formSecret: (() => string | undefined) | undefined;

  /** The id that a session to be created or moved will have, if it was asked for early. */
  newId: string | undefined;

  /** Whether this request has created the session: the browser does not know it yet. */
  created = false;

  /** Whether this request has stored, or tried to store, more than a new id. */
  changed = false;

  /** Whether the former id leads to the session, since this request changed nothing but the id. */
  forwards = false;

  /** Whether a user came or went: a form of before is worth nothing after this response. */
  leavesForms = false;

  /** Why the session can't be used any more, if it can't. */
  failure: SessionError | undefined;

  #values: SessionValues | undefined;
  #assigned = false;
  #lastTurn: PromiseLike<void> | undefined;

  get id(): string | null {

    return this.stored.kind === 'live' ? this.stored.id : null;

  }

  /** The values, in an object that this request owns. */
  get values(): SessionValues {

    this.#values ??= readStored(textsOf(this.stored));
    return this.#values;

  }

  /** @throws {TypeError} if it is neither a plain object nor null or undefined */
  set values(values: SessionValues | null | undefined) {

    if (values !== null && values !== undefined && !isPlainObject(values)) {
      throw new TypeError(`ctx.session can't be a ${kindOf(values)}: it must be a plain object or null`);
    }
    this.#values = values ?? {};
    this.#assigned = true;

  }

  /**
   * What the request wants to be stored, as it stands.
   *
   * @throws {SessionValueError} if it holds what can't be stored
   */
  wanted(userOf: UserReader | undefined): Wanted {

    const texts = this.wantedTexts;
    return {
      texts,
      assigned: this.#assigned,
      cleared: this.#assigned && texts.size === 0,
      regenerate: this.regenerate,
      proved: this.authentication !== undefined,
      authentication: this.authentication,
      ...claimOf(this.user(userOf), texts, this.stored, userOf),
    };

  }

  /**
   * Takes what the request wants to be stored. What is asked for from here on
   * is a wish of its own, whatever becomes of this one.
   *
   * @throws {SessionValueError} if it holds what can't be stored
   */
  take(userOf: UserReader | undefined): Wanted {

    const wanted = this.wanted(userOf);
    this.#assigned = false;
    this.regenerate = false;
    this.authentication = undefined;
    return wanted;

  }

  /** Gives back what was taken and not stored: it is wanted still. */
  giveBack({ assigned = false, regenerate, authentication }: Wanted): void {

    this.#assigned ||= assigned;
    this.authentication ??= authentication;
    this.regenerate ||= regenerate;

  }

  /**
   * Whose the values say that the session is; nothing where no one has looked at
   * them, since they say what they said before.
   *
   * @throws {SessionValueError} if that can be no one's name
   */
  user(userOf: UserReader | undefined): string | null | undefined {

    return this.#values === undefined || userOf === undefined ? undefined : ofStored(textsOf(this.stored), this.#values, userOf);

  }

  /** Takes note of what was decided, unless the request has done something that tells more. */
  note(decision: Decision): void {

    const isTelling = ({ change: { name } }: Decision) => name !== 'none' && name !== 'touch';
    if (this.decision && isTelling(this.decision) && !isTelling(decision)) return;
    this.decision = decision;

  }

  /** Takes note of what is in the store now. */
  committed(stored: Loaded): void {

    this.stored = stored;
    this.newId = undefined;

  }

  /**
   * Makes the values equal to what is stored, in the object that the handler
   * may have a reference to. What the handler has changed since is left alone.
   *
   * @param taken the values as they were when they were taken to be stored
   */
  refresh(taken: SessionTexts): void {

    if (this.#values === undefined || this.#assigned) return;
    const now = this.wantedTexts;
    const wanted = merge(textsOf(this.stored), difference(taken, now));
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

  /** The values as texts. */
  private get wantedTexts(): SessionTexts {

    const stored = textsOf(this.stored);
    return this.#values === undefined ? stored : ofStored(stored, this.#values, values => toTexts(values, stored));

  }

}

/**
 * Whose the values claim the session to be, and whether this request has made
 * them. Where stored values name no one any more, since the schema or the
 * application has changed, the session stays whose it is while it is only read.
 */
export function claimOf(
  user: string | null | undefined, texts: SessionTexts, stored: Loaded, userOf: UserReader | undefined,
): Pick<WantedState, 'user' | 'isFound'> {

  if (!userOf || user === undefined || stored.kind !== 'live' || user === stored.user) return { user };
  if (user !== namedBy(stored.texts, userOf)) return { user };
  if (stored.user === null) return { user, isFound: true };
  return { user: user === null && isEmpty(difference(stored.texts, texts)) ? undefined : user };

}

/** Whose a stored session is, also where only its values say so; null if it has no user or the user is unknown. */
export function knownUser(stored: Loaded, userOf: UserReader | undefined): string | null {

  if (stored.kind !== 'live') return null;
  return stored.user ?? (userOf && namedBy(stored.texts, userOf)) ?? null;

}

/** Whose texts say that the session is; nothing where they name what is no user. */
function namedBy(texts: SessionTexts, userOf: UserReader): string | null | undefined {

  try {
    return userOf(fromTexts(texts));
  } catch {
    return undefined;
  }

}
