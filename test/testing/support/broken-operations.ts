import { andThen } from '../../../src/base/awaitable.js';
import {
  type Awaitable, type EndReason, type EndTerms, MemoryStore, type PageTerms, type PutTerms, type RecordPage, type SessionCount, type SessionPage, type SessionRecord, type SessionStore, type SessionTexts,
} from '../../../src/index.js';
import { KeyedStore } from '../../../src/stores/shared/keyed-store.js';
import { MapEngine } from '../../stores/shared/map-engine.js';

/** A memory store with operations to break. */
class Breakable extends MemoryStore {

  readonly now: () => number;

  constructor(now: () => number) {
    super({ now });
    this.now = now;
    this.close();
  }

}

function paging(change: (page: SessionPage, terms: PageTerms) => SessionPage): (now: () => number) => MemoryStore {

  return now => new class extends Breakable {
    override sessionPage(terms: PageTerms = {}): Awaitable<SessionPage> {
      return andThen(super.sessionPage(terms), page => change(page, terms));
    }
  }(now);

}

function recording(change: (page: RecordPage, terms: PageTerms) => RecordPage): (now: () => number) => MemoryStore {

  return now => new class extends Breakable {
    override recordPage(terms: PageTerms = {}): Awaitable<RecordPage> {
      return andThen(super.recordPage(terms), page => change(page, terms));
    }
  }(now);

}

function counting(change: (count: SessionCount) => SessionCount): (now: () => number) => MemoryStore {

  return now => new class extends Breakable {
    override countSessions(): Awaitable<SessionCount> {
      return andThen(super.countSessions(), change);
    }
  }(now);

}

function putting(change: (record: SessionRecord, terms: PutTerms) => [SessionRecord, PutTerms?]): (now: () => number) => MemoryStore {

  return now => new class extends Breakable {
    override putRecord(record: SessionRecord, terms: PutTerms = {}): Awaitable<boolean> {
      return super.putRecord(...change(record, terms));
    }
  }(now);

}

/** Pages by number: what moves or ends in between shifts the others. */
class PagesByOffset extends Breakable {

  override async sessionPage({ after = '0', limit = 100 }: PageTerms = {}): Promise<SessionPage> {
    if (!/^\d+$/.test(after)) return super.sessionPage({ after, limit });
    const all: SessionPage['sessions'][number][] = [];
    let cursor: string | undefined;
    do {
      const page: SessionPage = await super.sessionPage({ after: cursor, limit: 1000 });
      all.push(...page.sessions);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    const end = Number(after) + limit;
    return { sessions: all.slice(Number(after), end), next: end < all.length ? String(end) : null };
  }

}

/** Reads and takes in two steps. */
class TakesInSteps extends Breakable {

  override async takeRecord(handle: string): Promise<SessionRecord | null> {
    const page = await this.recordPage({ limit: 1000 });
    const found = page.records.find(record => record.handle === handle) ?? null;
    await new Promise(resolve => setImmediate(resolve));
    return await super.takeRecord(handle) && found;
  }

}

/** Two calls find the session. */
class TakesTwice extends Breakable {

  readonly #taken = new Map<string, SessionRecord>();

  override takeRecord(handle: string): Awaitable<SessionRecord | null> {
    return andThen(super.takeRecord(handle), record => {
      if (record) this.#taken.set(handle, record);
      return record ?? this.#taken.get(handle) ?? null;
    });
  }

}

class TakesWithoutMark extends Breakable {

  override takeRecord(handle: string): Awaitable<SessionRecord | null> {
    return andThen(super.recordPage({ limit: 1000 }), ({ records }) => {
      const record = records.find(each => each.handle === handle) ?? null;
      for (const id of this.store.keys()) if (this.handleOf(id) === handle) this.store.delete(id);
      return record;
    });
  }

}

/** The mark says that the session has ended. */
class TakesByEnding extends Breakable {

  override takeRecord(handle: string): Awaitable<SessionRecord | null> {
    return andThen(super.recordPage({ limit: 1000 }), ({ records }) => andThen(this.endByHandle(handle), isEnded => (
      isEnded ? records.find(each => each.handle === handle) ?? null : null)));
  }

}

class Overwrites extends Breakable {

  override putRecord(record: SessionRecord, terms?: PutTerms): Awaitable<boolean> {
    return andThen(super.takeRecord(record.handle), () => super.putRecord(record, terms));
  }

}

/** Replaces what a session loses by its end. */
function ending(change: (terms: EndTerms) => EndTerms, isFound = true): (now: () => number) => MemoryStore {

  return now => new class extends Breakable {
    override endByHandle(handle: string, reason?: EndReason): Awaitable<boolean> {
      return andThen(super.recordPage({ limit: 1000 }), ({ records }) => {
        if (!records.some(record => record.handle === handle)) return !isFound;
        const { moved = false, reason: given } = change({ reason });
        return moved ? andThen(super.takeRecord(handle), record => record !== null) : super.endByHandle(handle, given);
      });
    }
  }(now);

}

/** A memory store knows them beside the record. */
class ForgetsFormerIds extends KeyedStore<'at once'> {

  override putRecord(record: SessionRecord, terms?: PutTerms): Awaitable<boolean> {
    return super.putRecord({ ...record, former: [] }, terms);
  }

}

const OTHER = '@curveball/session record';

/** Lists what is no session, too. */
class ListsEverything extends Breakable {

