import { andThen } from '../../base/awaitable.js';
import type {
  Awaitable, CountTerms, CreateTerms, EndReason, EndSessionsTerms, EndTerms, FoundSession, IndexingSessionStore, MoveTerms, PageTerms, PutTerms, RecordPage,
  SessionChange, SessionCount, SessionPage, SessionRecord, SessionState, SessionTexts, SessionValues, StoredInfo, StoredUserSession, StorePing, UpdateTerms,
} from '../../base/store.js';
import { handleOf, isHandle, isStoredId, movedId, newStoredId, storedId } from '../../id/stored-id.js';
import { fromTexts, toTexts } from '../../values/session-values.js';
import { type Answer, type Engine, type EnginePage, MOST_HANDLES, type When } from './engine.js';
import { checkedPage, fitting } from './pages.js';
import { checkRecord } from './records.js';
import { unreadable } from './unreadable.js';

/**
 * A store over an engine: it has all methods of the contract. Its ids begin with
 * a public handle, under which the engine keeps a record that holds only a hash
 * of the id.
 */
export class KeyedStore<W extends When> implements IndexingSessionStore {

  readonly atomic = true;
  readonly keepsInfo = true;
  readonly uniqueHandles = true;

  readonly #engine: Engine<W>;

  constructor(engine: Engine<W>) {
    this.#engine = engine;
  }

  get(id: string): Answer<W, SessionValues | null> {

    return this.#answer(() => andThen<FoundSession | null, SessionValues | null>(this.load(id), found => {
      try {
        return found?.status === 'live' ? fromTexts(found.texts) : null;
      } catch (cause) {
        throw unreadable(cause);
      }
    }));

  }

  /**
   * @throws {SessionValueError} for values that can't be stored
   * @throws {Error} if the session has another id by now
   */
  set(id: string, values: SessionValues, expire: number): Answer<W, void> {

    return this.#answer(() => {
      const texts = toTexts(values);
      return andThen<boolean, void>(this.#engine.put(storedId(id), texts, expire - Date.now() / 1000), isStored => {
        if (!isStored) throw new Error('The session has another id by now: this one can\'t be set');
      });
    });

  }

  delete(id: string): Answer<W, void> {

    return this.#engine.delete(storedId(id));

  }

  newSessionId(moving?: string): string {

    return newStoredId(moving);

  }

  isSessionId(id: string): boolean {

    return isStoredId(id);

  }

  handleOf(id: string): string {

    return handleOf(id);

  }

  load(id: string): Answer<W, FoundSession | null> {

    return this.#engine.load(storedId(id));

  }

  create(id: string, texts: SessionTexts, terms: CreateTerms): Answer<W, boolean | 'revoked'> {

    return this.#engine.create(storedId(id), texts, terms);

  }

  update(id: string, change: SessionChange, terms: UpdateTerms): Answer<W, 'updated' | 'gone' | 'conflict' | 'too-large'> {

    return this.#engine.update(storedId(id), change, terms);

  }

  touch(id: string, lifetime: number, user?: string): Answer<W, boolean> {

    return this.#engine.touch(storedId(id), lifetime, user);

  }

  /** @throws {TypeError} if `newId` was not made by `newSessionId(id)` */
  move(
    id: string, newId: string, change: SessionChange, terms: MoveTerms,
  ): Answer<W, 'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    return this.#answer(() => {
      const { from, to } = movedId(id, newId);
      return this.#engine.move(from, to, change, terms);
    });

  }

  end(id: string, terms: EndTerms = {}): Answer<W, boolean> {

    return this.#engine.end(storedId(id), terms);

  }

  infoByHandle(handle: string): Answer<W, StoredInfo | null> {

    return this.#answer(() => isHandle(handle) ? this.#engine.infoByHandle(handle) : null);

  }

  statesOf(handles: readonly string[]): Answer<W, Array<SessionState | null>> {

    return this.#answer(() => {
      const asked = [...new Set(handles)].filter(isHandle);
      return andThen(this.#states(asked, 0), states => handles.map(handle => states.get(handle) ?? null));
    });

  }

  /** As much at a time as an engine may be asked. */
  #states(handles: readonly string[], start: number): Awaitable<Map<string, SessionState | null>> {

    const end = start + MOST_HANDLES;
    return andThen<ReadonlyMap<string, SessionState | null>, Map<string, SessionState | null>>(this.#engine.statesOf(handles.slice(start, end)), states => {
      if (end >= handles.length) return new Map(states);
      return andThen(this.#states(handles, end), rest => new Map([...states, ...rest]));
    });

  }

  sessionsOf(user: string): Answer<W, StoredUserSession[]> {

    return this.#engine.sessionsOf(user);

  }

  endSessionsOf(user: string, { only, except, reason }: EndSessionsTerms = {}): Answer<W, string[]> {

    return this.#answer<string[]>(() => {
      if (only !== undefined && !isHandle(only)) return [];
      const spared = except !== undefined && isHandle(except) ? except : undefined;
      return this.#engine.endSessionsOf(user, { only, except: spared, reason });
    });

  }

  /** Ends them in small steps, between which requests are answered. */
  endAllSessions(): Promise<void> {

    return this.#engine.endAllSessions();

  }

  sessionPage(terms: PageTerms = {}): Answer<W, SessionPage> {

    return this.#answer(() => andThen(this.#page(terms), ({ rows, next }) => (
      { sessions: rows.flatMap(({ session }) => session ?? []), next: next(rows.length) })));

  }

  countSessions({ exact = false }: CountTerms = {}): Answer<W, SessionCount> {

    return this.#engine.operations.count(exact);

  }

  ping(): Answer<W, StorePing> {

    return this.#engine.operations.ping();

  }

  endByHandle(handle: string, reason?: EndReason): Answer<W, boolean> {

    return this.#answer(() => isHandle(handle) && this.#engine.operations.endByHandle(handle, reason));

  }

  recordPage(terms: PageTerms = {}): Answer<W, RecordPage> {

    return this.#answer(() => andThen(this.#page(terms), ({ rows, next }) => {
      const count = fitting(rows.map(({ size }) => size));
      const read = this.#engine.operations.records(rows.slice(0, count).map(({ handle }) => handle));
      return andThen<Omit<RecordPage, 'next'>, RecordPage>(read, found => ({ ...found, next: next(count) }));
    }));

  }

  putRecord(record: SessionRecord, terms: PutTerms = {}): Answer<W, boolean> {

    return this.#answer(() => {
      checkRecord(record);
      return record.remaining > 0 && this.#engine.operations.putRecord(record, terms);
    });

  }

  takeRecord(handle: string): Answer<W, SessionRecord | null> {

    return this.#answer(() => isHandle(handle) ? this.#engine.operations.takeRecord(handle) : null);

  }

  #page(terms: PageTerms): Awaitable<EnginePage> {

    const { after, limit } = checkedPage(terms);
    return this.#engine.operations.page(after, limit);

  }

  /** Answers as the engine does: one that answers later does not throw, but rejects its promise. */
  #answer<T>(method: () => Awaitable<T>): Answer<W, T> {

    const answer = this.#engine.answers === 'at once' ? method() : new Promise<T>(resolve => resolve(method()));
    return answer as Answer<W, T>;

  }

}
