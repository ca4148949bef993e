import type { CreateTerms, MoveTerms, SessionChange, SessionTexts, UpdateTerms } from '../../../src/index.js';
import { merge } from '../../../src/values/texts-change.js';
import { OneRecordStore } from './one-record-store.js';

type Update = [id: string, change: SessionChange, terms: UpdateTerms];

/** Reads, and then writes: a change in between is overwritten. */
class UpdatesInTwoSteps extends OneRecordStore {

  override async update(...[id, change, { lifetime, version }]: Update) {
    const found = await this.load(id);
    if (found?.status !== 'live') return 'gone';
    if (version !== undefined && version !== found.version) return 'conflict';
    const texts = merge(found.texts, change);
    const unset = [...found.texts.keys()].filter(key => !texts.has(key));
    return super.update(id, { set: texts, unset }, { lifetime });
  }

}

class ComparesVersionsBefore extends OneRecordStore {

  override async update(...[id, change, { lifetime, version }]: Update) {
    const found = await this.load(id);
    if (version !== undefined && found?.status === 'live' && version !== found.version) return 'conflict';
    return super.update(id, change, { lifetime });
  }

}

class LooksBeforeItCreates extends OneRecordStore {

  override async create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    if (await this.load(id)) return false;
    await this.delete(id);
    return super.create(id, texts, { lifetime });
  }

}

class WritesBackWhatItTouched extends OneRecordStore {

  override async touch(id: string, lifetime: number) {
    const found = await this.load(id);
    if (found?.status !== 'live') return false;
    await super.touch(id, lifetime);
    return await super.update(id, { set: found.texts, unset: [] }, { lifetime }) === 'updated';
  }

}

class RevivesByLateTouch extends OneRecordStore {

  override async touch(id: string, lifetime: number) {
    const found = await this.load(id);
    if (found?.status !== 'live') return false;
    if (await super.touch(id, lifetime)) return true;
    await this.delete(id);
    return super.create(id, found.texts, { lifetime });
  }

}

class EndsInTwoSteps extends OneRecordStore {

  override async end(id: string) {
    const found = await this.load(id);
    await super.end(id);
    return found?.status === 'live' || found?.moved === true;
  }

}

class EmptiesInTwoSteps extends OneRecordStore {

  override async update(...[id, change, { lifetime, version }]: Update) {
    const found = await this.load(id);
    const isEmptied = found?.status === 'live' && merge(found.texts, change).size === 0;
    if (!isEmptied) return super.update(id, change, { lifetime, version });
    return await this.end(id) ? 'updated' : 'gone';
  }

}

class TakesTwice extends OneRecordStore {

  override async take(id: string, newId: string) {
    const found = await this.load(id);
    await super.take(id, newId);
    return found?.status === 'live' ? found.texts : null;
  }

}

class TakesWhatItKnew extends OneRecordStore {

  override async take(id: string, newId: string) {
    const found = await this.load(id);
    const texts = await super.take(id, newId);
    return texts && found?.status === 'live' ? found.texts : texts;
  }

}

class TakesWithoutAMark extends OneRecordStore {

  override async take(id: string, newId: string) {
    const texts = await super.take(id, newId);
    if (texts) await this.delete(id);
    return texts;
  }

}

class TakesNothing extends OneRecordStore {

  override async take(id: string, newId: string) {
    return await super.take(id, newId) ?? new Map();
  }

}

/** Has `move`, and keeps two records of a session for a moment. */
class MovesInTwoSteps extends OneRecordStore {

  async move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    const found = await this.load(id);
    if (found?.status !== 'live') return 'gone' as const;
    const texts = merge(found.texts, change);
    await this.create(newId, texts, { lifetime });
    if (await this.take(id, newId)) return 'moved' as const;
    await this.end(newId);
    return 'gone' as const;
  }

}

const SOME_ORDER = 'Race: calls at once get the answers that they would get one after the other, in some order';
const DIFFERENT_KEYS = 'Race: updates of different keys are all kept';

/** Stores that take two steps instead of one, and the tests that must catch them. */
export const RACING_STORES: { readonly [fault: string]: readonly [(now: () => number) => OneRecordStore, ...string[]] } = {
  'reads and writes in two steps': [now => new UpdatesInTwoSteps(now), SOME_ORDER, DIFFERENT_KEYS, 'Race: counts by updates with a version are exact', 'Requests: parallel changes of different keys are all kept, and a key that one of them removes stays removed', 'Requests: updateSession() counts exactly'],
  'compares the version before it writes': [now => new ComparesVersionsBefore(now), 'Race: of updates with the same version, one is carried out, and the others return "conflict"', 'Race: counts by updates with a version are exact', 'Requests: updateSession() counts exactly'],
  'looks before it creates': [now => new LooksBeforeItCreates(now), 'Race: of creations under one id, one succeeds, and its session is stored'],
  'touches by a rewrite': [now => new WritesBackWhatItTouched(now), 'Race: a touch neither undoes a change nor causes a conflict'],
  'revives by a late touch': [now => new RevivesByLateTouch(now), 'Race: no update and no touch brings an ended session back', 'Race: no touch brings the old id of a moved session back'],
  'looks before it ends': [now => new EndsInTwoSteps(now), 'Race: of several calls that end a session, exactly one returns true'],
  'ends a session that it found empty': [now => new EmptiesInTwoSteps(now), 'Race: an update that removes all keys that it knows does not remove one that another adds, whichever comes first', 'Requests: a request that removes the last key does not remove a key that another one adds'],
  'lets two calls take a session': [now => new TakesTwice(now), 'Race: of two moves of one session, exactly one succeeds', 'Requests: of two regenerations of one id, exactly one succeeds'],
  'takes the values of an earlier read': [now => new TakesWhatItKnew(now), 'Race: a move keeps every update that was acknowledged, and the others find the session gone', 'Requests: a regeneration keeps every acknowledged change, and a later change gets 409 and no cookie'],
  'takes without a mark': [now => new TakesWithoutAMark(now), 'A move puts the stored session under its new id, and retires the old id', 'Requests: a late request with an old id reads nothing, changes nothing, and takes no newer cookie away'],
  'takes a session that does not exist': [now => new TakesNothing(now), 'take(), if the store has it, returns null and leaves no mark if there is no live session'],
  'moves in two steps': [now => new MovesInTwoSteps(now), SOME_ORDER, 'Race: a move keeps every update that was acknowledged, and the others find the session gone'],
};
