import { andThen } from '../../../src/base/awaitable.js';
import {
  type CreateTerms, type FoundSession, type LiveSession, MemoryStore, type MoveTerms, type NewInfo, type SessionChange,
  type Awaitable, type EndReason, type EndSessionsTerms, type EndTerms, type SessionState, type SessionTexts, type StoredInfo, type WhichSessions,
} from '../../../src/index.js';

type Create = [id: string, texts: SessionTexts, terms: CreateTerms];
type Move = [id: string, newId: string, change: SessionChange, terms: MoveTerms];
type Found = FoundSession | null;

/** A memory store with users to break. */
class Breakable extends MemoryStore {

  readonly now: () => number;

  constructor(now: () => number) {
    super({ now });
    this.now = now;
    this.close();
  }

  protected infoOf(id: string): StoredInfo | undefined {
    return (super.load(id) as Found)?.info;
  }

}

class ReturnsInfoOfTheEnded extends Breakable {

  readonly #given = new Map<string, StoredInfo>();

  override infoByHandle(handle: string): StoredInfo | null {

    const info = super.infoByHandle(handle);
    if (info) this.#given.set(handle, info);
    return info ?? this.#given.get(handle) ?? null;

  }

}

/** Changes the info that create() and move() get. */
function telling(change: (info: StoredInfo) => StoredInfo): (now: () => number) => MemoryStore {

  const changed = (newInfo?: NewInfo) => newInfo && { ...newInfo, info: change(newInfo.info) };
  return now => new class extends Breakable {

    override create(...[id, texts, { lifetime, newInfo }]: Create) {
      return super.create(id, texts, { lifetime, newInfo: changed(newInfo) });
    }

    override move(...[id, newId, values, { lifetime, patience, newInfo, version }]: Move) {
      return super.move(id, newId, values, { lifetime, patience, newInfo: changed(newInfo), version });
    }

  }(now);

}

/** Changes the user in every call of the index. */
function knowing(change: (user: string) => string): (now: () => number) => MemoryStore {

  // load() returns the true info: only the index confuses users.
  return now => new class extends Breakable {

    readonly #given = new Map<string, StoredInfo>();

    override create(...[id, texts, { lifetime, newInfo }]: Create) {
      const { user = null } = newInfo?.info ?? {};
      if (newInfo && user !== null) this.#given.set(this.handleOf(id), newInfo.info);
      const info = newInfo && { ...newInfo.info, user: user === null ? null : change(user) };
      return super.create(id, texts, { lifetime, newInfo: info && { ...newInfo, info } });
    }

    override load(id: string) {
      const found = super.load(id) as Found;
      const given = this.#given.get(this.handleOf(id));
      return found?.status === 'live' && given ? { ...found, info: given } : found;
    }

    override sessionsOf(user: string) {
      return super.sessionsOf(change(user));
    }

    override endSessionsOf(user: string, which?: WhichSessions) {
      return super.endSessionsOf(change(user), which);
    }

  }(now);

}

class MoveForgets extends Breakable {

  override move(...[id, newId, change, { lifetime, patience, newInfo, version }]: Move) {
    return super.move(id, newId, change, { lifetime, patience, newInfo: newInfo ?? { info: { user: null, details: '' } }, version });
  }

}

class MoveKeepsTheFirst extends Breakable {

  override move(...[id, newId, change, { lifetime, patience, newInfo, version }]: Move) {
    const info = this.infoOf(id) ?? newInfo?.info;
    return super.move(id, newId, change, { lifetime, patience, newInfo: info && { ...newInfo, info }, version });
  }

}

class UpdateForgets extends Breakable {

  readonly #forgotten = new Set<string>();

  override update(...args: Parameters<MemoryStore['update']>) {
    const answer = super.update(...args);
    if (answer === 'updated') this.#forgotten.add(args[0]);
    return answer;
  }

  override load(id: string) {
    const found = super.load(id) as Found;
    if (found?.status !== 'live' || !this.#forgotten.has(id)) return found;
    const { info, ...rest } = found;
    return rest;
  }

}

class MarksKeepInfo extends Breakable {

