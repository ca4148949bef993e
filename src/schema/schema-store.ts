import { andThen } from '../base/awaitable.js';
import type { Awaitable, FoundSession, LiveSession, LoadTerms, SessionTexts } from '../base/store.js';
import { OTHER_RECORD } from '../values/other-record.js';
import { difference } from '../values/texts-change.js';
import { overlay } from '../wrapping/overlay.js';
import type { TimedStore } from '../wrapping/timed-store.js';
import { refuseReserved, type SessionSchema, withoutVersion } from './session-schema.js';

/**
 * Makes the store of sessions that have a schema, around the one with the time
 * limit. Its `load` returns the schema's output. Changes of that output are merged
 * into the stored texts, so that a read alone changes nothing, and a default of the
 * schema never overwrites a value that another request has set.
 */
export function schemaStore(timed: TimedStore, schema: SessionSchema): TimedStore {

  /** The stored sessions, by the texts that must replace theirs as a whole. */
  const outdated = new WeakMap<SessionTexts, LiveSession>();

  /** The texts that the store has returned, by what the schema made of them. */
  const storedTexts = new WeakMap<SessionTexts, SessionTexts>();

  const load = (id: string, terms?: LoadTerms): Awaitable<FoundSession | null> => andThen(timed.load(id, terms), found => {
    // What is not a session has no shape. Whoever looks for a session does not take it for one.
    if (found?.status !== 'live' || found.texts.has(OTHER_RECORD)) return found;
    return andThen(schema.read(found.texts), ({ texts, isOutdated }) => {
      if (isOutdated) outdated.set(texts, found);
      storedTexts.set(texts, found.texts);
      return { ...found, texts };
    });
  });

  /**
   * Stores a session of an older shape in the new one, in a separate step. If the
   * session has changed in the meantime, loads and migrates it again: of two requests
   * that migrate it at the same time, the second sees the changes of the first.
   */
  const upgraded = async (id: string, texts: SessionTexts, before: LiveSession, lifetime: number): Promise<true> => {
    let wanted = texts;
    for (let stored: LiveSession | undefined = before; stored;) {
      const change = difference(stored.texts, schema.stamped(wanted));
      // If the session is gone, the change that follows will report it.
      if (await timed.update(id, change, { lifetime, version: stored.version }) !== 'conflict') break;
      const found = await load(id);
      if (found?.status !== 'live') break;
      wanted = found.texts;
      stored = outdated.get(wanted);
    }
    outdated.delete(texts);
    return true;
  };

  return overlay(timed, {

    load,

    create(id, texts, terms) {
      refuseReserved(texts);
      return timed.create(id, schema.marked(texts), terms);
    },

    update(id, change, terms) {
      refuseReserved(change.set);
      const loaded = terms.loaded && storedTexts.get(terms.loaded);
      return timed.update(id, change, { ...terms, loaded });
    },

    move(id, newId, change, terms) {
      refuseReserved(change.set);
      return timed.move(id, newId, change, terms);
    },

    take: (id, newId) => andThen(timed.take(id, newId), texts => texts && withoutVersion(texts)),

  }, {

    upgrade(id: string, texts: SessionTexts, lifetime: number): Awaitable<boolean> {
      const before = outdated.get(texts);
      return before ? upgraded(id, texts, before, lifetime) : false;
    },

  });

}
