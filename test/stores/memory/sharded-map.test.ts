import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { ShardedMap } from '../../../src/stores/memory/sharded-map.js';
import { anyText } from '../../support/any-text.js';

const key = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'aa', '__proto__', '\t', '\n', '\\', '"', '\\t', '\ud800', '\udc00', '😀', '\u2028', '\0', '\x7f'),
  anyText({ maxLength: 8 }),
);

describe('ShardedMap', () => {

  it('behaves like a Map, except for the order', () => {

    const command = fc.oneof(
      fc.record({ act: fc.constant('set'), key, value: fc.nat() }),
      fc.record({ act: fc.constantFrom('get', 'has', 'delete'), key }),
      fc.record({ act: fc.constantFrom('clear', 'look'), key: fc.constant('') }, { requiredKeys: ['act', 'key'] }),
    ) as fc.Arbitrary<{ act: 'set' | 'get' | 'has' | 'delete' | 'clear' | 'look'; key: string; value?: number }>;
    fc.assert(fc.property(fc.array(command, { maxLength: 100 }), commands => {
      const model = new Map<string, number>();
      const real = new ShardedMap<number>();
      for (const { act, key: name, value } of commands) {
        switch (act) {
          case 'set':
            model.set(name, value as number);
            strictEqual(real.set(name, value as number), real);
            break;
          case 'clear':
            model.clear();
            real.clear();
            break;
          case 'look':
            lookSame(model, real);
            break;
          default:
            strictEqual(real[act](name), model[act](name));
        }
        strictEqual(real.size, model.size);
      }
      lookSame(model, real);
    }));

  });

  function lookSame(model: Map<string, number>, real: ShardedMap<number>) {

    const visited: Array<[string, number]> = [];
    const thisArg = {};
    real.forEach(function (this: unknown, value, name, map) {
      strictEqual(this, thisArg);
      strictEqual(map, real);
      visited.push([name, value]);
    }, thisArg);
    const sorted = (entries: Iterable<[string, number]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
    deepStrictEqual(sorted(real), sorted(model));
    deepStrictEqual(sorted(real.entries()), sorted(model));
    deepStrictEqual(sorted(visited), sorted(model));
    deepStrictEqual([...real.keys()], visited.map(([name]) => name));
    deepStrictEqual([...real.values()], visited.map(([, value]) => value));
    deepStrictEqual(new Map(real), new Map(visited));

  }

  it('allows deletions during an iteration', () => {

    const map = new ShardedMap<number>();
    for (let i = 0; i < 1000; i++) map.set(`id ${i}`, i);
    let seen = 0;
    for (const [name] of map) {
      seen++;
      map.delete(name);
    }
    strictEqual(seen, 1000);
    strictEqual(map.size, 0);

  });

  it('spreads ids evenly, so that no shard is large', () => {

    const map = new ShardedMap<number>();
    for (let i = 0; i < 100_000; i++) map.set(`session:${i}`, i);
    const parts = [...map.oldest()].length;
    ok(parts > 200, `${parts} parts`);

  });

  describe('lists its keys in pages', () => {

    const filled = (count: number) => {
      const map = new ShardedMap<number>();
      for (let i = 0; i < count; i++) map.set(`session:${i}`, i);
      return map;
    };
    const pageOf = (map: ShardedMap<number>, after: string, limit: number) => {
      const page: string[] = [];
      for (const name of map.keysAfter(after)) {
        page.push(name);
        if (page.length === limit) break;
      }
      return page;
    };
    function* pages(map: ShardedMap<number>, limit: number): Generator<string[]> {
      for (let page = pageOf(map, '', limit); page.length > 0; page = pageOf(map, page.at(-1) as string, limit)) yield page;
    }

    it('each key once, also those of a list that goes on after another one', () => {

      const map = filled(5000);
      const [one, other] = [pages(map, 7), pages(map, 11)];
      const seen: [string[], string[]] = [[], []];
      for (let isDone = false; !isDone;) {
        const next = [one.next(), other.next(), one.next()];
        isDone = next.every(({ done }) => done);
        for (const [index, { value }] of next.entries()) seen[index % 2 as 0 | 1].push(...value ?? []);
      }
      for (const keys of seen) deepStrictEqual([...keys].sort(), [...map.keys()].sort());

    });

    it('with those that were added before a list came to their shard, and without those that were removed', () => {

      const map = filled(5000);
      const unfinished = pages(map, 5);
      unfinished.next();
      for (let i = 5000; i < 6000; i++) map.set(`session:${i}`, i);
      for (let i = 0; i < 1000; i++) map.delete(`session:${i}`);
      const seen = [...pages(map, 5)].flat();
      deepStrictEqual(seen.sort(), [...map.keys()].sort());

    });

    it('without sorting a shard for each page', t => {

      const map = filled(20_000);
      let sorted = 0;
      const { sort } = Array.prototype;
      t.after(() => Object.assign(Array.prototype, { sort }));
      Object.assign(Array.prototype, { sort(this: unknown[]) {
        sorted++;
        return sort.call(this);
      } });
      let count = 0;
      for (const page of pages(map, 2)) count += page.length;
      strictEqual(count, 20_000);
      ok(sorted < 1000, `it sorted ${sorted} times`);

    });

  });

  it('shows its entries when it is printed', () => {

    strictEqual(inspect(new ShardedMap().set('a', 1)), inspect(new Map([['a', 1]])));

  });

});