  readonly #info = new Map<string, StoredInfo>();

  override create(...args: Create) {
    const [id, , { newInfo }] = args;
    if (newInfo) this.#info.set(id, newInfo.info);
    return super.create(...args);
  }

  override load(id: string) {
    const found = super.load(id) as Found;
    const info = this.#info.get(id);
    return found?.status === 'retired' && !found.moved && info ? { ...found, info } : found;
  }

}

class SharesInfo extends Breakable {

  readonly #info = new Map<string, StoredInfo>();

  override create(...args: Create) {
    const [id, , { newInfo }] = args;
    if (newInfo) this.#info.set(id, newInfo.info);
    return super.create(...args);
  }

  override load(id: string) {
    const found = super.load(id) as Found;
    const info = this.#info.get(id);
    return found?.status === 'live' && info ? { ...found, info } : found;
  }

}

class InventsInfo extends Breakable {

  override load(id: string) {
    const found = super.load(id) as Found;
    return found?.status === 'live' ? { ...found, info: found.info ?? { user: 'someone', details: '' } } : found;
  }

}

class ShowsIds extends Breakable {

  override handleOf(id: string) {
    return id;
  }

}

class ShowsMostOfTheId extends Breakable {

  override handleOf(id: string) {
    return id.slice(0, -10);
  }

}

class CodesIds extends Breakable {

  override handleOf(id: string) {
    return Buffer.from(id.slice(16)).toString('base64');
  }

}

class HasFewHandles extends Breakable {

  override handleOf(id: string) {
    return super.handleOf(id) < 'a' ? 'one' : 'other';
  }

}

class HandlesChange extends Breakable {

  override handleOf(id: string) {
    return id.slice(-16);
  }

}

class LacksEndAll extends Breakable {

  declare readonly endAllSessions: never;

  constructor(now: () => number) {
    super(now);
    Object.defineProperty(this, 'endAllSessions', { value: undefined });
  }

}

class ListsTheDead extends Breakable {

  readonly #ended: string[] = [];

  override end(id: string) {
    this.#ended.push(this.handleOf(id));
    return super.end(id);
  }

  override sessionsOf(user: string) {
    const dead = this.#ended.map(handle => ({ handle, details: '', idle: 0, remaining: 1 }));
    return [...super.sessionsOf(user), ...dead];
  }

}

class ListsTheExpired extends Breakable {

  readonly #short = new Map<string, string>();

  override create(...args: Create) {
    const [id, , { lifetime, newInfo }] = args;
    if (lifetime === 1 && newInfo?.info.user) this.#short.set(id, newInfo.info.user);
    return super.create(...args);
  }

  override sessionsOf(user: string) {
    const short = [...this.#short].filter(([, whose]) => whose === user);
    return [...super.sessionsOf(user), ...short.map(([id]) => ({ handle: this.handleOf(id), details: '', idle: 0, remaining: 0 }))];
  }

}

class ListsEachTouch extends Breakable {

  readonly #touched = new Map<string, string>();

  override touch(id: string, lifetime: number, user?: string) {
    if (user !== undefined) this.#touched.set(user, this.handleOf(id));
    return super.touch(id, lifetime);
  }

  override sessionsOf(user: string) {
    const handle = this.#touched.get(user);
    const listed = super.sessionsOf(user);
    return handle === undefined ? listed : [...listed, { handle, details: '', idle: 0, remaining: 1 }];
  }

}

class IndexForgetsMoves extends Breakable {

  readonly #moved = new Set<string>();

  override move(...args: Move) {
    const answer = super.move(...args);
    if (answer === 'moved') this.#moved.add(this.handleOf(args[1]));
    return answer;
  }

  override endSessionsOf(user: string, which?: WhichSessions) {
    const [spared] = super.sessionsOf(user).filter(({ handle }) => this.#moved.has(handle));
    return super.endSessionsOf(user, spared && which?.only === undefined ? { ...which, except: spared.handle } : which);
  }

}

class IdlesFromTheStart extends Breakable {

  readonly #made = new Map<string, number>();

