import {
  type AtomicSessionStore, type CountTerms, type CreateTerms, type EndReason, type EndSessionsTerms, type EndTerms, type FoundSession, isAtomic, isIndexing,
  type MoveTerms, type PageTerms, type PutTerms, type RecordPage, type SessionChange, type SessionCount, type SessionPage, type SessionRecord,
  type SessionState, type SessionStore, type SessionTexts, type SessionValues, type StoredInfo, type StoredUserSession, type StorePing,
  type UpdateTerms,
} from '../../base/store.js';
import { hasUniqueHandles } from '../../wrapping/unique-handles.js';
import {
  COUNT, FOUND, FOUR, isBoolean, isCount, isFound, isInfo, isList, isPage, isPing, isRecord, isRecordPage, isState, isUserSession, isValues, NOT_ATOMIC, PAGE, PING,
  RECORDS, STATES, USER_SESSIONS,
} from './answer-forms.js';
import { broken, show } from './failure.js';
import { isTexts } from './is-texts.js';
import type { Journal } from './journal.js';

/** Lets a test call a store, and checks the form of each answer. */
export class CheckedStore implements AtomicSessionStore {

  readonly atomic: boolean = true;
  /** The store itself, for calls that may throw. */
  readonly store: SessionStore;

  readonly #name: string;
  readonly #journal: Journal;

  constructor(store: SessionStore, name: string, journal: Journal) {
    this.store = store;
    this.#name = name;
    this.#journal = journal;
  }

  get isAtomic(): boolean {
    return isAtomic(this.store);
  }

  get canMove(): boolean {
    return typeof (this.store as Partial<AtomicSessionStore>).move === 'function';
  }

  get canTake(): boolean {
    return typeof (this.store as Partial<AtomicSessionStore>).take === 'function';
  }

  get keepsInfo(): boolean {
    return this.isAtomic && (this.store as AtomicSessionStore).keepsInfo === true;
  }

  get uniqueHandles(): boolean {
    return this.isAtomic && hasUniqueHandles(this.store as AtomicSessionStore);
  }

  get isIndexing(): boolean {
    return isIndexing(this.store);
  }

  get hasHandles(): boolean {
    return this.isAtomic && typeof (this.store as AtomicSessionStore).handleOf === 'function';
  }

  async set(id: string, values: SessionValues, expire: number): Promise<void> {
    await this.#ask('set', [id, values, expire], () => true, 'nothing');
  }

  async get(id: string): Promise<SessionValues | null> {
    return await this.#ask<SessionValues | null | undefined>('get', [id], isValues, 'an object, null or undefined') ?? null;
  }

  async delete(id: string): Promise<void> {
    await this.#ask('delete', [id], () => true, 'nothing');
  }

  newSessionId(...moving: [string?]): Promise<string> {
    return this.#ask('newSessionId', moving, answer => typeof answer === 'string', 'a string');
  }

  isSessionId(id: string): boolean {

    // The middleware does not ask a store of four methods.
    const { isSessionId } = this.store as Partial<AtomicSessionStore>;
    return !this.isAtomic || !isSessionId || isSessionId.call(this.store, id);

  }

  load(id: string): Promise<FoundSession | null> {
    return this.#ask('load', [id], isFound, FOUND);
  }

  create(id: string, texts: SessionTexts, terms: CreateTerms): Promise<boolean | 'revoked'> {
    return this.#oneOf<boolean | 'revoked'>('create', [id, texts, terms], [true, false, 'revoked']);
  }

  update(
    id: string, change: SessionChange, terms: UpdateTerms,
  ): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {
    return this.#oneOf('update', [id, change, terms], ['updated', 'gone', 'conflict', 'too-large']);
  }

  touch(id: string, lifetime: number, ...user: [string?]): Promise<boolean> {
    return this.#ask('touch', [id, lifetime, ...user], isBoolean, 'true or false');
  }

  end(id: string, ...terms: [EndTerms?]): Promise<boolean> {
    return this.#ask('end', [id, ...terms], isBoolean, 'true or false');
  }

