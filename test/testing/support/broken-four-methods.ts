import type { SessionValues } from '../../../src/index.js';
import { FourMethods } from './four-methods.js';

class RepeatsIds extends FourMethods {

  readonly #ids: string[] = [];

  override async newSessionId() {
    if (this.#ids.length > 1000) return this.#ids[0] as string;
    this.#ids.push(await super.newSessionId());
    return this.#ids.at(-1) as string;
  }

}

class CountsIds extends FourMethods {

  #count = 0;

  override async newSessionId() {
    return `session-of-a-store-that-counts-${String(++this.#count).padStart(20, '0')}`;
  }

}

class MakesShortIds extends FourMethods {

  override async newSessionId() {
    return (await super.newSessionId()).slice(0, 16);
  }

}

class MakesUnprintableIds extends FourMethods {

  override async newSessionId() {
    return `${await super.newSessionId()}\n`;
  }

}

class FoldsCase extends FourMethods {

  override get(id: string) {
    return super.get(id.toLowerCase());
  }

  override set(id: string, values: SessionValues, expire: number) {
    return super.set(id.toLowerCase(), values, expire);
  }

}

class DropsSpaces extends FourMethods {

  override get(id: string) {
    return super.get(id.trimEnd());
  }

}

class MatchesPatterns extends FourMethods {

  override async get(id: string) {
    const found = [...this.rows.keys()].find(key => id === '%' || key === id);
    return found === undefined ? null : super.get(found);
  }

}

class Normalizes extends FourMethods {

  override get(id: string) {
    return super.get(id.normalize());
  }

  override set(id: string, values: SessionValues, expire: number) {
    return super.set(id.normalize(), values, expire);
  }

}

class EndsAtNul extends FourMethods {

  override get(id: string) {
    return super.get(id.split('\0', 1)[0] as string);
  }

  override set(id: string, values: SessionValues, expire: number) {
    return super.set(id.split('\0', 1)[0] as string, values, expire);
  }

}

class FindsInherited extends FourMethods {

  override async get(id: string) {
    return await super.get(id) ?? ({} as Record<string, SessionValues>)[id] ?? null;
  }

}

class RemovesByPattern extends FourMethods {

  override async delete(id: string) {
    if (id === '*') this.rows.clear();
    return super.delete(id);
  }

}

class RefusesForeignIds extends FourMethods {

  override get(id: string) {
    if (!/^[\da-f]{32}$/.test(id)) throw new Error('no id of mine');
    return super.get(id);
  }

}

class KeepsTooMuchOfMovedIds extends FourMethods {

  override async newSessionId(moving?: string) {
    return (moving ?? await super.newSessionId()).slice(0, 24) + (await super.newSessionId()).slice(0, 8);
  }

}

class NeverExpires extends FourMethods {

  override set(id: string, values: SessionValues) {
    return super.set(id, values, Infinity);
  }

}

class ExpiresInMilliseconds extends FourMethods {

  override set(id: string, values: SessionValues, expire: number) {
    return super.set(id, values, expire / 1000);
  }

}

class NeverShortens extends FourMethods {

  override set(id: string, values: SessionValues, expire: number) {
    return super.set(id, values, Math.max(expire, this.rows.get(id)?.expire ?? 0));
  }

}

class Merges extends FourMethods {

  override async set(id: string, values: SessionValues, expire: number) {
    await super.set(id, { ...await this.get(id), ...values }, expire);
  }

}

class AssignsKeys extends FourMethods {

  override async get(id: string) {
    const values = await super.get(id);
    const assigned: SessionValues = {};
    for (const key of Object.keys(values ?? {})) assigned[key] = values?.[key];
    return values && assigned;
  }

}

class RefusesUnknown extends FourMethods {

  override async get(id: string) {
    const values = await super.get(id);
    if (!values) throw new Error('not found');
    return values;
  }

}

class DeletesOnce extends FourMethods {

  override async delete(id: string) {
    if (!this.rows.has(id)) throw new Error('not found');
    await super.delete(id);
  }

}

class DoesNotDelete extends FourMethods {

  override async delete() {}

}

class DeletesAll extends FourMethods {