  override create(...args: Create) {
    this.#made.set(this.handleOf(args[0]), this.now());
    return super.create(...args);
  }

  override sessionsOf(user: string) {
    return super.sessionsOf(user).map(each => ({ ...each, idle: this.now() - (this.#made.get(each.handle) ?? 0) }));
  }

}

class ConfusesExpiredUsers extends Breakable {

  override load(id: string) {
    const found = super.load(id);
    return found?.status === 'expired' && found.info ? { ...found, info: { ...found.info, user: 'someone' } } : found;
  }

}

class LoadIsUse extends Breakable {

  override load(id: string) {
    super.touch(id, 0);
    return super.load(id) as Found;
  }

}

class CountsInMilliseconds extends Breakable {

  override sessionsOf(user: string) {
    return super.sessionsOf(user).map(each => ({ ...each, remaining: each.remaining * 1000 }));
  }

}

class MixesDetailsUp extends Breakable {

  override sessionsOf(user: string) {
    const listed = super.sessionsOf(user);
    return listed.map(each => ({ ...each, details: listed[0]?.details ?? '' }));
  }

}

class EndsOthersToo extends Breakable {

  override endSessionsOf(user: string, which?: WhichSessions) {
    const ended = super.endSessionsOf(user, which);
    if (!which) for (const id of this.store.keys()) super.end(id);
    return ended;
  }

}

class EndsWithoutMarks extends Breakable {

  override endSessionsOf(user: string, which: WhichSessions = {}) {
    const meant = super.sessionsOf(user).map(({ handle }) => handle)
      .filter(handle => (which.only === undefined || handle === which.only) && handle !== which.except);
    for (const id of this.store.keys()) if (meant.includes(this.handleOf(id))) this.store.delete(id);
    if (which.only === undefined) super.endSessionsOf(user, which);
    return meant;
  }

}

class EndsAFew extends Breakable {

  override endSessionsOf(user: string, which?: WhichSessions) {
    const listed = super.sessionsOf(user);
    if (which || listed.length <= 50) return super.endSessionsOf(user, which);
    return listed.slice(0, 50).flatMap(({ handle: only }) => super.endSessionsOf(user, { only }));
  }

}

class SaysNothing extends Breakable {

  override endSessionsOf(user: string, which?: WhichSessions) {
    super.endSessionsOf(user, which);
    return [];
  }

}

class OnlyIsAnyones extends Breakable {

  override endSessionsOf(user: string, which: WhichSessions = {}) {
    const id = [...this.store.keys()].find(each => this.handleOf(each) === which.only);
    if (id === undefined) return super.endSessionsOf(user, which);
    super.end(id);
    return [this.handleOf(id)];
  }

}

class IgnoresExcept extends Breakable {

  override endSessionsOf(user: string, { only }: WhichSessions = {}) {
    return super.endSessionsOf(user, only === undefined ? {} : { only });
  }

}

class RevivesByTouch extends Breakable {

  readonly #known = new Map<string, Create>();

  override create(...args: Create) {
    this.#known.set(args[0], args);
    return super.create(...args);
  }

  override touch(id: string, lifetime: number, user?: string) {
    const known = this.#known.get(id);
    if (user !== undefined && known && (super.load(id) as Found)?.status === 'retired') {
      void super.set(id, { revived: true }, Math.floor(this.now()) + lifetime);
    }
    return super.touch(id, lifetime);
  }

}

/** Ends sessions without a mark. */
class RefusesNoCreation extends Breakable {

  override create(...[id, texts, { lifetime, newInfo }]: Create) {
    return super.create(id, texts, { lifetime, newInfo: newInfo && { info: newInfo.info } });
  }

}

class RefusesNoMove extends Breakable {

  override move(...[id, newId, change, { lifetime, patience, newInfo, version }]: Move) {
    return super.move(id, newId, change, { lifetime, patience, newInfo: newInfo && { info: newInfo.info }, version });
  }

}

class RefusesAndCreates extends Breakable {

  override create(...[id, texts, { lifetime, newInfo }]: Create) {
    const answer = super.create(id, texts, { lifetime, newInfo });
    if (answer === 'revoked') super.create(id, texts, { lifetime });
    return answer;
  }

}

class RefusesAndLeaves extends Breakable {

  override move(...args: Move) {
    const [id, ...rest] = args;
    const texts = (super.load(id) as LiveSession | null)?.texts;
    const answer = super.move(id, ...rest);
    if (answer === 'revoked' && texts) {
      void super.set(id, { back: true }, Math.floor(this.now()) + 600);
    }
    return answer;
  }

}

class RefusesForAMinute extends Breakable {

  override create(...[id, texts, { lifetime, newInfo }]: Create) {
    const requestAge = newInfo?.requestAge;
    return super.create(id, texts, { lifetime, newInfo: newInfo && { ...newInfo, requestAge: requestAge === undefined ? requestAge : requestAge + 60 } });
  }

}

class OnlyRefusesAll extends Breakable {

  override endSessionsOf(user: string, which?: WhichSessions) {
    if (which?.only !== undefined) super.endSessionsOf(user, { except: super.sessionsOf(user)[0]?.handle });
    return super.endSessionsOf(user, which);
  }

}

class ExceptRefusesNone extends Breakable {

  override endSessionsOf(user: string, which?: WhichSessions) {
    if (which?.except === undefined) return super.endSessionsOf(user, which);
    return super.sessionsOf(user).filter(({ handle }) => handle !== which.except)
      .flatMap(({ handle: only }) => super.endSessionsOf(user, { only }));
  }

}

class RefusesOthers extends Breakable {

  #any: string | undefined;

  override endSessionsOf(user: string, which?: WhichSessions) {
    this.#any = user;
    return super.endSessionsOf(user, which);
  }

  override create(...[id, texts, { lifetime, newInfo }]: Create) {
    const answer = super.create(id, texts, { lifetime, newInfo: newInfo && this.#any !== undefined
      ? { ...newInfo, info: { ...newInfo.info, user: this.#any } }
      : newInfo });
    return answer;
  }

}

class RefusesBeforeItLooks extends Breakable {

  override create(...[id, texts, { lifetime, newInfo }]: Create) {
    const answer = super.create(this.newSessionId(), texts, { lifetime, newInfo });
    return answer === 'revoked' ? answer : super.create(id, texts, { lifetime, newInfo });
  }

}

class EndsOnlyUsers extends Breakable {

  override endAllSessions() {
    for (const [id, { kept }] of this.store) if (kept && kept.info.user !== null) super.end(id);
  }

}

class EndsAHundred extends Breakable {

  override endAllSessions() {
    for (const id of [...this.store.keys()].slice(0, 100)) super.end(id);
  }

}

class EndsAllWithoutMarks extends Breakable {

  override endAllSessions() {
    this.store.clear();
  }

}

class EndsAllAndRefusesNone extends Breakable {

  override endAllSessions() {
    for (const id of [...this.store.keys()]) super.end(id);
  }

}

class MoveIgnoresVersion extends Breakable {

  override move(...[id, newId, change, { lifetime, patience, newInfo }]: Move) {
    return super.move(id, newId, change, { lifetime, patience, newInfo });
  }

}

class LooksForRevocationsFirst extends Breakable {

  override create(...[id, texts, { lifetime, newInfo }]: Create) {
    return this.#create(id, texts, { lifetime, newInfo }) as never;
  }

  override move(...[id, newId, change, { lifetime, patience, newInfo, version }]: Move) {
    return this.#move(id, newId, change, { lifetime, patience, newInfo, version }) as never;
  }

  async #create(...[id, texts, { lifetime, newInfo }]: Create) {
    if (super.create(this.newSessionId(), texts, { lifetime: 0, newInfo: newInfo && { ...newInfo, info: { ...newInfo.info } } }) === 'revoked') return 'revoked';
    await aMoment();
    return super.create(id, texts, { lifetime, newInfo: newInfo && { info: newInfo.info } });
  }

  async #move(...[id, newId, change, { lifetime, patience, newInfo, version }]: Move) {
    await aMoment();
    return super.move(id, newId, change, { lifetime, patience, newInfo: newInfo && { info: newInfo.info }, version });
  }

}

class EndsTheIdsThatItKnew extends Breakable {

  override endSessionsOf(user: string, which?: WhichSessions) {
    return this.#endSessionsOf(user, which) as never;
  }

  async #endSessionsOf(user: string, { only, except }: WhichSessions = {}) {
    const listed = super.sessionsOf(user).map(({ handle }) => handle);
    const meant = listed.filter(handle => (only === undefined || handle === only) && handle !== except);
    const ids = [...this.store.keys()].filter(id => meant.includes(this.handleOf(id)));
    await aMoment();
    for (const id of ids) if (this.store.has(id)) super.end(id);
    return meant;
  }

}

class TouchesInTwoSteps extends Breakable {

  override touch(id: string, lifetime: number, user?: string) {
    return this.#touch(id, lifetime, user) as never;
  }

  async #touch(id: string, lifetime: number, user?: string) {
    const found = super.load(id) as Found;
    if (found?.status !== 'live') return false;
    await aMoment();
    if (!super.touch(id, lifetime) && user !== undefined) void super.set(id, { revived: true }, Math.floor(this.now()) + lifetime);
    return true;
  }

}

/** Of two calls that end a user's sessions, each relies on the other. */
class LeavesItToAnother extends Breakable {

  #asked = 0;

  override endSessionsOf(user: string, which?: WhichSessions) {
    return this.#endSessionsOf(user, which) as never;
  }

  async #endSessionsOf(user: string, which?: WhichSessions) {
    const asked = ++this.#asked;
    await aMoment();
    return asked === this.#asked && asked % 2 === 1 ? super.endSessionsOf(user, which) : [];
  }

}

class IndexesALittleLater extends Breakable {

