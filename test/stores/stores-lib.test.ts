import { merge } from '../../src/values/texts-change.js';
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { KeyedLock } from '../../src/stores/four-method/keyed-lock.js';
import { pack, repack, unpack } from '../../src/stores/shared/packed-texts.js';
import { RetiredIds } from '../../src/stores/shared/retired-ids.js';
import { ShardedMap } from '../../src/stores/memory/sharded-map.js';
import { anyText } from '../support/any-text.js';
import { deferred, never, settled } from '../support/events.js';

const key = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'aa', '__proto__', '\t', '\n', '\\', '"', '\\t', '\ud800', '\udc00', '😀', '\u2028', '\0', '\x7f'),
  anyText({ maxLength: 8 }),
);

describe('Packed texts', () => {

  it('take a change as a map does, in the same order', () => {

    const record = fc.array(fc.tuple(key, fc.jsonValue().map(value => JSON.stringify(value))), { maxLength: 12 }).map(entries => new Map(entries));
    fc.assert(fc.property(record, record, fc.array(key, { maxLength: 12 }), (texts, set, gone) => {
      const change = { set, unset: [...new Set(gone)].filter(name => !set.has(name)) };
      strictEqual(repack(pack(texts), change), pack(merge(texts, change)));
    }), { numRuns: 1000 });

  });

  it('come back exactly, in their order', () => {

    const texts = fc.array(fc.tuple(key, fc.jsonValue().map(value => JSON.stringify(value))), { maxLength: 8 }).map(entries => new Map(entries));
    fc.assert(fc.property(texts, record => {
      deepStrictEqual([...unpack(pack(record))], [...record]);
    }), { numRuns: 1000 });

  });

  it('differ for records that differ', () => {

    const texts = fc.array(fc.tuple(key, fc.constantFrom('1', '"a"', '""', '"\\t"', '"\\n"')), { maxLength: 4 }).map(entries => new Map(entries));
    fc.assert(fc.property(texts, texts, (one, other) => {
      strictEqual(pack(one) === pack(other), JSON.stringify([...one]) === JSON.stringify([...other]));
    }), { numRuns: 1000 });

  });

});

describe('ShardedMap', () => {

  it('behaves as a Map, but for the order', () => {

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

  it('allows deletions while it is walked through', () => {

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

  it('spreads ids evenly, so that no part of it is large', () => {

    const map = new ShardedMap<number>();
    for (let i = 0; i < 100_000; i++) map.set(`session:${i}`, i);
    const parts = [...map.oldest()].length;
    ok(parts > 200, `${parts} parts`);

  });

  it('shows itself when it is printed', () => {

    strictEqual(inspect(new ShardedMap().set('a', 1)), inspect(new Map([['a', 1]])));

  });

});

describe('RetiredIds', () => {

  it('forgets in time, and does not grow', () => {

    let now = 0;
    const retired = new RetiredIds(() => now);
    const setting = mock.method(Map.prototype, 'set');
    retired.add('first');
    const marks = setting.mock.calls[0].this as Map<string, unknown>;
    setting.mock.restore();
    for (; now < 1000; now++) retired.add(`id ${now}`, now % 2 ? 'next' : undefined);
    ok(marks.has('id 999'));
    ok(marks.size <= 31, `${marks.size} marks are held`);

    strictEqual(retired.get('id 969'), null);
    deepStrictEqual(retired.get('id 971'), { status: 'retired', moved: true });
    deepStrictEqual(retired.get('id 972'), { status: 'retired', moved: false });
    retired.delete('id 972');
    strictEqual(retired.get('id 972'), null);

  });

  it('forgets what was retired before the clock was set back, and not for a small correction', () => {

    let now = 100_000;
    const retired = new RetiredIds(() => now);
    retired.add('first');
    now -= 3600;
    strictEqual(retired.get('first'), null);
    retired.add('second', 'third');
    now -= 2;
    deepStrictEqual(retired.get('second'), { status: 'retired', moved: true });
    strictEqual(retired.whereIs('second'), 'third');

  });

  it('follows moves to the end, and ends a loop of them', () => {

    const retired = new RetiredIds(() => 0);
    retired.add('A', 'B');
    retired.add('B', 'C');
    strictEqual(retired.whereIs('A'), 'C');
    strictEqual(retired.whereIs('X'), 'X');
    retired.add('C', 'A');
    ok(['A', 'B', 'C'].includes(retired.whereIs('A')));
    retired.add('D', 'D');
    strictEqual(retired.whereIs('D'), 'D');

  });

});

describe('KeyedLock', () => {

  it('runs tasks on one key one after the other, in their order, and those on others at once', async () => {

    const lock = new KeyedLock();
    const log: string[] = [];
    const first = deferred();
    const run = (name: string, onKey: string, until: Promise<void> = Promise.resolve()) => lock.run(onKey, async () => {
      log.push(`${name} starts`);
      await until;
      log.push(`${name} ends`);
      return name;
    });
    const all = [run('1', 'a', first.promise), run('2', 'a'), run('3', 'a'), run('4', 'b')];
    await settled();
    deepStrictEqual(log, ['1 starts', '4 starts', '4 ends']);
    first.resolve();
    deepStrictEqual(await Promise.all(all), ['1', '2', '3', '4']);
    deepStrictEqual(log.slice(3), ['1 ends', '2 starts', '2 ends', '3 starts', '3 ends']);

  });

  it('goes on after a task that failed', async () => {

    const lock = new KeyedLock();
    const failing = lock.run('a', () => Promise.reject(new Error('no')));
    const next = lock.run('a', async () => 'fine');
    await rejects(failing, /no/);
    strictEqual(await next, 'fine');

  });

  it('goes on after 30 seconds without an answer', async () => {

    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const lock = new KeyedLock();
      let ran = false;
      void lock.run('a', () => never());
      const next = lock.run('a', async () => { ran = true; });
      await settled();
      mock.timers.tick(29_999);
      await settled();
      strictEqual(ran, false);
      mock.timers.tick(1);
      await next;
      strictEqual(ran, true);
    } finally {
      mock.timers.reset();
    }

  });

});
