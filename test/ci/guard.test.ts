import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

type ByKind<T> = Readonly<Record<string, T>>;
type Rounds = Readonly<Record<'bare' | 'floor' | 'ours', readonly number[]>>;

interface Limits {
  readonly times: number;
  readonly allowed: ByKind<number>;
}

interface Guard {
  ratiosToFloor(cpu: ByKind<Rounds>): ByKind<number>;
  dearer(ratios: ByKind<number>, limits: Limits): string[];
}

const bench = new URL('../../../bench/', import.meta.url);
const { ratiosToFloor, dearer }: Guard = await import(new URL('lib/guard.js', bench).href);

const READ: Rounds = { bare: [1.5, 1, 9], floor: [3, 2.5, 2], ours: [7, 4, 5] };

test('the best rounds are compared, less those of the application without sessions', () => {

  assert.deepEqual(ratiosToFloor({ read: READ }), { read: 3 });

});

test('a request without a session is compared with what the floor adds to a read', () => {

  const ratios = ratiosToFloor({ anonymous: { bare: [1], floor: [1], ours: [1.5] }, read: READ });
  assert.deepEqual(ratios, { anonymous: 0.5, read: 3 });

});

test('a kind is dearer from the stated number of times what is allowed', () => {

  const limits: Limits = { times: 1.5, allowed: { read: 2, change: 2 } };
  assert.deepEqual(dearer({ read: 3, change: 2.9 }, limits), []);
  assert.deepEqual(dearer({ read: 3.01, change: 4 }, limits), ['read', 'change']);

});

test('what could not be measured is not taken for cheap', () => {

  const limits: Limits = { times: 1.5, allowed: { read: 2 } };
  const ratios = ratiosToFloor({ read: { bare: [1], floor: [1], ours: [2] } });
  assert.deepEqual(dearer(ratios, limits), ['read']);
  assert.deepEqual(dearer({ read: Number.NaN }, limits), ['read']);

});

test('each kind of request has a limit', () => {

  const limits: Limits = JSON.parse(readFileSync(new URL('guard.json', bench), 'utf8'));
  assert.deepEqual(Object.keys(limits.allowed), ['anonymous', 'read', 'change', 'unknown id', 'new session']);
  assert.ok(Object.values(limits.allowed).every(ratio => ratio > 0));

});
