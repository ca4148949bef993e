import { merge } from '../../src/values/texts-change.js';
import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import fc from 'fast-check';
import { parseJson } from '../../src/values/parse-json.js';
import { newSessionId } from '../../src/id/session-id.js';
import { ENTRY_LENGTH, isFormer, MOST_LENGTH } from '../../src/stores/shared/former-ids.js';
import { REMEMBERED } from '../../src/stores/shared/mark-lifetimes.js';
import { GcTimer } from '../../src/stores/shared/gc-timer.js';
import { fromJson, toJson, toNames, toPatch } from '../../src/stores/sql/json-texts.js';
import { ServerClock } from '../../src/stores/shared/server-clock.js';
import { isStoredId, movedId, newStoredId, storedId } from '../../src/id/stored-id.js';
import { type SweptTable, Sweeper } from '../../src/stores/shared/sweeper.js';
import { anyText } from '../support/any-text.js';
import { deferred, settled } from '../support/events.js';

describe('The ids of stores that last', () => {

  it('are a handle of 16 and a secret of 43 letters and digits', () => {

    const ids = Array.from({ length: 1000 }, () => newStoredId());
    for (const id of ids) {
      ok(/^[0-9A-Za-z]{59}$/.test(id));
      ok(isStoredId(id));
      strictEqual(storedId(id).handle, id.slice(0, 16));
    }
    strictEqual(new Set(ids.map(id => id.slice(0, 16))).size, 1000);

  });

  it('keep their handle when a session moves, and nothing else', () => {

    const id = newStoredId();
    const next = newStoredId(id);
    strictEqual(next.slice(0, 16), id.slice(0, 16));
    notStrictEqual(next.slice(16), id.slice(16));
    notStrictEqual(newStoredId('no id of ours').slice(0, 5), 'no id');
    deepStrictEqual(movedId(id, next), { from: storedId(id), to: storedId(next) });
    throws(() => movedId(id, newStoredId()), TypeError);
    throws(() => movedId(id, id), TypeError);

  });

  it('can\'t be read off what is stored of them', () => {

    const id = newStoredId();
    const { handle, hash } = storedId(id);
    // The SHA-256 of a known text, so that another implementation finds the same.
    strictEqual(storedId('abc').hash, 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
    for (const stored of [handle, hash, handle + hash]) ok(!isStoredId(stored) || stored !== id);
    ok(!isStoredId(handle) && !isStoredId(hash));

  });

  it('of another form have handles of their own', () => {

    const ids = ['', 'abc', 'a'.repeat(16), 'a'.repeat(59).replace(/.$/, '-'), 'a'.repeat(58), '__proto__', '\ud800', newSessionId()];
    const handles = ids.map(id => storedId(id).handle);
    strictEqual(new Set(handles).size, ids.length);
    for (const id of ids) ok(!isStoredId(id), id);

  });

});

describe('Former ids', () => {

  const entry = (hash: string, until: number) => String(until).padStart(13, '0') + hash;
  const NOW = 1_795_000_000_000;

  it('are found until they are forgotten', () => {

    const hashes = Array.from({ length: 20 }, () => storedId(newStoredId()).hash);
    const former = hashes.map((hash, index) => entry(hash, NOW + REMEMBERED - index * 2000)).join('');
    strictEqual(former.length, MOST_LENGTH);
    strictEqual(entry(hashes[0] as string, NOW).length, ENTRY_LENGTH);
    hashes.forEach((hash, index) => {
      strictEqual(isFormer(former, hash, NOW), REMEMBERED - index * 2000 > 0, String(index));
    });
    ok(!isFormer(former, storedId(newStoredId()).hash, NOW));
    ok(!isFormer('', hashes[0] as string, NOW));

  });

  it('are none where the text is something else', () => {

    fc.assert(fc.property(fc.string(), text => {
      ok(!isFormer(text, storedId(newStoredId()).hash, NOW));
    }));

  });

});

describe('Texts as JSON', () => {

  const key = fc.oneof(
    fc.constantFrom('', 'a', '__proto__', 'constructor', '\t', '\n', '\\', '"', '\\n', '\ud800', '\udc00', '😀', '\u2028', '\0', '$', 'a.b', '1', 'null'),
    anyText({ maxLength: 8 }),
  );
  const texts = fc.array(fc.tuple(key, fc.jsonValue().map(value => JSON.stringify(value))), { maxLength: 8 }).map(entries => new Map(entries));
  const sorted = (map: ReadonlyMap<string, string>) => [...map].sort(([one], [other]) => (one < other ? -1 : 1));

  it('come back exactly', () => {

    fc.assert(fc.property(texts, record => {
      deepStrictEqual(sorted(fromJson(toJson(record)) as Map<string, string>), sorted(record));
    }), { numRuns: 1000 });

  });

  it('hold nothing that an engine refuses or changes', () => {

    fc.assert(fc.property(texts, record => {
      const json = toJson(record);
      // What is escaped once goes through an engine that reads it, and writes it as it likes.
      for (const [name, text] of [[json, json], ...Object.entries(parseJson(json) as object)]) {
        for (const each of [name, text]) ok(!/[^\0-\x7e]/.test(each) && !each.includes('\0'), each);
      }
    }), { numRuns: 1000 });

  });

  it('are read as earlier versions have written them, also after a change', () => {

    const former = { '\u0416': '"\u0122\u{1f600}"', 'caf\u00e9': '"\\u0000\u20ac"', '\\n': '1', 'a': '"\\\\u0416"' };
    const texts = new Map([['\u0416', '"\u0122\u{1f600}"'], ['caf\u00e9', '"\\u0000\u20ac"'], ['\n', '1'], ['a', '"\\\\u0416"']]);
    deepStrictEqual(fromJson(JSON.stringify(former)), texts);
    const set = new Map([['\u0416', '"\u015c"']]);
    for (const both of [{ ...former, ...JSON.parse(toJson(set)) }, { ...JSON.parse(toJson(set)), ...former }]) {
      strictEqual(fromJson(JSON.stringify(both))?.get('\u0416'), '"\u015c"');
    }
    deepStrictEqual(JSON.parse(toPatch({ set: new Map(), unset: ['\u0416', 'a'] })), { '\\u0416': null, a: null, '\u0416': null });

  });

  it('take a change as a merge patch', () => {

    fc.assert(fc.property(texts, texts, fc.array(key, { maxLength: 8 }), (record, set, gone) => {
      const change = { set, unset: [...new Set(gone)].filter(name => !set.has(name)) };
      const merged: Record<string, unknown> = Object.assign(Object.create(null), parseJson(toJson(record)) as object);
      const patch: Array<[string, unknown]> = Object.entries(parseJson(toPatch(change)) as object);
      for (const [name, text] of patch) {
        if (text === null) delete merged[name];
        else Object.defineProperty(merged, name, { value: text, enumerable: true, configurable: true, writable: true });
      }
      deepStrictEqual(sorted(fromJson(JSON.stringify(merged)) as Map<string, string>), sorted(merge(record, change)));
      // Object.entries() has numbers first.
      deepStrictEqual(toNames(change.unset, true).sort(), patch.filter(([, text]) => text === null).map(([name]) => name).sort());
    }), { numRuns: 1000 });

  });

  it('are none where something else is stored', () => {

    for (const json of ['', 'null', '1', '"a"', '{"a":1}', '{"a":null}', '{"a":{}}', '{"\\\\":"1"}', '{"\\\\x":"1"}', '{', '["1",2]']) {
      strictEqual(fromJson(json), null, json);
    }

  });

});

describe('A server\'s clock', () => {

  /** What this process's own clock says. */
  function clockAt(): { clock: ServerClock; pass(milliseconds: number): void; restore(): void } {

    let here = 5000;
    const { mock: mocked } = mock.method(performance, 'now', () => here);
    return {
      clock: new ServerClock(),
      restore: () => mocked.restore(),
      pass: milliseconds => {
        here += milliseconds;
      },
    };

  }

  it('is not known before an answer, and no longer than a minute after the last', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    ok(!clock.isKnown);
    clock.observe(1_000_000, 5000);
    ok(clock.isKnown);
    strictEqual(clock.now(), 1_000_000);
    pass(59_999);
    strictEqual(clock.now(), 1_059_999);
    ok(clock.isKnown);
    pass(1);
    ok(!clock.isKnown);

  });

  it('believes the answers that were fastest, however late others come', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    clock.observe(1_000_000, 5000);
    pass(1000);
    // Written at 1,000,200, and then 800 ms on its way.
    clock.observe(1_000_200, 5000);
    strictEqual(clock.now(), 1_000_999);
    // Written at once, and read when a process had stood still for an hour.
    pass(3_600_000);
    clock.observe(1_001_001, 6000);
    ok(clock.now() >= 4_600_999 - 3601 && clock.now() <= 4_601_001, `${clock.now()}`);

  });

  it('follows a server whose clock was set', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    clock.observe(1_000_000, 5000);
    clock.observe(880_000, 5000);
    strictEqual(clock.now(), 880_000);
    pass(100);
    clock.observe(2_000_000, 5050);
    strictEqual(clock.now(), 2_000_000);

  });

  it('has shown what it showed before it was set, to whoever was there then', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    ok(clock.canHaveShown(0, 0) && clock.canHaveShown(1e15, 0), 'nothing is known');
    clock.observe(1_000_000, 5000, 0);
    pass(1000);
    clock.observe(801_000, 6000, 0);
    // What may have drifted apart in the second between them is added.
    const shown = (...times: number[]) => times.map(time => clock.canHaveShown(time, 5500));
    deepStrictEqual(shown(800_498, 800_502, 800_998, 801_002), [false, true, true, false]);
    deepStrictEqual(shown(1_000_498, 1_000_502, 1_000_998, 1_001_002), [false, true, true, false]);
    pass(1000);
    clock.observe(802_000, 7000, 0);
    deepStrictEqual([801_498, 801_502, 801_998, 802_002, 1_000_998].map(time => clock.canHaveShown(time, 6500)), [false, true, true, false, false]);
    // However often that happens.
    for (let count = 0; count < 100; count++) clock.observe(count % 2 ? 1_000_000 : 500_000, 7000, 0);
    ok(clock.canHaveShown(500_000, 6500) && clock.canHaveShown(1_000_000, 6500));

  });

  it('makes deadlines, which never come where nothing is known or nobody gives up', t => {

    const { clock, restore } = clockAt();
    t.after(restore);
    strictEqual(clock.deadline(() => 3), Number.MAX_SAFE_INTEGER);
    clock.observe(1_000_000, 5000);
    strictEqual(clock.deadline(() => 3), 1_003_000);
    strictEqual(clock.deadline(() => 0.25), 1_000_250);
    strictEqual(clock.deadline(() => Infinity), Number.MAX_SAFE_INTEGER);

  });

});

