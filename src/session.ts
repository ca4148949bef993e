import type { SessionError } from './errors.js';
import { type Loaded, NOTHING } from './load-session.js';
import { fromText, fromTexts, isPlainObject, kindOf, NO_TEXTS, setOwn, toTexts } from './session-values.js';
import type { WantedState } from './session-change.js';
import type { SessionTexts, SessionValues } from './store.js';

/**
 * What one request holds of its session: what was loaded, and what the handler
 * has made of it since. Nothing is parsed until the handler looks.
 */
export class Session {

  /** What is in the store, as far as this request knows. */
  stored: Loaded = NOTHING;

  /** Whether the handler asked for a new id. */
  regenerate = false;

  /** The id that a session to be created or moved will have, if it was asked for early. */
  newId: string | undefined;

  /** Why the session can't be used any more, if it can't. */
  failure: SessionError | undefined;

  #values: SessionValues | undefined;
  #assigned = false;

  get id(): string | null {

    return this.stored.kind === 'live' ? this.stored.id : null;

  }

  /** The values, in an object that this request owns. */
  get values(): SessionValues {

    this.#values ??= fromTexts(this.#texts);
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
   * What the request wants to be stored.
   *
   * @throws {SessionValueError} if it holds what can't be stored
   */
  wanted(): WantedState {

    const texts = this.#values === undefined ? this.#texts : toTexts(this.#values, this.#texts);
    return { texts, cleared: this.#assigned && texts.size === 0, regenerate: this.regenerate };

  }

  /** Takes note that the store has now what `stored` says, and that no change is left. */
  committed(stored: Loaded): void {

    this.stored = stored;
    this.#assigned = false;
    this.regenerate = false;
    this.newId = undefined;

  }

  /**
   * Makes the values equal to what is stored, in the object that the handler
   * may have a reference to.
   */
  refresh(): void {

    const values = this.#values;
    if (values === undefined) return;
    if (!Object.isExtensible(values)) {
      this.#values = fromTexts(this.#texts);
      return;
    }
    const stored = this.#texts;
    const held = toTexts(values);
    for (const key of Object.keys(values)) {
      if (!stored.has(key)) delete values[key];
    }
    for (const [key, text] of stored) {
      if (held.get(key) !== text) setOwn(values, key, fromText(text));
    }

  }

  get #texts(): SessionTexts {

    return this.stored.kind === 'live' ? this.stored.texts : NO_TEXTS;

  }

}
