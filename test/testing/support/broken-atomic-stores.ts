import { createHash } from 'node:crypto';
import {
  type CreateTerms, type FoundSession, type LiveSession, MemoryStore, type MoveTerms, type SessionChange,
  type SessionTexts, type SessionValues, type UpdateTerms,
} from '../../../src/index.js';
import { sizeOf } from '../../../src/values/session-size.js';
import { fromTexts } from '../../../src/values/session-values.js';
import { merge } from '../../../src/values/texts-change.js';

/** A memory store to break. It stores everything through the four methods. */
class Breakable extends MemoryStore {

  readonly now: () => number;

  constructor(now: () => number) {
    super({ now });
    this.now = now;
    this.close();
  }

  /** Still atomic, although the four methods are replaced: that is how they are broken. */
  override get atomic(): boolean {
    return true;
  }

  protected live(id: string): LiveSession | null {

    const found = super.load(id) as FoundSession | null;
    return found?.status === 'live' ? found : null;

  }

  /** Stores texts under an id, over a session, a mark or nothing. */
  protected put(id: string, texts: SessionTexts, lifetime: number): void {
    void super.set(id, fromTexts(texts), Math.floor(this.now()) + lifetime);
  }

  /** Removes the mark under an id. */
  protected forget(id: string): void {
    void super.set(id, {}, 0);
    void super.delete(id);
  }

}

type Update = [id: string, change: SessionChange, terms: UpdateTerms];

class LosesAKey extends Breakable {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    return super.create(id, new Map([...texts].filter(([key]) => key !== '__proto__')), { lifetime });
  }

}

class LosesMinusZero extends Breakable {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    const parsed = new Map([...texts].map(([key, text]) => [key, JSON.stringify(JSON.parse(text))]));
    return super.create(id, parsed, { lifetime });
  }

}

class LosesLoneSurrogates extends Breakable {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    return super.create(id, new Map([...texts].map(([key, text]) => [key.toWellFormed(), text])), { lifetime });
  }

}

class StopsAtNul extends Breakable {

  override update(...[id, { set, unset }, { lifetime, version }]: Update) {
    const cut = new Map([...set].map(([key, text]) => [key.split('\0')[0], text]));
    return super.update(id, { set: cut, unset }, { lifetime, version });
  }

}

class CutsLongTexts extends Breakable {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    return super.create(id, new Map([...texts].map(([key, text]) => [key, text.length > 65535 ? 'null' : text])), { lifetime });
  }

}

class SortsKeys extends Breakable {

  override load(id: string) {
    const found = super.load(id);
    if (found?.status !== 'live') return found;
    const sorted = (value: unknown): unknown => typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort().map(([key, member]) => [key, sorted(member)]));
    return { ...found, texts: new Map([...found.texts].map(([key, text]) => [key, JSON.stringify(sorted(JSON.parse(text)))])) };
  }

}

class MergesDeeper extends Breakable {

  override update(...[id, { set, unset }, { lifetime, version }]: Update) {
    const before = this.live(id)?.texts;
    const merged = new Map([...set].map(([key, text]) => {
      const [old, value] = [JSON.parse(before?.get(key) ?? 'null'), JSON.parse(text)];
      const areObjects = [old, value].every(each => typeof each === 'object' && each !== null && !Array.isArray(each));
      return [key, areObjects ? JSON.stringify({ ...old, ...value }) : text];
    }));
    return super.update(id, { set: merged, unset }, { lifetime, version });
  }

}

class NullRemoves extends Breakable {

  override update(...[id, { set, unset }, { lifetime, version }]: Update) {
    const nulls = [...set].filter(([, text]) => text === 'null').map(([key]) => key);
    const rest = new Map([...set].filter(([, text]) => text !== 'null'));
    return super.update(id, { set: rest, unset: [...unset, ...nulls] }, { lifetime, version });
  }

}

class UnsetsByPath extends Breakable {

  override update(...[id, { set, unset }, { lifetime, version }]: Update) {
    return super.update(id, { set, unset: unset.map(key => key.split('.')[0]) }, { lifetime, version });
  }

}

class StoresWhatWasLoaded extends Breakable {

  override update(id: string, change: SessionChange, terms: UpdateTerms) {
    const { loaded, lifetime } = terms;
    if (!loaded) return super.update(id, change, terms);
    if (this.live(id)) this.put(id, merge(loaded, change), lifetime);
    return this.live(id) ? 'updated' as const : 'gone' as const;
  }

}

