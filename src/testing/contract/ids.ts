import type { Awaitable, SessionStore } from '../../base/store.js';
import { isPlausibleId } from '../../id/session-id.js';
import { expect, expectSame, show } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { expireIn, LONG, type Scene } from '../lib/scene.js';

/** Enough for each character that is possible at a place to occur there. */
const MANY = 2000;

/** OWASP ASVS 5.0, 7.2.3. */
const LEAST_BITS = 128;

/** Texts that a browser may send as a cookie, and that an engine may take for something else. */
const FOREIGN: readonly string[] = [
  'no id of a session', '0', '-1', 'null', 'undefined',
  '%', '_', '*', '?', '$', '\'', '"', '`', '\\', '/', 'a/b', '.', '~', ':', 'a:b', '{a}', '[a]',
  '(1)', '; --', '\' OR 1=1; --', '\u0024{a}', '{{a}}', '%00', 'a b', ' ', 'é', '日本', '😀', '\ufeff', 'x'.repeat(512), '日'.repeat(512),
];

/** Texts that can't be ids, so that no cookie brings them to the store, and texts that some store takes for something else. */
const ODD: readonly string[] = [
  '', ' ', '\0', '\'', '"', ';--', '%', '_', '\\', '\r\n', '{a}', '}', '*', '../x', 'CON', 'x'.repeat(1_000_000), '\ud800',
  '\u00e9', 'e\u0301', 'A', 'a', 'a ', '__proto__', 'constructor', '0x10', '16', '[', '?', ':', '\u202e', '\uffff',
];

export const ids: readonly Rule[] = [
  {
    sentence: 'newSessionId() never returns an id twice',
    check: async ({ a, b }) => {
      const moving = await a.newSessionId();
      const made = [moving];
      for (const { store } of [a, b]) made.push(...await many(store), ...await many(store, moving));
      const known = new Set<string>();
      const twice = made.find(id => known.size === known.add(id).size);
      expect(twice === undefined, () => `Among ${made.length} ids, this one occurs twice: ${show(twice)}`);
    },
  },
  {
    sentence: 'An id is a printable text of at most 512 characters, without "..", and not the name of a property that every object has',
    check: async ({ a }) => {
      const [moving] = await many(a.store) as [string];
      for (const id of [...await many(a.store), ...await many(a.store, moving)]) {
        expect(typeof id === 'string' && isPlausibleId(id), () => `newSessionId() returned ${show(id)}`);
      }
    },
  },
  {
    sentence: 'An id has at least 128 bits of a CSPRNG',
    check: async ({ a }) => expectBits(await many(a.store)),
  },
  {
    sentence: 'An id for a session that moves has at least 128 bits of a CSPRNG beside the part that it keeps of the former id',
    check: async ({ a }) => expectBits(await many(a.store, await a.newSessionId())),
  },
  {
    sentence: 'isSessionId(), if the store has it, recognises the store\'s own ids',
    check: async ({ a, b }) => {
      const id = await a.newSessionId();
      for (const own of [id, await a.newSessionId(id)]) {
        expect(b.isSessionId(own) === true, () => `isSessionId(${show(own)}) returned ${show(b.isSessionId(own))}`);
      }
    },
  },
  {
    sentence: 'A text that can be an id, but that the store did not make, finds no session',
    check: async scene => {
      // A pattern would find this session.
      await scene.a.set(await scene.id(), { a: 1 }, expireIn(LONG));
      for (const id of FOREIGN) await expectUnknown(scene, id);
    },
  },
  {
    sentence: 'A text that differs from an id in any way finds no session',
    check: async scene => {
      const id = await scene.id();
      await scene.a.set(id, { a: 1 }, expireIn(LONG));
      const others = [
        id.toUpperCase(), id.toLowerCase(), swapCase(id), `${id} `, ` ${id}`, `${id}x`, `x${id}`, id.slice(0, -1), id.slice(1),
        id.slice(0, id.length / 2), [...id].reverse().join(''), `${id}\u0301`, `${id}%`, `${id.slice(0, -1)}_`, `${id.slice(0, -1)}?`,
        `${id.slice(0, -1)}*`, lastChanged(id),
      ];
      for (const other of others) if (other !== id) await expectUnknown(scene, other);
    },
  },
  {
    sentence: 'A text that is not the id of a session neither finds nor removes one',
    check: async scene => {
      const kept = await scene.id();
      await scene.a.set(kept, { a: 1 }, expireIn(LONG));
      for (const odd of ODD) {
        for (const { store } of scene.both) {
          const [found] = await orRefusal(() => store.get(odd));
          expectSame(`What get() returned for ${show(odd)}`, found ?? null, null);
          await orRefusal(() => store.delete(odd));
        }
      }
      await scene.expectValues(kept, { a: 1 });
    },
  },
  {
    sentence: 'set() stores a session under exactly the id that it is given, or refuses that id with an error',
    check: async scene => {
      const own = await scene.id();
      const taken = new Map<string, number>();
      for (const [place, odd] of ODD.entries()) {
        const id = own + odd;
        scene.own(id);
        const [, refusal] = await orRefusal(() => scene.a.store.set(id, { place }, expireIn(LONG)));
        if (refusal === undefined) taken.set(id, place);
      }
      for (const [id, place] of taken) expectSame(`What get() returned for ${show(id)}`, (await scene.b.get(id))?.place, place);
      for (const id of taken.keys()) {
        await scene.b.delete(id);
        expectSame(`What get() returned for ${show(id)}, which was deleted`, await scene.a.get(id), null);
      }
    },
  },
];

/** Returns the store's answer, or the error with which it refuses a text that can't be an id. */
async function orRefusal<T>(call: () => Awaitable<T>): Promise<readonly [answer: T | undefined, refusal?: unknown]> {

  try {
    return [await call()];
  } catch (refusal) {
    return [undefined, refusal];
  }

}

async function many(store: SessionStore, ...moving: readonly [string?]): Promise<string[]> {

  const make = store.newSessionId.bind(store) as (...moving: readonly unknown[]) => unknown;
  const made: string[] = [];
  while (made.length < MANY) made.push(...await Promise.all(Array.from({ length: 100 }, () => make(...moving))) as string[]);
  return made;

}

function expectBits(ids: readonly string[]): void {

  const bits = mostBits(ids);
  expect(bits > LEAST_BITS - 0.01, () => `${ids.length} ids such as ${show(ids[0])} differ in ${Math.floor(bits)} bits at most`);

}

/** Returns the most bits that ids can have, if only the characters that occurred are possible at each place. */
function mostBits(ids: readonly string[]): number {

  const places: Array<Set<string>> = [];
  for (const id of ids) {
    for (let place = 0; place < id.length; place++) (places[place] ??= new Set()).add(id.charAt(place));
  }
  return places.reduce((bits, { size }) => bits + Math.log2(size), 0);

}

async function expectUnknown(scene: Scene, id: string): Promise<void> {

  // No other text reaches the store.
  if (!isPlausibleId(id) || !scene.a.isSessionId(id)) return;
  for (const store of scene.both) {
    expectSame(`What get() returned for ${show(id)}`, await store.get(id), null);
    if (store.isAtomic) expectSame(`What load() returned for ${show(id)}`, await store.load(id), null);
  }

}

function swapCase(id: string): string {

  return id.replace(/\p{L}/gu, letter => letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase());

}

function lastChanged(id: string): string {

  return id.slice(0, -1) + (id.endsWith('a') ? 'b' : 'a');

}