  move(
    id: string, newId: string, change: SessionChange, terms: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {
    return this.#oneOf('move', [id, newId, change, terms], ['moved', 'gone', 'conflict', 'too-large', 'revoked']);
  }

  take(id: string, newId: string, ...waits: [patience?: number, patienceLeft?: () => number]): Promise<SessionTexts | null> {
    return this.#ask('take', [id, newId, ...waits], answer => answer === null || isTexts(answer), 'null or a Map of strings');
  }

  /** Returns the public name of a session, which must be the same from both handles. */
  handleOf(id: string): string {

    const { handleOf } = this.store as AtomicSessionStore;
    const handle: unknown = handleOf?.call(this.store, id);
    if (typeof handle !== 'string') throw broken(`handleOf() returned ${show(handle)}\nIt must be a string`);
    return handle;

  }

  sessionsOf(user: string): Promise<readonly StoredUserSession[]> {
    return this.#ask('sessionsOf', [user], isList(isUserSession), USER_SESSIONS);
  }

  get tellsByHandle(): boolean {
    return this.isIndexing && typeof (this.store as AtomicSessionStore).infoByHandle === 'function';
  }

  infoByHandle(handle: string): Promise<StoredInfo | null> {
    return this.#ask('infoByHandle', [handle], answer => answer === null || isInfo(answer), 'null, or { user: a string or null, details: a string }');
  }

  get tellsStates(): boolean {
    return this.isIndexing && typeof (this.store as AtomicSessionStore).statesOf === 'function';
  }

  statesOf(handles: readonly string[]): Promise<ReadonlyArray<SessionState | null>> {
    return this.#ask('statesOf', [handles], isList(state => state === null || isState(state)), STATES);
  }

  endSessionsOf(user: string, ...terms: [EndSessionsTerms?]): Promise<readonly string[]> {
    return this.#ask('endSessionsOf', [user, ...terms], isList(handle => typeof handle === 'string'), 'an array of strings');
  }

  async endAllSessions(): Promise<void> {
    await this.#ask('endAllSessions', [], () => true, 'nothing');
  }

  /** Whether the store has a method that is optional. */
  can(method: keyof AtomicSessionStore): boolean {
    return this.isAtomic && typeof (this.store as AtomicSessionStore)[method] === 'function';
  }

  sessionPage(...terms: [PageTerms?]): Promise<SessionPage> {
    return this.#ask('sessionPage', terms, isPage, PAGE);
  }

  countSessions(...terms: [CountTerms?]): Promise<SessionCount> {
    return this.#ask('countSessions', terms, isCount, COUNT);
  }

  ping(): Promise<StorePing> {
    return this.#ask('ping', [], isPing, PING);
  }

  endByHandle(handle: string, ...reason: [EndReason?]): Promise<boolean> {
    return this.#ask('endByHandle', [handle, ...reason], isBoolean, 'true or false');
  }

  recordPage(...terms: [PageTerms?]): Promise<RecordPage> {
    return this.#ask('recordPage', terms, isRecordPage, RECORDS);
  }

  putRecord(record: SessionRecord, ...terms: [PutTerms?]): Promise<boolean> {
    return this.#ask('putRecord', [record, ...terms], isBoolean, 'true or false');
  }

  takeRecord(handle: string): Promise<SessionRecord | null> {
    return this.#ask('takeRecord', [handle], answer => answer === null || isRecord(answer), 'null or a record');
  }

  #oneOf<T extends string | boolean>(method: string, args: readonly unknown[], allowed: readonly T[]): Promise<T> {
    return this.#ask(method, args, answer => allowed.includes(answer as T), allowed.map(show).join(' or '));
  }

  async #ask<T>(method: string, args: readonly unknown[], isAllowed: (answer: unknown) => boolean, allowed: string): Promise<T> {

    const call = this.#journal.call(this.#name, method, args);
    const methods = this.store as unknown as Record<string, ((...args: readonly unknown[]) => unknown) | undefined>;
    if (!(method in FOUR) && !this.isAtomic) throw broken(NOT_ATOMIC);
    if (typeof methods[method] !== 'function') throw broken(`The store has no ${method}()`);
    let answer: unknown;
    try {
      answer = await methods[method](...args);
    } catch (error) {
      throw broken(`${call} threw ${error}\nOnly a broken backend throws`, error);
    }
    if (!isAllowed(answer)) throw broken(`${call} returned ${show(answer)}\nIt must be ${allowed}`);
    return answer as T;

  }

}
