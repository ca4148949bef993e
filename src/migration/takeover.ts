import { SessionStoreError } from '../base/errors.js';
import type { FoundSession, LiveSession, LoadTerms, RetiredSession, StoredInfo } from '../base/store.js';
import { KEEPS_NOTHING, OTHER_RECORD } from '../values/other-record.js';
import { difference, NO_CHANGE } from '../values/texts-change.js';
import { ASIDE, asideFor } from './aside.js';
import { isMoved, PLACE_LIFETIME, type Side } from './side.js';
import { whereabouts } from './whereabouts.js';

/*
 * Finds a session in one of two stores, and takes it over into the other.
 *
 * A session is live under its own id in one store at most, so whoever finds it there
 * may use it. A takeover is three steps, each of which is atomic in its store:
 *
 * 1. A record in `to` reserves a place for the session, under an id that is derived
 *    from the session's. It has the session's user and handle.
 * 2. In `from`, the session moves to another derived id, if it still has the version
 *    that was read. It is now live in neither store.
 * 3. In `to`, the record moves to the session's own id, and gets its values.
 *
 * If the process dies, the next one that looks for the session goes on from there,
 * and two that do so at once do no harm: step 2 and 3 succeed once. Whoever ends a
 * session does so in `from` first, wherever it is there, and then in `to`, which ends
 * the reserved place, too. So either step 2 or step 3 fails (docs/decisions/060).
 *
 * `from` may be a store with four methods, in which no process sees what another one
 * has moved. There the reserved record has the values from the beginning, and step 2
 * ends the session in `from`.
 */

/** How often a session is looked for while other requests move or change it. */
const MOST_TRIES = 20;

/** After so many tries, a session that other requests keep changing is used in `from`. */
const TRIES_OF_TAKEOVER = 10;

const AGAIN = 'again';

/** A search for one session. */
interface Search {
  readonly id: string;
  tries: number;
  /** Whether it has made the record that reserves a place. */
  hasReserved: boolean;
  /** Whether the session can't be taken over now: a mark has its place. */
  isBlocked: boolean;
  /** Whether it has looked once more, since the session may have moved between two looks. */
  hasLookedAgain: boolean;
}

export class Takeover {

  readonly from: Side;
  readonly to: Side;
  /** Both, in the order in which they are asked: most sessions are in the first. */
  readonly order: readonly [Side, Side];

  readonly #lifetime: number;

  /**
   * @param takesOver whether sessions in `from` are taken over; if not, they are used there
   * @param lifetime seconds, for a session of which `from` does not know how long it lives
   */
  constructor(from: Side, to: Side, takesOver: boolean, lifetime: number) {

    this.from = from;
    this.to = to;
    this.order = takesOver ? [to, from] : [from, to];
    this.#lifetime = lifetime;

  }

  /** Finds a session in either store, with a version that names the store; takes it over if it is in `from`. */
  async load(id: string, terms?: LoadTerms): Promise<FoundSession | null> {

    const search: Search = { id, tries: 0, hasReserved: false, isBlocked: false, hasLookedAgain: false };
    while (++search.tries <= MOST_TRIES) {
      const found = await this.#look(search, search.tries === 1 ? terms : undefined);
      if (found === AGAIN) continue;
      // A place that is not needed would be in lists of the user's sessions.
      if (search.hasReserved) await this.to.store.delete(this.to.reservedOf(id));
      return found;
    }
    throw new SessionStoreError('Other requests kept moving the session between the two stores');

  }

  async #look(search: Search, terms: LoadTerms | undefined): Promise<FoundSession | null | typeof AGAIN> {

