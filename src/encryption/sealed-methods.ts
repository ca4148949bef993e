import { andThen } from '../base/awaitable.js';
import { type Countdown, countdown, restOf } from '../base/countdown.js';
import { SessionStoreError } from '../base/errors.js';
import type { AtomicSessionStore, Awaitable, FoundSession, LiveSession, LoadTerms, SessionChange, SessionTexts, UpdateTerms } from '../base/store.js';
import { newStoredId } from '../id/stored-id.js';
import { isTooLarge } from '../values/session-size.js';
import { fromTexts, toTexts } from '../values/session-values.js';
import { merge } from '../values/texts-change.js';
import type { EncryptionSettings } from './encryption-options.js';
import { checkSealed, openValues, plainDetails, plainInfo, sealedInfo } from './info-seal.js';
import { SessionKeys, storedIdOf } from './session-keys.js';
import { SessionSeals } from './session-seals.js';

type Methods = Required<AtomicSessionStore>;

/** The members that are passed on, since they get neither a session's id nor values, or that `encrypted()` has itself. */
type PassedOn = 'atomic' | 'touchIsFree' | 'keepsInfo' | 'uniqueHandles' | 'endSessionsOf' | 'endAllSessions' | 'statesOf' | 'isSessionId' | 'handleOf' | 'watch' | 'watchEnds'
  // Records are transferred as they are: sealed.
  | 'countSessions' | 'ping' | 'endByHandle' | 'recordPage' | 'takeRecord';

type Updated = Awaited<ReturnType<Methods['update']>>;
type Moved = Awaited<ReturnType<Methods['move']>>;

/** The most tries of a move or change, whose two steps another request may come between. */
const MOST_TRIES = 100;

/** Makes the methods that seal what they give to a store, and open what they get from it. */
export function sealedMethods(inner: Methods, { ring, endsUnreadable }: EncryptionSettings): Omit<Methods, PassedOn> {

  const seals = new SessionSeals(inner.keepsInfo === true);
  const keysOf = (id: string) => new SessionKeys(id, ring);
  /** The texts that the inner store has returned, by those that were opened from them. */
  const sealedTexts = new WeakMap<SessionTexts, SessionTexts>();

  const loadWith = (keys: SessionKeys, terms?: LoadTerms): Awaitable<FoundSession | null> => andThen(inner.load(keys.storedId, terms), found => {
    if (!found) return null;
    if (found.status !== 'live') return seals.openedMark(found, keys);
    try {
      const opened = seals.opened(found, keys);
      sealedTexts.set(opened.texts, found.texts);
      return opened;
    } catch (error) {
      if (!endsUnreadable) throw error;
      // Deleted without a mark, as if it had expired, so that the visitor can begin another.
      return andThen(inner.delete(keys.storedId), () => null);
    }
  });

  /**
   * Loads a session, and acts on the version that it has. Tries again if another
   * request came in between, unless the caller named a version.
   *
   * @param act returns `'conflict'` if the version has changed
   */
  const again = <Answer extends string>(
    keys: SessionKeys, version: string | number | undefined, act: (found: LiveSession) => Awaitable<Answer>, triesLeft = MOST_TRIES,
  ): Awaitable<Answer | 'gone' | 'conflict'> => andThen(loadWith(keys), found => {
    if (found?.status !== 'live') return 'gone';
    if (version !== undefined && version !== found.version) return 'conflict';
    return andThen(act(found), answer => {
      if (answer !== 'conflict' || version !== undefined) return answer;
      if (triesLeft === 1) throw new SessionStoreError('Other requests kept changing the session');
      return again(keys, version, act, triesLeft - 1);
    });
  });

  /** Changes a session after counting its opened texts, since its sealed texts would be larger than `maxBytes`. */
  const updateCounted = (
    keys: SessionKeys, change: SessionChange, sealed: SessionChange, { left, maxBytes, version, ...terms }: UpdateTerms & { left: Countdown },
  ): Awaitable<Updated> => again<Updated>(keys, version, found => {
    if (isTooLarge(found.texts, merge(found.texts, change), maxBytes)) return 'too-large';
    return inner.update(keys.storedId, sealed, { ...terms, patience: restOf(left), version: found.version });
  });

  return {

    newSessionId: newStoredId,

    get: id => andThen(loadWith(keysOf(id)), found => found?.status === 'live' ? fromTexts(found.texts) : null),

    set(id, values, expire) {

      const keys = keysOf(id);
      const texts = toTexts(values);
      return andThen(loadWith(keys), found => (
        inner.set(keys.storedId, fromTexts(seals.sealed(texts, found?.status === 'live' ? found.info : undefined, keys)), expire)
      ));

    },

    delete: id => inner.delete(storedIdOf(id)),

    load: (id, terms) => loadWith(keysOf(id), terms),

    create(id, texts, { newInfo, ...terms }) {

      const keys = keysOf(id);
      return inner.create(keys.storedId, seals.sealed(texts, newInfo?.info, keys), { ...terms, newInfo: newInfo && sealedInfo(newInfo) });

    },

    update(id, change, terms) {

      const keys = keysOf(id);
      const sealed = seals.sealedChange(change, keys);
      const left = countdown(terms);
      // Sealed texts are longer than opened ones, so only sealed texts that are too large must be counted again.
      const loaded = terms.loaded && sealedTexts.get(terms.loaded);
      return andThen(inner.update(keys.storedId, sealed, { ...terms, loaded }), answer => {
        if (answer === 'updated') seals.changed(keys);
        return answer === 'too-large' ? updateCounted(keys, change, sealed, { ...terms, left }) : answer;
      });

    },

    touch: (id, lifetime, user) => inner.touch(storedIdOf(id), lifetime, user),

    end: (id, terms) => inner.end(storedIdOf(id), terms),

    /** Seals everything again, since the new id has other keys. */
    move(id, newId, change, { newInfo, maxBytes, version, ...terms }) {

      const [from, to] = [keysOf(id), keysOf(newId)];
      const left = countdown(terms);
      return again<Moved>(from, version, found => {
        const texts = merge(found.texts, change);
        if (isTooLarge(found.texts, texts, maxBytes)) return 'too-large';
        const becomes = newInfo ?? (found.info && { info: found.info });
        const whole = {
          set: seals.sealed(texts, becomes?.info, to),
          unset: [...found.texts.keys()].filter(name => !texts.has(name)),
        };
        return inner.move(from.storedId, to.storedId, whole, {
          ...terms, patience: restOf(left), version: found.version, newInfo: becomes && sealedInfo(becomes, from),
        });
      });

    },

    take(id, newId, patience, patienceLeft) {

      const from = keysOf(id);
      return andThen(inner.take(from.storedId, storedIdOf(newId), patience, patienceLeft), texts => texts && openValues(texts, from));

    },

    sessionsOf: user => andThen(inner.sessionsOf(user), sessions => (
      sessions.map(session => ({ ...session, details: plainDetails(session.details) }))
    )),

    sessionPage: terms => andThen(inner.sessionPage(terms), ({ sessions, next }) => (
      { sessions: sessions.map(session => ({ ...session, details: plainDetails(session.details) })), next }
    )),

    putRecord(record, terms) {

      checkSealed(record.texts);
      return inner.putRecord(record, terms);

    },

    infoByHandle: handle => andThen(inner.infoByHandle(handle), info => info && plainInfo(info)),

  };

}