class UpdateShortens extends Breakable {

  override update(...[id, change, { lifetime, version }]: Update) {
    const answer = super.update(id, change, { lifetime, version });
    if (answer === 'updated') this.put(id, this.live(id)?.texts as SessionTexts, lifetime);
    return answer;
  }

}

class UpdateForgetsLifetime extends Breakable {

  override update(...[id, change, { version }]: Update) {
    return super.update(id, change, { lifetime: 0, version });
  }

}

class UpdateEndsTheEmpty extends Breakable {

  override update(...[id, change, terms]: Update) {
    const answer = super.update(id, change, terms);
    if (this.live(id)?.texts.size === 0) super.end(id);
    return answer;
  }

}

class GrowsWithoutLimit extends Breakable {

  override update(...[id, change, { lifetime, version }]: Update) {
    return super.update(id, change, { lifetime, version });
  }

}

class GrowsByMoves extends Breakable {

  override move(id: string, newId: string, change: SessionChange, { lifetime, version }: MoveTerms) {
    return super.move(id, newId, change, { lifetime, version });
  }

}

class MayNotShrink extends Breakable {

  override update(...[id, change, terms]: Update) {
    const before = this.live(id)?.texts ?? new Map();
    const isTooMuch = sizeOf(merge(before, change)) > (terms.maxBytes ?? Infinity);
    return isTooMuch ? 'too-large' : super.update(id, change, terms);
  }

}

class CountsCharacters extends Breakable {

  override update(...[id, change, { maxBytes = Infinity, ...terms }]: Update) {
    const units = [...merge(this.live(id)?.texts ?? new Map(), change)].flat().join('').length;
    return units > maxBytes ? 'too-large' : super.update(id, change, terms);
  }

}

class AlwaysSaysEnded extends Breakable {

  override end(id: string) {
    return super.end(id);
  }

}

class RefusesButCreatesWhenTooLate extends Breakable {

  override create(id: string, texts: SessionTexts, terms: CreateTerms) {
    const isCreated = super.create(id, texts, terms);
    if (terms.patience !== undefined && terms.patience <= 0) throw new Error('too late');
    return isCreated;
  }

}

class TouchShortens extends Breakable {

  override touch(id: string, lifetime: number) {
    const texts = this.live(id)?.texts;
    if (texts) this.put(id, texts, lifetime);
    return texts !== undefined;
  }

}

class TouchIsLazy extends Breakable {

  override touch(id: string) {
    return this.live(id) !== null;
  }

}

class RevivesByTouch extends Breakable {

  readonly #known = new Map<string, SessionTexts>();

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    this.#known.set(id, texts);
    return super.create(id, texts, { lifetime });
  }

  override touch(id: string, lifetime: number) {
    const known = this.#known.get(id);
    if (known && !this.live(id)) this.put(id, known, lifetime);
    return super.touch(id, lifetime);
  }

}

class ReturnsTheExpired extends Breakable {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    return super.create(id, texts, { lifetime: lifetime + 10 });
  }

}

class SaysExpiredOfTheLiving extends Breakable {

  override load(id: string): FoundSession | null {
    const found = super.load(id);
    return found?.status === 'live' ? { status: 'expired' } : found;
  }

}

class SaysExpiredByHandle extends Breakable {

  readonly #ids = new Map<string, string>();

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    this.#ids.set(this.handleOf(id), id);
    return super.create(id, texts, { lifetime });
  }

  override load(id: string): FoundSession | null {
    const own = this.#ids.get(this.handleOf(id));
    const isOver = own !== undefined && super.load(own)?.status === 'expired';
    return super.load(id) ?? (isOver ? { status: 'expired' } : null);
  }

}

class SaysExpiredOfTheEnded extends Breakable {

  readonly #ended = new Set<string>();

  override end(id: string) {
    this.#ended.add(id);
    return super.end(id);
  }

  override load(id: string): FoundSession | null {
    return super.load(id) ?? (this.#ended.has(id) ? { status: 'expired' } : null);
  }

}

class SaysMoreOfTheExpired extends Breakable {

  override load(id: string) {
    const found = super.load(id);
    return found?.status === 'expired' ? { ...found, info: id as never } : found;
  }

}

class EndsTheExpired extends Breakable {