    const { id } = search;
    const [first, second] = this.order;
    const inFirst = await first.load(id, terms);
    if (inFirst?.status === 'live') return first.named(inFirst);
    const inSecond = await second.load(id);
    if (inSecond?.status === 'live') {
      if ((inFirst || search.isBlocked) && first === this.to && await first.hasSession(id)) {
        // It has another id in `to`, and a copy whose process died has left it here.
        await second.store.end(second.idOf(id), { moved: true });
        return AGAIN;
      }
      const isKept = second === this.to || inSecond.texts.has(OTHER_RECORD) || search.isBlocked || search.tries > TRIES_OF_TAKEOVER;
      // A mark in `to` has the place of the session for half a minute, after a takeover in the other direction.
      return isKept || inFirst?.status === 'retired' ? second.named(inSecond) : this.#takeOver(search, inSecond);
    }
    for (const found of [inSecond, inFirst]) if (found?.status === 'retired' && !found.moved) return found;
    const [inFrom, inTo] = second === this.from ? [inSecond, inFirst] : [inFirst, inSecond];
    return await this.#between(this.from, this.to, [inFrom, inTo], search)
      ?? await this.#between(this.to, this.from, [inTo, inFrom], search)
      ?? this.#notLive(search, inSecond, inFirst);

  }

  /**
   * Looks for a session that has left one store and may not have reached the other yet;
   * null if there is none. A mark in the other one says that it has been there.
   */
  async #between(
    left: Side, other: Side, [inLeft, inOther]: readonly [FoundSession | null, FoundSession | null], search: Search,
  ): Promise<FoundSession | typeof AGAIN | null> {

    const { id } = search;
    if (inOther?.status === 'retired') return null;
    if (left.keepsMarks) {
      // If its process died, the mark may be forgotten by now. That of the other direction is looked for by those who move that way.
      if (!isMoved(inLeft) && (inLeft !== null || left === this.to)) return null;
      const aside = await left.store.load(left.asideOf(id));
      return aside?.status === 'live' ? this.#arrive(left, other, aside, search) : null;
    }
    const reserved = await other.store.load(other.reservedOf(id));
    if (reserved?.status === 'live' && !reserved.texts.has(OTHER_RECORD)) return this.#arriveWithValues(other, reserved, search);
    return isMoved(reserved) ? this.#onceMore(search) : null;

  }

  async #notLive(search: Search, inSecond: FoundSession | null, inFirst: FoundSession | null): Promise<FoundSession | null | typeof AGAIN> {

    if (!isMoved(inFirst) && !isMoved(inSecond)) return inSecond ?? inFirst;
    // It may have reached the other store after that was asked.
    const again = this.#onceMore(search);
    if (again) return again;
    // The mark of a takeover has no info: what the other store has says where the session went after it, or that it has expired.
    const both = inFirst && inSecond && [inFirst, inSecond];
    if (both) return both.find(found => isMoved(found) && found.info) ?? both.find(({ status }) => status === 'expired') ?? inSecond;
    const [first, second] = this.order;
    const [mark, other] = isMoved(inFirst) ? [inFirst, second] : [inSecond as RetiredSession, first];
    return whereabouts(search.id, mark, { other, from: this.from });

  }

  #onceMore(search: Search): typeof AGAIN | null {

    if (search.hasLookedAgain) return null;
    search.hasLookedAgain = true;
    return AGAIN;

  }

  async #takeOver(search: Search, found: LiveSession): Promise<FoundSession | typeof AGAIN> {

    const { from, to } = this;
    const { id } = search;
    if (!from.keepsMarks) return this.#takeOverWithValues(search, found);
    if (!await this.#reserve(to, search, found.info)) return AGAIN;
    const answer = await from.store.move(from.idOf(id), from.asideOf(id), asideFor(to.idOf(id)), { lifetime: found.remaining, version: found.version });
    return answer === 'moved' ? this.#arrive(from, to, found, search) : AGAIN;

  }

  /** The last step: the session is live again. */
  async #arrive(left: Side, other: Side, session: LiveSession, search: Search): Promise<FoundSession | typeof AGAIN> {

    const { id } = search;
    const set = new Map(session.texts);
    set.delete(ASIDE);
    const change = { set, unset: [OTHER_RECORD] };
    const answer = await other.store.move(other.reservedOf(id), other.idOf(id), change, { lifetime: session.remaining });
    if (answer !== 'moved') {
      // The place is gone: its time was over, or the session has been here, or has ended. The next look finds out.
      // Without a mark: a copy that has just put it there takes one for its end.
      if (await other.hasSession(id)) await left.store.delete(left.asideOf(id));
      else await this.#reserve(other, search, session.info);
      return AGAIN;
    }
    search.hasReserved = false;
    const [found] = await Promise.all([other.load(id), left.store.end(left.asideOf(id), { moved: true })]);
    return found?.status === 'live' ? other.named(found) : AGAIN;

  }

  async #takeOverWithValues(search: Search, found: LiveSession): Promise<FoundSession | typeof AGAIN> {

    const { from, to } = this;
    const { id } = search;
    const lifetime = found.remaining > 0 ? found.remaining : this.#lifetime;
    if (!await this.#reserve(to, search, found.info, { texts: found.texts, lifetime })) return AGAIN;
    if (!await from.store.end(from.idOf(id), { moved: true })) return AGAIN;
    return this.#arriveWithValues(to, { ...found, remaining: lifetime }, search);

  }

  async #arriveWithValues(other: Side, reserved: LiveSession, search: Search): Promise<FoundSession | typeof AGAIN> {

    const { id } = search;
    const answer = await other.store.move(other.reservedOf(id), other.idOf(id), NO_CHANGE, { lifetime: reserved.remaining });
    if (answer !== 'moved') return AGAIN;
    search.hasReserved = false;
    const found = await other.load(id);
    return found?.status === 'live' ? other.named(found) : AGAIN;

  }

  /**
   * Reserves a place for a session, unless another process has done so.
   *
   * @returns false if that is not possible
   */
  async #reserve(
    side: Side, search: Search, info: StoredInfo | undefined, { texts, lifetime } = { texts: KEEPS_NOTHING, lifetime: PLACE_LIFETIME },
  ): Promise<boolean> {

    const { store } = side;
    const id = side.reservedOf(search.id);
    if (await store.create(id, texts, { lifetime, newInfo: info && { info } }) === true) {
      search.hasReserved = true;
      return true;
    }
    const reserved = await store.load(id);
    if (reserved?.status === 'live') {
      if (texts === KEEPS_NOTHING) return true;
      return await store.update(id, difference(reserved.texts, texts), { lifetime, version: reserved.version }) === 'updated';
    }
    // What a process that died has left of a takeover in the other direction: the session is live in the other store again.
    const aside = await store.load(side.asideOf(search.id));
    if (aside?.status === 'live') await store.delete(side.asideOf(search.id));
    else search.isBlocked = true;
    return false;

  }

}
