import { difference } from '../values/texts-change.js';
import { andThen } from '../base/awaitable.js';
import { refuseReserved, type SessionSchema, VERSION_KEY } from './session-schema.js';
import type {
  AtomicSessionStore, Awaitable, CreateTerms, FoundSession, LiveSession, MoveTerms, SessionChange, SessionTexts,
  UpdateTerms,
} from '../base/store.js';
import { TimedStore } from '../wrapping/timed-store.js';

/**
 * The store as a request sees it whose sessions have a schema. What it loads is
 * what the schema makes of what is stored; changes of that are merged into what
 * is stored, so that a mere read changes nothing and a default of the schema is
 * never written over what another request has set.
 */
export class SchemaStore extends TimedStore {

  readonly #schema: SessionSchema;
  /** What was stored, for texts that are to replace it as a whole. */
  readonly #outdated = new WeakMap<SessionTexts, LiveSession>();

  constructor(store: () => AtomicSessionStore, limit: number, schema: SessionSchema) {
    super(store, limit);
    this.#schema = schema;
  }

  override load(id: string): Awaitable<FoundSession | null> {

    return andThen(super.load(id), found => {
      if (found?.status !== 'live') return found;
      return andThen(this.#schema.read(found.texts), ({ texts, isOutdated }) => {
        if (isOutdated) this.#outdated.set(texts, found);
        return { ...found, texts };
      });
    });

  }

  override create(id: string, texts: SessionTexts, terms: CreateTerms): Awaitable<boolean | 'revoked'> {

    refuseReserved(texts);
    return super.create(id, this.#schema.marked(texts), terms);

  }

  override update(
    id: string, change: SessionChange, terms: UpdateTerms,
  ): Awaitable<'updated' | 'gone' | 'conflict' | 'too-large'> {

    refuseReserved(change.set);
    return super.update(id, change, terms);

  }

  override move(
    id: string, newId: string, change: SessionChange, terms: MoveTerms,
  ): Awaitable<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    refuseReserved(change.set);
    return super.move(id, newId, change, terms);

  }

  override take(id: string, newId: string): Awaitable<SessionTexts | null> {

    return andThen(super.take(id, newId), texts => {
      if (!texts?.has(VERSION_KEY)) return texts;
      const others = new Map(texts);
      others.delete(VERSION_KEY);
      return others;
    });

  }

  /**
   * Stores a session of an older shape in the new one: in a step of its own that
   * fails where anybody has changed the session, so that of two requests which
   * migrate it at the same time the second sees what the first has changed since.
   */
  override upgrade(id: string, texts: SessionTexts, lifetime: number): Awaitable<boolean> {

    const stored = this.#outdated.get(texts);
    return stored ? this.#upgraded(id, texts, stored, lifetime) : false;

  }

  async #upgraded(id: string, texts: SessionTexts, outdated: LiveSession, lifetime: number): Promise<true> {

    let wanted = texts;
    for (let stored: LiveSession | undefined = outdated; stored;) {
      const change = difference(stored.texts, this.#schema.stamped(wanted));
      // Where the session is gone, the change that comes next will say so.
      if (await super.update(id, change, { lifetime, version: stored.version }) !== 'conflict') break;
      const found = await this.load(id);
      if (found?.status !== 'live') break;
      wanted = found.texts;
      stored = this.#outdated.get(wanted);
    }
    this.#outdated.delete(texts);
    return true;

  }

}