  override end(id: string) {
    const isOver = super.load(id)?.status === 'expired';
    return super.end(id) || isOver;
  }

}

class ExpiredBlocksCreate extends Breakable {

  readonly #created = new Set<string>();

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    if (this.#created.has(id)) return false;
    this.#created.add(id);
    return super.create(id, texts, { lifetime });
  }

}

class CreateOverwrites extends Breakable {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    this.put(id, texts, lifetime);
    return true;
  }

}

class CreateIgnoresMarks extends Breakable {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    if (!this.live(id)) this.forget(id);
    return super.create(id, texts, { lifetime });
  }

}

class HasOneRecordForEachId extends Breakable {
  readonly uniqueHandles = true;
}

class EndLeavesNoMark extends Breakable {

  override end(id: string) {
    const ended = super.end(id);
    if (ended) this.forget(id);
    return ended;
  }

}

class EndDoesNotFollow extends Breakable {

  override end(id: string) {
    return this.live(id) !== null && super.end(id);
  }

}

class EndFollowsOnce extends Breakable {

  readonly #next = new Map<string, string>();

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    this.#next.set(id, newId);
    return super.move(id, newId, change, { lifetime });
  }

  override end(id: string) {
    const target = this.#next.get(id) ?? id;
    return this.live(target) !== null && super.end(target);
  }

}

class EndIsAlwaysTrue extends Breakable {

  override end(id: string) {
    super.end(id);
    return true;
  }

}

class MarkSaysMovedForEver extends Breakable {

  readonly #moved = new Set<string>();

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    const answer = super.move(id, newId, change, { lifetime });
    if (answer === 'moved') this.#moved.add(id);
    return answer;
  }

  override load(id: string) {
    const found = super.load(id);
    return found?.status === 'retired' && this.#moved.has(id) ? { ...found, moved: true } : found;
  }

}

class MarksLastForSeconds extends Breakable {

  readonly #ended = new Map<string, number>();

  override end(id: string) {
    this.#ended.set(id, this.now());
    return super.end(id);
  }

  override load(id: string) {
    const found = super.load(id);
    return found?.status === 'retired' && this.now() - (this.#ended.get(id) ?? Infinity) > 10 ? null : found;
  }

}

class VersionStays extends Breakable {

  override load(id: string) {
    const found = super.load(id);
    return found?.status === 'live' ? { ...found, version: 1 } : found;
  }

}

class TouchChangesVersion extends Breakable {

  #touches = 0;

  override touch(id: string, lifetime: number) {
    this.#touches++;
    return super.touch(id, lifetime);
  }

  override load(id: string) {
    const found = super.load(id);
    return found?.status === 'live' ? { ...found, version: `${this.#touches} ${found.version}` } : found;
  }

  override update(...[id, change, { lifetime, version }]: Update) {
    if (version === undefined) return super.update(id, change, { lifetime });
    const [touches, ...own] = String(version).split(' ');
    return super.update(id, change, { lifetime, version: Number(touches) === this.#touches ? own.join(' ') : 'passed' });
  }

}

class IgnoresVersion extends Breakable {

  override update(...[id, change, { lifetime }]: Update) {
    return super.update(id, change, { lifetime });
  }

}

class SharesTexts extends Breakable {

  readonly #shared = new Map<string | number, LiveSession>();

  override load(id: string) {
    const found = super.load(id);
    if (found?.status !== 'live') return found;
    const shared = this.#shared.get(found.version) ?? found;
    this.#shared.set(found.version, shared);
    return { ...found, texts: shared.texts };
  }

}

class KeepsTheCallersTexts extends Breakable {

  readonly #given = new Map<string, SessionTexts>();

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    const isCreated = super.create(id, texts, { lifetime });
    if (isCreated) this.#given.set(id, texts);
    return isCreated;
  }

  override update(...args: Update) {
    this.#given.delete(args[0]);
    return super.update(...args);
  }

  override load(id: string) {
    const found = super.load(id);
    return found?.status === 'live' ? { ...found, texts: new Map(this.#given.get(id) ?? found.texts) } : found;
  }

}

class MoveOverwrites extends Breakable {

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    if (id !== newId) this.forget(newId);
    return super.move(id, newId, change, { lifetime });
  }

}

class MoveKeepsLifetime extends Breakable {

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    return super.move(id, newId, change, { lifetime: this.live(id)?.remaining ?? lifetime });
  }

}

class MoveLosesItsChange extends Breakable {