  override async delete() {
    this.rows.clear();
  }

}

class ReturnsText extends FourMethods {

  override async get(id: string) {
    return (JSON.stringify(await super.get(id)) ?? null) as unknown as SessionValues;
  }

}

class CutsLatin1 extends FourMethods {

  override async get(id: string) {
    const values = await super.get(id);
    return values && JSON.parse(Buffer.from(JSON.stringify(values), 'latin1').toString('latin1'));
  }

}

class LosesLateWrites extends FourMethods {

  #last = '';

  override async set(id: string, values: SessionValues, expire: number) {
    const isBusy = this.#last === id;
    this.#last = id;
    if (!isBusy) await super.set(id, values, expire);
    setImmediate(() => {
      this.#last = '';
    });
  }

}

const VALUES = 'get() returns exactly what set() was given: ';

/** Stores that break one sentence of the four methods each, and the tests that must catch them. */
const EXACTLY = 'set() stores a session under exactly the id that it is given, or refuses that id with an error';
const ODD = 'A text that is not the id of a session neither finds nor removes one';

export const BROKEN_FOUR_METHODS: { readonly [fault: string]: readonly [(now: () => number) => FourMethods, ...string[]] } = {
  'repeats ids': [now => new RepeatsIds(now), 'newSessionId() never returns an id twice'],
  'counts ids': [now => new CountsIds(now), 'An id has at least 128 bits of a CSPRNG'],
  'makes short ids': [now => new MakesShortIds(now), 'An id has at least 128 bits of a CSPRNG'],
  'makes ids that can\'t be printed': [now => new MakesUnprintableIds(now), 'An id is a printable text of at most 512 characters, without "..", and not the name of a property that every object has'],
  'ignores the case of ids': [now => new FoldsCase(now), 'A text that differs from an id in any way finds no session', EXACTLY],
  'ignores spaces at the end of ids': [now => new DropsSpaces(now), 'A text that differs from an id in any way finds no session', EXACTLY],
  'normalizes ids': [now => new Normalizes(now), EXACTLY],
  'ends ids at NUL': [now => new EndsAtNul(now), EXACTLY],
  'finds inherited properties': [now => new FindsInherited(now), ODD],
  'removes sessions by a pattern': [now => new RemovesByPattern(now), ODD],
  'finds sessions by a pattern': [now => new MatchesPatterns(now), 'A text that can be an id, but that the store did not make, finds no session'],
  'throws for ids of another form': [now => new RefusesForeignIds(now), 'A text that can be an id, but that the store did not make, finds no session'],
  'keeps too much of an id that moves': [now => new KeepsTooMuchOfMovedIds(now), 'An id for a session that moves has at least 128 bits of a CSPRNG beside the part that it keeps of the former id'],
  'keeps sessions forever': [now => new NeverExpires(now), 'get() returns null or undefined for a session whose `expire` has passed', 'set() with an `expire` in the past leaves no session'],
  'counts in milliseconds': [now => new ExpiresInMilliseconds(now), 'get() returns a session whose `expire` has not passed'],
  'never shortens a lifetime': [now => new NeverShortens(now), 'The last `expire` counts: set() can lengthen the life of a session, and shorten it'],
  'merges values': [now => new Merges(now), 'set() replaces all values of a session'],
  'assigns the key __proto__': [now => new AssignsKeys(now), `${VALUES}any keys`],
  'throws for an unknown id': [now => new RefusesUnknown(now), 'get() returns null or undefined for an unknown id'],
  'throws if there is nothing to delete': [now => new DeletesOnce(now), 'delete() succeeds if there is nothing to remove'],
  'does not delete': [now => new DoesNotDelete(now), 'delete() removes the session, and no other'],
  'deletes all sessions': [now => new DeletesAll(now), 'delete() removes the session, and no other'],
  'returns a text': [now => new ReturnsText(now), 'set() replaces all values of a session'],
  'keeps half of each character': [now => new CutsLatin1(now), `${VALUES}texts of any characters`, `${VALUES}any keys`],
  'loses one of two writes': [now => new LosesLateWrites(now), 'set() replaces all values of a session'],
};