  readonly #indexed = new Set<string>();

  override create(...args: Create) {
    // Later than whatever follows in the same turn of the event loop.
    setTimeout(() => this.#indexed.add(this.handleOf(args[0])), 1);
    return super.create(...args);
  }

  override endSessionsOf(user: string, which?: WhichSessions) {
    return super.sessionsOf(user).filter(({ handle }) => this.#indexed.has(handle) && handle !== which?.except)
      .flatMap(({ handle: only }) => super.endSessionsOf(user, { only }));
  }

}

function aMoment(): Promise<void> {

  return new Promise(resolve => {
    setImmediate(resolve);
  });

}

/** Changes the terms with which sessions are ended. */
function endingWith(change: (terms: EndSessionsTerms & EndTerms) => EndSessionsTerms & EndTerms): (now: () => number) => MemoryStore {

  return now => new class extends Breakable {

    override end(id: string, terms: EndTerms = {}) {
      return super.end(id, change(terms));
    }

    override endSessionsOf(user: string, terms: EndSessionsTerms = {}) {
      return super.endSessionsOf(user, change(terms));
    }

  }(now);

}

type States = Awaitable<Array<SessionState | null>>;

/** Changes what statesOf() returns. */
function answering(change: (states: Array<SessionState | null>, handles: readonly string[]) => Array<SessionState | null>): (now: () => number) => MemoryStore {

  return now => new class extends Breakable {

    override statesOf(handles: readonly string[]): States {
      return andThen(super.statesOf(handles), states => change(states, handles));
    }

  }(now);

}

/** Replaces the reason of a mark by that of the latest call. */
class LastReasonWins extends Breakable {

  readonly #reasons = new Map<string, EndReason>();

  override end(id: string, terms: EndTerms = {}) {
    if (terms.reason) this.#reasons.set(id, terms.reason);
    return super.end(id, terms);
  }

  override load(id: string): Found {
    const found = super.load(id);
    return found?.status === 'retired' && found.reason ? { ...found, reason: this.#reasons.get(id) ?? found.reason } : found;
  }

}

/** Asks for states by the handles of the last ids alone. */
class StatesForgetMoves extends Breakable {

  readonly #moved = new Set<string>();

  override move(...args: Move) {
    this.#moved.add(this.handleOf(args[0]));
    return super.move(...args);
  }

  override statesOf(handles: readonly string[]): States {
    return andThen(super.statesOf(handles), states => states.map((state, index) => this.#moved.has(handles[index] as string) ? null : state));
  }

}

/** Counts being asked as use. */
class AskingIsUse extends Breakable {

  readonly #ids = new Map<string, string>();

  override create(...args: Create) {
    this.#ids.set(this.handleOf(args[0]), args[0]);
    return super.create(...args);
  }

  override statesOf(handles: readonly string[]): States {
    for (const handle of handles) super.touch(this.#ids.get(handle) ?? '', 600);
    return super.statesOf(handles);
  }

}

const REASON_KEPT = 'A mark has the reason that end() was given, under each id of the session, if the store keeps reasons';
const REASON_OF_MANY = 'A mark has the reason that endSessionsOf() was given, if the store keeps reasons';
const STATES = 'statesOf(), if the store has it, says of each handle in turn whether its session lives, has ended, or is unknown';
const STATES_TWICE = 'statesOf(), if the store has it, returns null for a text that is no handle, and answers twice for a handle that is given twice';

const INFO_KEPT = 'load() returns exactly the info that create() was given, if the store has keepsInfo: any user, any details';
const INFO_REPLACED = 'The info that move() is given replaces the info of the session, if the store has keepsInfo';
const HANDLES = 'handleOf(), if the store has it, gives each session a name of its own, which is not an id and does not reveal one';
const LISTED = 'sessionsOf() returns the live sessions of the user and no others';
const ALIKE = 'sessionsOf() distinguishes users whose names are almost the same';
const ENDED = 'endSessionsOf() ends all sessions of the user and no others, leaves marks that say "ended", and returns the handles';
const ONLY = 'endSessionsOf() with `only` ends that session, if it is one of the user\'s';
const EXCEPT = 'endSessionsOf() with `except` ends all sessions of the user but that one';
const CREATE_REVOKED = 'create() returns "revoked", and leaves no session, if the request began before the user\'s sessions were ended';
const MOVE_REVOKED = 'move() returns "revoked", and ends the session, if the request began before the user\'s sessions were ended';
const LATER = 'A request that began after the user\'s sessions were ended can make a session of the user';
const ALL = 'endAllSessions() ends every session, with and without a user, and leaves marks that say "ended"';

/** Stores that break one sentence about users each, and the tests that must catch them. */
export const BROKEN_USERS: { readonly [fault: string]: readonly [(now: () => number) => MemoryStore, ...string[]] } = {
  'invents a reason': [endingWith(terms => ({ reason: 'signed-out', ...terms })), 'No mark has a reason that no one gave'],
  'takes one reason for another': [endingWith(terms => terms.reason === 'limit' ? { ...terms, reason: 'signed-out' } : terms), REASON_KEPT, REASON_OF_MANY],
  'loses some reasons': [endingWith(terms => terms.reason === 'signed-out' ? { ...terms, reason: undefined } : terms), REASON_KEPT],
  'keeps the last reason': [now => new LastReasonWins(now), 'The reason of a mark is that of the call that ended the session, and of no later one, if the store keeps reasons'],
  'says that unknown sessions have expired': [answering(states => states.map(state => state ?? { status: 'expired' })), STATES, STATES_TWICE],
  'leaves out what is unknown': [answering(states => states.filter(state => state !== null)), STATES, STATES_TWICE],
  'answers once for a handle that is given twice': [answering((states, handles) => states.filter((_, index) => handles.indexOf(handles[index] as string) === index)), STATES_TWICE],
  'answers for a thousand handles': [answering(states => states.slice(0, 1000)), 'statesOf(), if the store has it, answers for any number of handles'],
  'keeps reasons from statesOf()': [answering(states => states.map(state => state?.status === 'retired' ? { status: 'retired' } : state)), 'statesOf(), if the store has it, returns the reason that the mark has, if the store keeps reasons'],
  'takes milliseconds for seconds': [answering(states => states.map(state => state?.status === 'live' ? { ...state, remaining: state.remaining * 1000 } : state)), '`remaining` in statesOf(), if the store has it, is the number of seconds that the session has left, and being asked for it is no use'],
  'says nothing of sessions that have moved': [now => new StatesForgetMoves(now), STATES, 'Race: statesOf(), if the store has it, says "live" of a session however often it moves, and does not bring back one that ends'],
  'counts being asked as use': [now => new AskingIsUse(now), '`remaining` in statesOf(), if the store has it, is the number of seconds that the session has left, and being asked for it is no use'],
  'ends users at NUL': [telling(({ user, details }) => ({ user: user && (user.split('\0')[0] || null), details })), INFO_KEPT],
  'replaces lone surrogates in users': [telling(({ user, details }) => ({ user: user?.toWellFormed() ?? null, details })), INFO_KEPT, INFO_REPLACED],
  'normalizes users': [telling(({ user, details }) => ({ user: user?.normalize() ?? null, details })), INFO_KEPT],
  'trims users': [telling(({ user, details }) => ({ user: user && (user.trim() || null), details })), INFO_KEPT],
  'cuts details': [telling(({ user, details }) => ({ user, details: details.slice(0, 4095) })), INFO_KEPT, INFO_REPLACED],
  'loses the info of a session at a move': [now => new MoveForgets(now), 'A move without info keeps the info of the session, if the store has keepsInfo'],
  'keeps the first info of a session': [now => new MoveKeepsTheFirst(now), INFO_REPLACED, 'sessionsOf() follows a session that becomes one of a user, of another user, and of no user'],
  'loses the info of a session at an update': [now => new UpdateForgets(now), 'update() and touch() do not change the info of a session, if the store has keepsInfo'],
  'returns the info of an ended session': [now => new MarksKeepInfo(now), 'The info of a session stays when no key is left, and is gone when the session has ended, if the store has keepsInfo'],
  'shares the info of a session': [now => new SharesInfo(now), 'A caller that later changes an info that it gave or got changes nothing in the store, if the store has keepsInfo'],
  'returns the wrong user of an expired session': [now => new ConfusesExpiredUsers(now), 'The info that load() returns for an expired session is the one that it had, if the store has keepsInfo'],
  'returns the info of an ended session by its handle': [now => new ReturnsInfoOfTheEnded(now), 'infoByHandle(), if the store has it, returns the current info of a live session that has moved, and null for one that has ended'],
  'invents a user': [now => new InventsInfo(now), 'A session without info does not get the info of another one'],
  'shows ids as handles': [now => new ShowsIds(now), HANDLES],
  'shows most of an id': [now => new ShowsMostOfTheId(now), HANDLES],
  'changes the handle with the id': [now => new HandlesChange(now), 'The handle of a session stays the same when it moves, if the store indexes by user'],
  'shows the id, encoded': [now => new CodesIds(now), 'The handle of a session stays the same when it moves, if the store indexes by user'],
  'has few handles': [now => new HasFewHandles(now), HANDLES],
  'can\'t end all': [now => new LacksEndAll(now), 'A store with sessionsOf() has endSessionsOf(), endAllSessions(), handleOf() and keepsInfo, too'],
  'lists ended sessions': [now => new ListsTheDead(now), LISTED],
  'lists expired sessions': [now => new ListsTheExpired(now), 'sessionsOf() returns no session whose time is over'],
  'lists a session again after each touch': [now => new ListsEachTouch(now), 'sessionsOf() returns a session once, however often it was changed, touched and moved'],
  'compares users without regard to case': [knowing(user => user.toLowerCase()), ALIKE],
  'compares users without trailing spaces': [knowing(user => user.trimEnd()), ALIKE],
  'compares users as UTF-8': [knowing(user => user.toWellFormed()), ALIKE],
  'compares users up to 2000 characters': [knowing(user => user.slice(0, 2000)), ALIKE],
  'counts the time left in milliseconds': [now => new CountsInMilliseconds(now), 'sessionsOf() returns the details of each session, and the seconds that it has left'],
  'confuses details': [now => new MixesDetailsUp(now), 'sessionsOf() returns the details of each session, and the seconds that it has left'],
  'counts `idle` from the beginning': [now => new IdlesFromTheStart(now), '`idle` is the number of seconds since a session was last written or touched, and load() is neither'],
  'counts a load as use': [now => new LoadIsUse(now), '`idle` is the number of seconds since a session was last written or touched, and load() is neither'],
  'ends sessions of others': [now => new EndsOthersToo(now), ENDED],
  'ends a user\'s sessions without marks': [now => new EndsWithoutMarks(now), ENDED, ONLY, EXCEPT],
  'ends only a few sessions': [now => new EndsAFew(now), ENDED],
  'does not return the handles of ended sessions': [now => new SaysNothing(now), ENDED, ONLY, EXCEPT],
  'ends a session of another user by its handle': [now => new OnlyIsAnyones(now), ONLY],
  'ignores `except`': [now => new IgnoresExcept(now), EXCEPT],
  'misses a session that has moved': [now => new IndexForgetsMoves(now), 'endSessionsOf() ends a session that has moved, and knows it by the handle that it has always had'],
  'revives ended sessions by touch': [now => new RevivesByTouch(now), 'No update(), touch() or move brings back a session that endSessionsOf() has ended'],
  'refuses no creation': [now => new RefusesNoCreation(now), CREATE_REVOKED, 'Race: no session that is created for a user survives the end of the user\'s sessions'],
  'refuses no move': [now => new RefusesNoMove(now), MOVE_REVOKED, 'Race: no session that becomes one of a user by a move survives the end of the user\'s sessions'],
  'refuses to create a session, and creates it': [now => new RefusesAndCreates(now), CREATE_REVOKED],
  'refuses to move, and leaves the session': [now => new RefusesAndLeaves(now), MOVE_REVOKED],
  'refuses for a minute': [now => new RefusesForAMinute(now), LATER],
  'refuses other sessions after the end of one': [now => new OnlyRefusesAll(now), 'endSessionsOf() with `only` refuses no request: one that is under way can make a session of the user'],
  'refuses no session if one is excepted': [now => new ExceptRefusesNone(now), CREATE_REVOKED, MOVE_REVOKED],
  'refuses other users': [now => new RefusesOthers(now), 'endSessionsOf() refuses no request for another user, and none that makes no session of a user'],
  'refuses before it looks for a session': [now => new RefusesBeforeItLooks(now), 'If a request is too late, create() still returns false if the id has a live session or a mark, and move() "gone" if there is no live session'],
  'ends only sessions with a user': [now => new EndsOnlyUsers(now), ALL],
  'ends only a hundred of all sessions': [now => new EndsAHundred(now), ALL],
  'ends all sessions without marks': [now => new EndsAllWithoutMarks(now), ALL],
  'ends all sessions and refuses no request': [now => new EndsAllAndRefusesNone(now), 'endAllSessions() refuses requests under way that make sessions of users, and none that begin later', 'Race: no session survives endAllSessions() that existed before it or became a user\'s during it'],
  'looks for revocations before it stores': [now => new LooksForRevocationsFirst(now), 'Race: no session that is created for a user survives the end of the user\'s sessions', 'Race: no session that becomes one of a user by a move survives the end of the user\'s sessions'],
  'ends only the ids that it has read': [now => new EndsTheIdsThatItKnew(now), 'Race: no session survives the end of the user\'s sessions, or its own end, by moving to a new id'],
  'touches in two steps': [now => new TouchesInTwoSteps(now), 'Race: no update and no touch brings back a session that endSessionsOf() has ended'],
  'leaves the end of sessions to a parallel call': [now => new LeavesItToAnother(now), 'Race: two calls that end a user\'s sessions at once leave none, and each session is in an answer'],
  'indexes a little later': [now => new IndexesALittleLater(now), 'Race: endSessionsOf() ends every session that existed when it was called, whichever request made it'],
  'finds only users with plain names': [knowing(user => /^[\w -]+$/.test(user) ? user : `${user}?`.slice(0, 1)), ALIKE],
  'ignores the version of a move': [now => new MoveIgnoresVersion(now), 'move() with an earlier version returns "conflict", and changes nothing; with the stored version, it moves the session'],
};