  override move(id: string, newId: string, _change: SessionChange, { lifetime }: MoveTerms) {
    return super.move(id, newId, { set: new Map(), unset: [] }, { lifetime });
  }

}

class MoveKeepsTheOldId extends Breakable {

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    const texts = this.live(id)?.texts;
    const answer = super.move(id, newId, change, { lifetime });
    if (texts && answer === 'moved') this.put(id, texts, lifetime);
    return answer;
  }

}

class LiesWhenTooLate extends Breakable {

  override update(...[id, change, { lifetime, version, patience }]: Update) {
    return patience !== undefined && patience <= 0 ? 'updated' : super.update(id, change, { lifetime, version });
  }

}

class RefusesButMovesWhenTooLate extends Breakable {

  override move(id: string, newId: string, change: SessionChange, { lifetime, patience }: MoveTerms) {
    const answer = super.move(id, newId, change, { lifetime });
    if (patience !== undefined && patience <= 0) throw new Error('too late');
    return answer;
  }

}

class ThrowsForUnknown extends Breakable {

  override touch(id: string, lifetime: number) {
    if (!this.live(id)) throw new Error('no such session');
    return super.touch(id, lifetime);
  }

}

class AnswersWithNumbers extends Breakable {

  override touch(id: string, lifetime: number) {
    return Number(super.touch(id, lifetime)) as unknown as boolean;
  }

}

class SwallowsErrors extends Breakable {

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    try {
      return super.move(id, newId, change, { lifetime });
    } catch {
      return 'gone';
    }
  }

}

class RemainsInMilliseconds extends Breakable {

  override load(id: string) {
    const found = super.load(id);
    return found?.status === 'live' ? { ...found, remaining: found.remaining * 1000 } : found;
  }

}

class OverflowsTime extends Breakable {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    return super.create(id, texts, { lifetime: ((lifetime * 1000) | 0) / 1000 });
  }

}

class TwoWorlds extends Breakable {

  readonly #atomic = new MemoryStore({ now: this.now });

  override async get(id: string) {
    return this.#atomic.get(id);
  }

  override async set(id: string, values: SessionValues, expire: number) {
    return this.#atomic.set(id, values, expire);
  }

}

class MixesHandles extends Breakable {

  // Like a database that compares ids without regard to case.
  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    return super.create(createHash('sha256').update(id).digest('hex').slice(0, 1), texts, { lifetime });
  }

}

class DoesNotKnowItsIds extends Breakable {

  override isSessionId(id: string) {
    return id.length === 22;
  }

}

class SaysGoneWhenTooLate extends Breakable {

  override move(id: string, newId: string, change: SessionChange, { lifetime, patience }: MoveTerms) {
    return patience !== undefined && patience <= 0 ? 'gone' : super.move(id, newId, change, { lifetime });
  }

}

class MiscountsTexts extends Breakable {

  override load(id: string) {
    const found = super.load(id);
    if (found?.status === 'live') Object.defineProperty(found.texts, 'size', { value: 0 });
    return found;
  }

}

class ReturnsUndefined extends Breakable {

  override load(id: string) {
    return super.load(id) ?? (undefined as unknown as null);
  }

}

class CannotMove extends Breakable {

  declare readonly move: never;

  constructor(now: () => number) {
    super(now);
    Object.defineProperty(this, 'move', { value: undefined });
  }

}

class IsNotAtomic extends Breakable {

  override get atomic() {
    return false;
  }

}

