import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { SessionStoreError } from '../../../src/base/errors.js';
import type { AtomicSessionStore, SessionChange, SessionValues } from '../../../src/base/store.js';
import { storeTests } from '../../../src/testing/index.js';
import { fromTexts, toTexts } from '../../../src/values/session-values.js';
import { merge } from '../../../src/values/texts-change.js';
import { anyText } from '../../support/any-text.js';

/** What the tests do with a table of sessions apart from the store. */
export interface Table {
  /** All rows, with all columns as texts. */
  rows(): Promise<Array<Record<string, string | null>>>;
  /** Overwrites a column of the row of an id. */
  damage(id: string, column: string, value: string | number | null): Promise<void>;
  /** How many statements the server has executed for this store so far. */
  executed(): number;
}

export type SqlStore = AtomicSessionStore & { setup(): Promise<void>; gc(): Promise<void>; close(): void };

const key = fc.oneof(
  fc.constantFrom('', 'a', '__proto__', 'constructor', 'a.b', '$', '$.a', '"', '\'', '`', '\\', '\\n', '\n', '\t', '\0', '😀', '\ud800', '\udc00', '%', '_', '1', 'null'),
  anyText({ maxLength: 6 }),
);
const value = fc.oneof(
  fc.jsonValue(), fc.double({ noNaN: true, noDefaultInfinity: true }), anyText(),
  fc.constantFrom(null, {}, [], { a: {} }, [[]], -0, 5e-324, 1.7976931348623157e308, '\ud800', '\0', '{"a":null}'),
);
const record = fc.array(fc.tuple(key, value), { maxLength: 6 }).map(entries => entries.reduce<SessionValues>((values, [name, each]) => (
  Object.defineProperty(values, name, { value: each, enumerable: true, configurable: true, writable: true })), {}));

const changing = (values: SessionValues, unset: string[] = []): SessionChange => ({ set: toTexts(values), unset });

/**
 * What every store in an SQL database must do in addition to the contract.
 *
 * @param openTable opens a store on a table, which it creates if necessary
 */
