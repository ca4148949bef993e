import { countdown, restOf } from '../base/countdown.js';
import type { AtomicSessionStore, Awaitable, CreateTerms, EndTerms, SessionTexts } from '../base/store.js';
import { fromTexts } from '../values/session-values.js';
import { endLeftBehind } from './left-behind.js';
import { isLock, Locks } from './locks.js';
import type { Side } from './side.js';
import type { Takeover } from './takeover.js';

type Methods = Required<AtomicSessionStore>;

/** The methods that take an id. */
export type MethodsOfIds = Pick<Methods, 'isSessionId' | 'newSessionId' | 'handleOf' | 'load' | 'get' | 'set' | 'delete' | 'create' | 'update' | 'touch' | 'move' | 'end'>;

/** What a command waits for, and on which version it depends. */
type Waits = Pick<Parameters<Methods['move']>[3], 'patience' | 'patienceLeft' | 'version'>;

/** How often a command is sent again, since the session has gone to the other store. */
const MOST_TRIES = 20;

/** Makes the methods that find a session in the store where it is. */
export function migratingMethods(takeover: Takeover): MethodsOfIds {

  const { from, to, order: [home] } = takeover;
  const locks = new Locks();

  /** Sends a command to the store in which the session is live. */
  const whereItIs = async <T, Terms extends Waits>(
    id: string, terms: Terms, gone: T, command: (side: Side, terms: Terms) => Awaitable<T>,
  ): Promise<T | 'conflict'> => {
    const { version } = terms;
    const left = countdown(terms);
    const rest = () => ({ ...terms, patience: restOf(left) });
    if (version !== undefined) {
      const side = from.versionIn(version) === undefined ? to : from;
      const answer = await command(side, { ...terms, version: side.versionIn(version) });
      if (answer !== gone) return answer;
      return (await takeover.load(id))?.status === 'live' ? 'conflict' : gone;
    }
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      for (const side of takeover.order) {
        const answer = await command(side, side === home && tries === 0 ? terms : rest());
        if (answer !== gone) return answer;
      }
      // It may have moved from the second store to the first, or be on its way.
      if ((await takeover.load(id))?.status !== 'live') break;
    }
    return gone;
  };

  const end = (side: Side, id: string, terms: EndTerms | undefined) => side.store.end(id, terms);

  /** Only while sessions move: no copy runs beside processes that prepare. */
  const marksEnds = home === to && to.keepsMarks;

  const endInTo = (id: string, terms: EndTerms | undefined) => Promise.all([end(to, to.reservedOf(id), terms), end(to, to.idOf(id), terms)]);

  const endAside = (id: string, terms: EndTerms | undefined) => from.keepsMarks && end(from, from.asideOf(id), terms);

  /**
   * In `from` first, then in `to`: a takeover under way finds nothing to take, or has
   * reserved its place before. If `from` fails, the session lives on, and can be ended
   * again: once it has ended in `to`, no one would end what is left in `from`.
   */
  const endInBoth = async (id: string, terms: EndTerms | undefined): Promise<boolean> => {
    const inFrom = (await Promise.all([end(from, from.idOf(id), terms), endAside(id, terms)])).includes(true);
    const isKeptOut = inFrom && marksEnds && await to.keepOut(to.reservedOf(id), terms);
    const inTo = await endInTo(id, terms);
    if (isKeptOut || inTo.includes(true)) return true;
    // With a mark in `to`, only what a takeover had left in `from` was ended, and the session by another request.
    if (inFrom) return (await to.load(id))?.status !== 'retired';
    return await endElsewhere(from, to, id, terms) || await endElsewhere(to, from, id, terms) || keepOutAgain(id);
  };

  /**
   * Leaves the mark of a session that has ended in `from`, if the call that should have
   * left it has failed. An invented id leaves none: `from` does not know it.
   *
   * @returns whether a copy had put the session into `to`, where it ends
   */
  const keepOutAgain = async (id: string): Promise<boolean> => {
    if (!marksEnds || !from.keepsMarks) return false;
    const found = await Promise.all([from.load(id), from.store.load(from.asideOf(id))]);
    const ended = found.find(each => each?.status === 'retired' && !each.moved);
    if (ended?.status !== 'retired' || await to.keepOut(to.reservedOf(id), { reason: ended.reason })) return false;
    return (await endInTo(id, { reason: ended.reason })).includes(true);
  };

  /** A session that got a new id in one store, and was then taken over, is found in the other by its handle alone. */
  const endElsewhere = async (left: Side, other: Side, id: string, terms: EndTerms = {}): Promise<boolean> => {
    const store: AtomicSessionStore = other.store;
    const found = store.endByHandle && await left.load(id);
    if (found?.status !== 'retired' || !found.moved) return false;
    return await store.endByHandle?.(other.handleOf(id), terms.moved ? 'signed-out' : terms.reason) === true;
  };

  return {

    isSessionId: id => [from, to].some(side => side.accepts(id)),

    async newSessionId(moving) {

      if (moving === undefined) return home.store.newSessionId();
      // A store with an index accepts only a new id with the same handle, and the other may make another kind of ids.
      const side = home.keepsMarks || (await to.load(moving))?.status !== 'live' ? home : to;
      return side.store.newSessionId(side.idOf(moving));

    },

    handleOf: id => to.handleOf(id),

    load: (id, terms) => takeover.load(id, terms),

    async get(id) {

      const found = await takeover.load(id);
      return found?.status === 'live' ? fromTexts(found.texts) : null;

    },

    async set(id, values, expire) {

      const found = await takeover.load(id);
      const isFound = (side: Side) => found?.status === 'live' && side.versionIn(found.version) !== undefined;
      const side = [from, to].find(isFound) ?? home;
      await side.store.set(side.idOf(id), values, expire);

    },

    async delete(id) {

      if (locks.release(id)) {
        await Promise.all([from.store.delete(from.idOf(id)), to.store.delete(to.idOf(id))]);
        return;
      }
      await from.store.delete(from.idOf(id));
      await from.store.delete(from.asideOf(id));
      await to.store.delete(to.reservedOf(id));
      await to.store.delete(to.idOf(id));

    },

    async create(id, texts, terms) {

      if (!isLock(texts, terms)) return home.store.create(home.idOf(id), texts, terms);
      const isCreated = await createLock(id, texts, terms);
      if (isCreated) locks.hold(id, terms.lifetime);
      return isCreated;

    },

    update: (id, change, terms) => whereItIs(id, terms, 'gone', (side, rest) => side.store.update(side.idOf(id), change, rest)),

    async touch(id, lifetime, user) {

      const touched = (side: Side) => side.store.touch(side.idOf(id), lifetime, user);
      if (locks.isHeld(id)) {
        const answers = await Promise.all((home === to ? [from, to] : [from]).map(touched));
        if (answers.includes(false)) return false;
        locks.hold(id, lifetime);
        return true;
      }
      return await whereItIs(id, {}, false, touched) === true;

    },

    move: (id, newId, change, terms) => whereItIs(id, terms, 'gone', async (side, rest) => {
      if (side === to && !await endLeftBehind(from, to, id)) return 'gone';
      const answer = await side.store.move(side.idOf(id), side.idOf(newId), change, rest);
      // A store with four methods leaves no mark that others see. What a process that died has left there must not come back.
      if (answer === 'moved' && !side.keepsMarks) await to.store.delete(to.reservedOf(id));
      return answer;
    }),

    end: endInBoth,

  };

  /** A lock excludes the holders in processes that know one of the stores only: while sessions move, it is in both. */
  async function createLock(id: string, texts: SessionTexts, terms: CreateTerms): Promise<boolean> {

    const left = countdown(terms);
    if (await from.store.create(from.idOf(id), texts, terms) !== true) return false;
    if (home === from) return true;
    let isCreated: boolean | 'revoked' = false;
    try {
      isCreated = await to.store.create(to.idOf(id), texts, { ...terms, patience: restOf(left) });
    } finally {
      if (isCreated !== true) await from.store.delete(from.idOf(id));
    }
    return isCreated === true;

  }

}