/** Stores that break one sentence each, and the tests that must catch them. */
export const BROKEN_ATOMIC_STORES: { readonly [fault: string]: readonly [(now: () => number) => MemoryStore, ...string[]] } = {
  'loses the key __proto__': [now => new LosesAKey(now), 'load() returns exactly the texts that create() and update() were given: any keys'],
  'parses values and serializes them again': [now => new LosesMinusZero(now), 'load() returns exactly the texts that create() and update() were given: numbers at the edge of doubles'],
  'loses lone surrogates': [now => new LosesLoneSurrogates(now), 'load() returns exactly the texts that create() and update() were given: keys that JSON escapes'],
  'ends keys at NUL': [now => new StopsAtNul(now), 'load() returns exactly the texts that create() and update() were given: keys that JSON escapes'],
  'cuts long values': [now => new CutsLongTexts(now), 'load() returns exactly the texts that create() and update() were given: a text of one MiB'],
  'sorts keys within values': [now => new SortsKeys(now), 'load() returns exactly the texts that create() and update() were given: keys whose order is not that of the alphabet'],
  'merges below the top level': [now => new MergesDeeper(now), 'update() replaces values whole: it never merges deeper'],
  'treats null as a removal': [now => new NullRemoves(now), 'update() replaces values whole: it never merges deeper'],
  'treats keys as paths': [now => new UnsetsByPath(now), 'update() unsets only the keys that it names, and succeeds if they do not exist'],
  'shortens by update': [now => new UpdateShortens(now), 'update() never shortens a life'],
  'stores what was loaded again': [now => new StoresWhatWasLoaded(now), 'update() that is given the texts it was made from keeps what has changed since, and brings nothing back'],
  'does not lengthen by update': [now => new UpdateForgetsLifetime(now), 'update() lets a session live for at least `lifetime` more seconds', 'A session that update() has lengthened outlives its first lifetime'],
  'ends an emptied session': [now => new UpdateEndsTheEmpty(now), 'update() that removes the last key leaves a live session, which another change can fill again', 'Race: updates that remove the last keys leave a live session without keys'],
  'ignores the largest size': [now => new GrowsWithoutLimit(now), 'update() returns "too-large", and changes nothing, if the session would be larger than maxBytes', 'A session that is larger than maxBytes may shrink, but not grow', 'Race: updates of different keys at the same time never make the session larger than maxBytes'],
  'ignores the largest size when it moves': [now => new GrowsByMoves(now), 'A move returns "too-large", and changes nothing, if the session would be larger than maxBytes'],
  'refuses to shrink a session that is too large': [now => new MayNotShrink(now), 'A session that is larger than maxBytes may shrink, but not grow'],
  'counts characters instead of bytes': [now => new CountsCharacters(now), 'update() returns "too-large", and changes nothing, if the session would be larger than maxBytes'],
  'says "ended" although the visitor has another session': [now => new AlwaysSaysEnded(now), 'end() of a session whose visitor already has another one leaves a mark that says "moved"'],
  'refuses to create a session, and creates it': [now => new RefusesButCreatesWhenTooLate(now), 'If its caller has given up, create() either throws and leaves nothing, or is carried out and returns true', 'If its caller still waits when the patience is over, a write either is carried out and says so, or throws and changes nothing'],
  'shortens by touch': [now => new TouchShortens(now), 'touch() never shortens a life'],
  'ignores touches': [now => new TouchIsLazy(now), 'touch() lets a live session live for at least `lifetime` more seconds, and does not change its values'],
  'revives ended sessions by touch': [now => new RevivesByTouch(now), 'touch() returns false if there is no live session, and brings none back', 'touch() returns false for a session whose time is over, and does not bring it back'],
  'returns expired sessions': [now => new ReturnsTheExpired(now), 'create() accepts a lifetime of 0 seconds: the session is over at once'],
  'reports a live session as expired': [now => new SaysExpiredOfTheLiving(now), 'load() returns a live session'],
  'reports other ids as expired': [now => new SaysExpiredByHandle(now), 'load() returns "expired" for no other id'],
  'reports an ended session as expired': [now => new SaysExpiredOfTheEnded(now), 'After 30 seconds a mark is forgotten, and its id leads nowhere any more'],
  'reports an expired session in another form': [now => new SaysMoreOfTheExpired(now), 'load() returns null for a session whose time is over, or says that it has expired'],
  'ends expired sessions': [now => new EndsTheExpired(now), 'end() returns false for a session whose time is over', 'An expired session is gone for every method, also after load() has returned "expired"'],
  'does not create over an expired session': [now => new ExpiredBlocksCreate(now), 'create() replaces a session whose time is over, and keeps nothing of it'],
  'creates over another session': [now => new CreateOverwrites(now), 'create() returns false, and changes nothing, if the id has a live session', 'Race: of creations under one id, one succeeds, and its session is stored'],
  'creates over a mark': [now => new CreateIgnoresMarks(now), 'create() returns false, and changes nothing, if the id has the mark of an ended session', 'create() returns false, and changes nothing, if the id has the mark of a moved session'],
  'says that handles are unique, and looks at whole ids': [now => new HasOneRecordForEachId(now), 'With `uniqueHandles`, create() returns false if a record has the same first 16 characters of its id, which touch() and delete() leave alone, and a deleted one leaves no mark'],
  'ends without a mark': [now => new EndLeavesNoMark(now), 'end() ends the session, and leaves a mark that says "ended"'],
  'does not follow moves': [now => new EndDoesNotFollow(now), 'end() follows a mark that says "moved": it ends the session under its new id', 'Requests: a sign-out with the old id of a moved session ends the session under its new id'],
  'follows one move only': [now => new EndFollowsOnce(now), 'end() follows a session through several moves, from any of its former ids'],
  'always reports that it ended a session': [now => new EndIsAlwaysTrue(now), 'end() returns false if there is nothing to end', 'Race: of several calls that end a session, exactly one returns true'],
  'says "moved" after the moved session has ended': [now => new MarkSaysMovedForEver(now), 'A mark says "moved" until the session has ended under its new id'],
  'forgets marks too early': [now => new MarksLastForSeconds(now), 'A mark is remembered for 30 seconds'],
  'has the same version after each change': [now => new VersionStays(now), 'The version differs after every change of the values'],
  'changes the version by a touch': [now => new TouchChangesVersion(now), 'The version is the same for every caller, and a touch does not change it', 'update() with a version changes a session that was only touched since'],
  'ignores the version': [now => new IgnoresVersion(now), 'update() with an earlier version returns "conflict", and changes nothing', 'Race: of updates with the same version, one is carried out, and the others return "conflict"'],
  'shares the Map that it returns': [now => new SharesTexts(now), 'load() returns a copy, and a caller that later changes texts that it gave or got changes nothing in the store'],
  'keeps the Map that it is given': [now => new KeepsTheCallersTexts(now), 'load() returns a copy, and a caller that later changes texts that it gave or got changes nothing in the store'],
  'moves over another session': [now => new MoveOverwrites(now), 'move() throws if the new id is in use, and changes nothing'],
  'keeps the lifetime when it moves': [now => new MoveKeepsLifetime(now), 'A moved session lives for the lifetime of the move'],
  'loses the change of a move': [now => new MoveLosesItsChange(now), 'A move merges its change in, key by key and never deeper', 'A move that removes the last key leaves a live session without keys under the new id'],
  'keeps the old id of a move': [now => new MoveKeepsTheOldId(now), 'A move puts the stored session under its new id, and retires the old id'],
  'claims to have made a change that came too late': [now => new LiesWhenTooLate(now), 'If its caller has given up, update() either throws and changes nothing, or is carried out and returns "updated"', 'If its caller still waits when the patience is over, a write either is carried out and says so, or throws and changes nothing'],
  'refuses to move, and moves': [now => new RefusesButMovesWhenTooLate(now), 'If its caller has given up, a move either throws and changes nothing, or is carried out and says so', 'If its caller still waits when the patience is over, a write either is carried out and says so, or throws and changes nothing'],
  'says "gone" if a change comes too late': [now => new SaysGoneWhenTooLate(now), 'If its caller has given up, a move either throws and changes nothing, or is carried out and says so', 'If its caller still waits when the patience is over, a write either is carried out and says so, or throws and changes nothing'],
  'does not recognize its own ids': [now => new DoesNotKnowItsIds(now), 'isSessionId(), if the store has it, recognises the store\'s own ids'],
  'throws for an unknown id': [now => new ThrowsForUnknown(now), 'touch() returns false if there is no live session, and brings none back'],
  'answers in another type': [now => new AnswersWithNumbers(now), 'touch() lets a live session live for at least `lifetime` more seconds, and does not change its values'],
  'swallows errors': [now => new SwallowsErrors(now), 'move() throws if the new id is in use, and changes nothing'],
  'counts in milliseconds': [now => new RemainsInMilliseconds(now), '`remaining` is the number of seconds that the session has left'],
  'counts time in 32 bits': [now => new OverflowsTime(now), '`remaining` is the number of seconds that the session has left'],
  'separates the sessions of the four methods': [now => new TwoWorlds(now), 'The four methods and the atomic ones see the same sessions'],
  'confuses two ids': [now => new MixesHandles(now), 'load() returns a live session'],
  'returns texts in a wrong Map': [now => new MiscountsTexts(now), 'load() returns a live session'],
  'returns undefined for an unknown id': [now => new ReturnsUndefined(now), 'load() returns null for an unknown id'],
  'has neither move() nor take()': [now => new CannotMove(now), 'The store has move() or take()'],
  'does not say that it is atomic': [now => new IsNotAtomic(now), 'load() returns a live session'],
};