export function sqlPromises(openTable: (name: string) => Promise<SqlStore>, tableOf: (name: string) => Table): void {

  const open = () => openTable('promises');
  const table = () => tableOf('promises');

  it('can be set up by ten processes at once', async () => {

    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 10 }, () => openTable(`setup_${round}`)));
    }

  });

  it('stores any keys and values exactly, through any changes', async () => {

    const store = await open();
    await fc.assert(fc.asyncProperty(record, fc.array(fc.tuple(record, fc.array(key, { maxLength: 12 })), { maxLength: 5 }), async (first, changes) => {
      const id = await store.newSessionId();
      await store.create(id, toTexts({ ...first, kept: 1 }), { lifetime: 60 });
      let expected: ReadonlyMap<string, string> = toTexts({ ...first, kept: 1 });
      for (const [set, gone] of changes) {
        const texts = toTexts(set);
        const change = { set: texts, unset: [...new Set(gone)].filter(name => !texts.has(name) && name !== 'kept') };
        assert.equal(await store.update(id, change, { lifetime: 60 }), 'updated');
        expected = merge(expected, change);
      }
      const found = await store.load(id);
      assert.ok(found?.status === 'live');
      const sorted = (map: ReadonlyMap<string, string>) => [...map].sort(([one], [other]) => (one < other ? -1 : 1));
      assert.deepEqual(sorted(found.texts), sorted(expected));
      assert.deepEqual(await store.get(id), fromTexts(expected));
    }), { numRuns: 150 });

  });

  it('keeps nothing of an id that could be sent as a cookie', async () => {

    const store = await open();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      const id = await store.newSessionId();
      const next = await store.newSessionId(id);
      await store.create(id, toTexts({ a: count }), { lifetime: 60 });
      await store.move?.(id, next, changing({ b: 1 }), { lifetime: 60 });
      if (count === 4) await store.end(next);
      ids.push(id, next);
    }
    const rows = await table().rows();
    assert.ok(rows.length >= 5);
    const dump = JSON.stringify(rows);
    for (const id of ids) assert.ok(!dump.includes(id) && !dump.includes(id.slice(16)));
    for (const text of rows.flatMap(row => Object.values(row)).filter(text => text !== null)) {
      assert.equal(await store.load(text), null);
      assert.ok(!store.isSessionId?.(text));
    }

  });

  it('executes one statement for each method', async () => {

    const store = await open();
    const id = await store.newSessionId();
    const next = await store.newSessionId(id);
    const steps: Array<[string, () => unknown]> = [
      ['create', () => store.create(id, toTexts({ a: 1, b: 2 }), { lifetime: 60 })], ['load', () => store.load(id)],
      ['update', () => store.update(id, changing({ a: 2 }), { lifetime: 60, patience: 3 })], ['unset', () => store.update(id, changing({}, ['b']), { lifetime: 60, patience: 3 })],
      ['touch', () => store.touch(id, 90)], ['move', () => store.move?.(id, next, changing({}), { lifetime: 60, patience: 3 })], ['end', () => store.end(id)],
      ['load an ended session', () => store.load(next)],
    ];
    for (const [name, step] of steps) {
      const before = table().executed();
      await step();
      assert.equal(table().executed() - before, 1, name);
    }

  });

  it('changes thousands of keys at once, with the same answers as for one', async () => {

    const store = await open();
    const id = await store.newSessionId();
    const next = await store.newSessionId(id);
    const many = (text: string) => ({ set: new Map(Array.from({ length: 4000 }, (_, index) => [`é ${index}`, text])), unset: [] });
    const terms = { lifetime: 60, patience: 20, maxBytes: 1_000_000 };
    const loaded = async (from: string) => {
      const found = await store.load(from);
      assert.ok(found?.status === 'live');
      return found;
    };

    await store.create(id, toTexts({ kept: 1 }), { lifetime: 60 });
    assert.equal(await store.update(id, many('"1"'), terms), 'updated');
    const { texts, version } = await loaded(id);
    assert.deepEqual(new Map(texts), new Map([['kept', '1'], ...many('"1"').set]));

    assert.equal(await store.update(id, many('"2"'), { ...terms, version }), 'updated');
    assert.equal(await store.update(id, many('"3"'), { ...terms, version }), 'conflict');
    assert.equal(await store.move?.(id, next, many('"3"'), { ...terms, version }), 'conflict');
    assert.equal(await store.update(id, many('"three"'), { ...terms, maxBytes: 50_000 }), 'too-large');
    assert.equal(await store.move?.(id, next, many('"three"'), { ...terms, maxBytes: 50_000 }), 'too-large');
    await assert.rejects(async () => store.update(id, many('"3"'), { ...terms, patience: 0 }));
    await assert.rejects(async () => store.move?.(id, next, many('"3"'), { ...terms, patience: 0 }));
    assert.equal((await loaded(id)).texts.get('é 3999'), '"2"');

    assert.equal(await store.move?.(id, next, many('"4"'), { ...terms, maxBytes: 50_000 }), 'moved');
    assert.equal(await store.update(id, many('"5"'), terms), 'gone');
    assert.equal(await store.move?.(id, await store.newSessionId(id), many('"5"'), terms), 'gone');
    assert.equal(await store.update(next, { set: toTexts({ b: 2 }), unset: [...many('').set.keys()] }, terms), 'updated');
    assert.deepEqual(await store.get(next), { kept: 1, b: 2 });

  });

  it('keeps all parallel changes, of many keys and of few', async () => {

    const store = await open();
    const id = await store.newSessionId();
    const keys = (name: string) => Array.from({ length: 300 }, (_, index) => `${name} ${index}`);
    const writers = ['a', 'b', 'c', 'd', 'e', 'f'];
    await store.create(id, new Map(writers.flatMap(keys).map(name => [name, '0'])), { lifetime: 60 });
    const answers = await Promise.all(writers.flatMap(name => [
      store.update(id, { set: new Map(keys(`new ${name}`).map(each => [each, '1'])), unset: keys(name) }, { lifetime: 60 }),
      store.update(id, { set: new Map([[`single ${name}`, '1']]), unset: [] }, { lifetime: 60 }),
    ]));
    assert.deepEqual(new Set(answers), new Set(['updated']));
    const expected = writers.flatMap(name => [...keys(`new ${name}`), `single ${name}`]);
    assert.deepEqual(new Set(Object.keys(await store.get(id) ?? {})), new Set(expected));

  });

  it('fails for a damaged row: it is not an unknown session', async () => {

    const store = await open();
    for (const [column, damage] of [['data', '[]'], ['data', '{"a":1}'], ['data', '"x"'], ['data', '{"\\\\":"1"}'], ['former', 'x'], ['id_hash', 'y']] as const) {
      const id = await store.newSessionId();
      await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
      await table().damage(id, column, damage);
      await assert.rejects(async () => store.load(id), SessionStoreError, `${column} ${damage}`);
      await assert.rejects(async () => store.get(id), SessionStoreError, `${column} ${damage}`);
    }

  });

  it('removes expired rows, and no others', async () => {

    const store = await open();
    const dead: string[] = [];
    const alive: string[] = [];
    for (let count = 0; count < 30; count++) {
      const id = await store.newSessionId();
      await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
      if (count % 3) alive.push(id);
      else dead.push(id);
    }
    await Promise.all(dead.map(id => table().damage(id, 'ends_at', 1)));
    await store.gc();
    const handles = (await table().rows()).map(row => row.handle);
    for (const id of dead) assert.ok(!handles.includes(id.slice(0, 16)));
    for (const id of alive) assert.ok(handles.includes(id.slice(0, 16)) && (await store.load(id))?.status === 'live');

  });

  it('cleans up even after the server\'s clock was set back', async () => {

    const store = await open();
    await store.gc();
    for (const column of ['ends_at', 'version']) {
      const id = await store.newSessionId();
      await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
      await table().damage(id, 'ends_at', 1);
      await table().damage('sweeper', column, Date.now() + 3_600_000);
      await store.gc();
      assert.ok(!(await table().rows()).some(({ handle }) => handle === id.slice(0, 16)), column);
    }

  });

  it('lets one process at a time clean up, and keeps a session that is touched at the same time', async () => {

    const [one, other] = [await open(), await open()];
    const id = await one.newSessionId();
    await one.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    for (let trial = 0; trial < 50; trial++) {
      await Promise.all([one.gc(), other.gc(), one.touch(id, 60 + trial), other.update(id, changing({ trial }), { lifetime: 60 })]);
    }
    assert.deepEqual(await one.get(id), { a: 1, trial: 49 });

  });

}