describe('A clean-up timer', () => {

  it('goes on until it is cancelled, and refuses what is no interval', t => {

    t.mock.timers.enable({ apis: ['setTimeout'] });
    let runs = 0;
    const timer = new GcTimer(() => runs++);
    for (const interval of [0, -1, NaN, '10']) throws(() => timer.schedule(interval as number), /interval is .*: it must be a number of seconds above 0/);
    timer.schedule(10);
    t.mock.timers.tick(9999);
    strictEqual(runs, 0);
    t.mock.timers.tick(1);
    strictEqual(runs, 1);
    t.mock.timers.tick(10_000);
    strictEqual(runs, 2);
    timer.cancel();
    t.mock.timers.tick(100_000);
    strictEqual(runs, 2);

  });

});

describe('The clean-up of a table', () => {

  /** A table of so many rows, every second of which is dead. */
  function table(rows: number, { isFree = true } = {}) {

    const handles = Array.from({ length: rows }, (_, index) => String(index).padStart(8, '0'));
    const calls: string[] = [];
    const left = new Set(handles);
    const swept: SweptTable = {
      begin: pause => {
        calls.push(`begin ${pause}`);
        return isFree;
      },
      page: (after, limit) => {
        calls.push('page');
        return [...left].filter(handle => handle > after).slice(0, limit).map(handle => ({ handle, dead: Number(handle) % 2 === 1 }));
      },
      remove: dead => {
        for (const handle of dead) left.delete(handle);
      },
      done: () => {
        calls.push('done');
      },
    };
    return { swept, left, calls };

  }

  it('looks at every row, page by page, and removes the dead', async () => {

    for (const rows of [0, 1, 999, 1000, 1001, 3500]) {
      const { swept, left, calls } = table(rows);
      await new Sweeper(swept).gc();
      strictEqual(left.size, Math.ceil(rows / 2), String(rows));
      strictEqual(calls[0], 'begin 0');
      strictEqual(calls.at(-1), 'done');
    }

  });

  it('leaves everything where another process cleans up', async () => {

    const { swept, left, calls } = table(10, { isFree: false });
    await new Sweeper(swept).gc();
    strictEqual(left.size, 10);
    deepStrictEqual(calls, ['begin 0']);

  });

  it('runs once at a time', async () => {

    const { swept, calls } = table(10);
    const answered = deferred<boolean>();
    const sweeper = new Sweeper({ ...swept, begin: () => {
      calls.push('begin');
      return answered.promise;
    } });
    const both = Promise.all([sweeper.gc(), sweeper.gc()]);
    await settled();
    answered.resolve(true);
    await both;
    strictEqual(calls.filter(call => call === 'begin').length, 1);
    await sweeper.gc();
    strictEqual(calls.filter(call => call === 'begin').length, 2);

  });

  it('by schedule leaves a pause between the processes, and survives a failure', async t => {

    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { swept, calls } = table(10);
    let fails = true;
    const sweeper = new Sweeper({ ...swept, begin: pause => {
      calls.push(`begin ${pause}`);
      if (fails) throw new Error('The server is gone');
      return true;
    } });
    sweeper.schedule(600);
    t.mock.timers.tick(600_000);
    await settled();
    fails = false;
    t.mock.timers.tick(600_000);
    await settled();
    await settled();
    deepStrictEqual(calls, ['begin 540000', 'begin 540000', 'page', 'done']);
    sweeper.close();

  });

});