  override sessionPage(terms: PageTerms = {}): Awaitable<SessionPage> {
    return andThen(super.sessionPage(terms), page => andThen(super.recordPage(terms), ({ records }) => ({
      ...page,
      sessions: [...page.sessions, ...records.filter(({ texts }) => texts.has(OTHER)).map(({ handle, remaining }) => (
        { handle, user: null, details: '', idle: null, remaining, size: 1 }))],
    })));
  }

}

const LISTED = 'sessionPage(), if the store has it, returns all live sessions on its pages, and nothing else, whatever the limit';
const DESCRIBED = 'sessionPage(), if the store has it, says of each session whose it is, its details, its times, and about how large it is';
const TERMS = 'sessionPage() and recordPage(), if the store has them, refuse a wrong limit, and a cursor that is none, with a TypeError';
const LASTING = 'Race: a session that exists all the time is on a page of sessionPage(), if the store has it, while others come and go and it moves';
const COUNTED = 'countSessions(), if the store has it, counts live sessions, and those of users among them, and nothing else';
const RECORDS = 'recordPage(), if the store has it, returns all live records on its pages, also those that are no sessions, and changes none';
const TAKEN = 'takeRecord(), if the store has it, removes a session whatever its id, leaves a mark that says "moved", and returns what was stored';
const PUT = 'putRecord(), if the store has it, stores all of a record: texts, info, times and former ids, also in the index';
const ENDED = 'endByHandle(), if the store has it, ends a live session whatever its id is by now, and leaves a mark that says "ended"';

const without = (...methods: string[]) => (now: () => number) => Object.assign(new Breakable(now), Object.fromEntries(methods.map(method => [method, undefined])));

/** By what is wrong: a store, and the tests that it fails. */
export const BROKEN_OPERATIONS: { readonly [fault: string]: readonly [(now: () => number) => SessionStore, ...string[]] } = {
  'has only one page': [paging(page => ({ ...page, next: null })), LISTED],
  'leaves out a session of each page': [paging(page => ({ ...page, sessions: page.sessions.slice(1) })), LISTED],
  'returns more than the limit': [paging((page, { limit = 100 }) => ({ ...page, sessions: Array.from({ length: limit + 1 }, () => page.sessions[0]).filter(each => each !== undefined) })), LISTED],
  'never comes to an end': [paging((page, { after }) => ({ ...page, next: after ?? page.sessions[0]?.handle ?? null })), LISTED],
  'lists what is no session': [now => new ListsEverything(now), LISTED],
  'pages by number': [now => new PagesByOffset(now), LASTING],
  'does not name the user': [paging(page => ({ ...page, sessions: page.sessions.map(session => ({ ...session, user: null })) })), DESCRIBED],
  'counts the remaining time in milliseconds': [paging(page => ({ ...page, sessions: page.sessions.map(session => ({ ...session, remaining: session.remaining * 1000 })) })), DESCRIBED],
  'counts characters, not bytes': [paging(page => ({ ...page, sessions: page.sessions.map(session => ({ ...session, size: session.size - 150 })) })), DESCRIBED],
  'begins again for a wrong cursor': [now => new class extends Breakable {
    override sessionPage(terms: PageTerms = {}) {
      return super.sessionPage(/^[\w-]{16}$/.test(String(terms.after)) ? terms : { limit: terms.limit });
    }
  }(now), TERMS],
  'counts one too many': [counting(count => ({ ...count, live: count.live * 2 })), COUNTED],
  'counts all as users': [counting(count => ({ ...count, ofUsers: count.live })), COUNTED],
  'can give records, but not take any': [without('takeRecord'), 'A store with one of recordPage(), putRecord() and takeRecord() has all three, and handleOf()'],
  'leaves messages out of the records': [recording(page => ({ ...page, records: page.records.filter(({ texts }) => !texts.has(OTHER)) })), RECORDS],
  'returns records of any size on one page': [now => new class extends Breakable {
    override async recordPage(terms: PageTerms = {}): Promise<RecordPage> {
      const all: RecordPage = await super.recordPage(terms);
      const rest = all.next === null ? null : await super.recordPage({ after: all.next, limit: 1000 });
      return rest && (terms.limit ?? 100) === 1000 ? { ...all, records: [...all.records, ...rest.records], next: rest.next } : all;
    }
  }(now), 'recordPage(), if the store has it, returns large records, too, on pages that stay small'],
  'takes in two steps': [now => new TakesInSteps(now), 'Race: a change that is answered is in what takeRecord(), if the store has it, returns, or was refused'],
  'gives a record to two': [now => new TakesTwice(now), TAKEN, 'Race: of two calls of takeRecord(), if the store has it, and an end, one finds the session'],
  'takes without a mark': [now => new TakesWithoutMark(now), TAKEN],
  'takes by ending': [now => new TakesByEnding(now), TAKEN],
  'overwrites records': [now => new Overwrites(now), 'putRecord(), if the store has it, never overwrites: neither a live session nor a mark, nor does it store one whose time is over'],
  'loses the info of a record': [putting(({ info: _, ...record }) => [record]), PUT],
  'loses former ids of a record': [now => new ForgetsFormerIds(new MapEngine(() => now() * 1000)), PUT],
  'loses a text of a record': [putting(record => [{ ...record, texts: new Map([...record.texts as SessionTexts].slice(1)) }]), PUT],
  'gives each record an hour more': [putting(record => [{ ...record, remaining: record.remaining + 3600 }]), PUT],
  'puts records of users whose sessions were ended': [putting(record => [record]), 'putRecord(), if the store has it, refuses a record whose user\'s sessions were ended since it was read, and no other'],
  'ends by handle as if moved': [ending(() => ({ moved: true })), ENDED],
  'forgets the reason of an end by handle': [ending(() => ({})), 'endByHandle(), if the store has it, leaves its reason in the mark, if the store keeps reasons'],
  'ends what does not exist': [ending(terms => terms, false), ENDED, 'endByHandle(), if the store has it, returns false for anything but the handle of a live session'],
};