/** The tests that every store must pass, with as many trials as the races need. */
export function keepsTheContract(
  open: () => Promise<SqlStore>, trials: number, failing?: (commands: number) => Promise<SqlStore>,
): void {

  for (const { name, run } of storeTests(open, { trials, failing })) it(name, run);

}

/**
 * Expects a store to try its pool out at the first use, and again if that has failed.
 *
 * @param open opens a store on a pool; a function that it gets must run before each statement
 */
export async function isTriedOutOnce(open: (beforeEach: () => void) => SqlStore): Promise<void> {

  let statements = 0;
  let isAway = true;
  const store = open(() => {
    statements++;
    if (isAway) throw new Error('The server is away');
  });
  const loadMany = () => Promise.all(Array.from({ length: 20 }, async () => store.load('x')));
  await assert.rejects(async () => store.load('x'), /The server is away/);
  isAway = false;
  await loadMany();
  statements = 0;
  await loadMany();
  assert.equal(statements, 20);

}

/** The SQL of a page for readers who create the table themselves. */
export function schemaOf(page: string): string {

  const text = readFileSync(join(fileURLToPath(new URL('../../../..', import.meta.url)), 'docs', 'stores', page), 'utf8');
  const [, schema] = /```text\n(CREATE TABLE[\s\S]*?)```/.exec(text) ?? [];
  assert.ok(schema, `${page} prints no schema`);
  return schema;

}
