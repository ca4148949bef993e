import { settled } from '../base/awaitable.js';
import { type AtomicSessionStore, type Awaitable, isIndexing } from '../base/store.js';
import { type CacheSettings, SessionCopies } from './session-copies.js';

type Methods = Required<AtomicSessionStore>;

/** Makes the methods that read copies, and those that drop them after a change. */
export function cachedMethods(inner: Methods, settings: CacheSettings): Partial<Omit<Methods, 'atomic'>> {

  // The end of an id that was moved ends the session under its new one. Only stores that move and index have one handle for both.
  const keepsHandles = isIndexing(inner) && typeof inner.move === 'function';
  const copies = new SessionCopies(inner, settings);

  const forget = (...ids: string[]) => () => {
    for (const id of ids) copies.forget(copies.handleOf(id));
  };

  const clear = () => copies.clear();

  return {

    load: (id, terms) => (terms?.mayBeCached ? copies.find(id) : undefined) ?? copies.load(id),

    set: (id, values, expire) => afterwards(() => inner.set(id, values, expire), forget(id)),

    delete: id => afterwards(() => inner.delete(id), forget(id)),

    create: (id, texts, terms) => afterwards(() => inner.create(id, texts, terms), forget(id)),

    update: (id, change, terms) => afterwards(() => inner.update(id, change, terms), forget(id)),

    touch: (id, lifetime, user) => afterwards(() => inner.touch(id, lifetime, user), forget(id)),

    end: (id, terms) => afterwards(() => inner.end(id, terms), keepsHandles ? forget(id) : clear),

    move: (id, newId, change, terms) => afterwards(() => inner.move(id, newId, change, terms), forget(id, newId)),

    take: (id, newId, ...waits) => afterwards(() => inner.take(id, newId, ...waits), forget(id, newId)),

    endSessionsOf: (user, which) => afterwards(() => inner.endSessionsOf(user, which), handles => {
      // After a failure, no one knows which have ended.
      if (handles === undefined) clear();
      else for (const handle of handles) copies.forget(handle);
    }),

    endByHandle: (handle, reason) => afterwards(() => inner.endByHandle(handle, reason), () => copies.forget(handle)),

    putRecord: (record, terms) => afterwards(() => inner.putRecord(record, terms), () => copies.forget(record.handle)),

    takeRecord: handle => afterwards(() => inner.takeRecord(handle), () => copies.forget(handle)),

    endAllSessions: () => afterwards(() => inner.endAllSessions(), clear),

  };

}

/**
 * Does something as soon as a call has been answered or has failed, since a call
 * that failed may have been carried out.
 *
 * @param done is given the answer, or undefined after a failure
 */
function afterwards<T>(call: () => Awaitable<T>, done: (answer?: T) => void): Awaitable<T> {

  return settled(call, done, () => done());

}
