import { difference, isEmpty, merge } from '../../src/values/texts-change.js';
import type { Due } from '../../src/session/named-change.js';
import type { Wanted } from '../../src/session/wanted.js';
import { type Decided, decide } from '../../src/steps/decide.js';
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

// Few keys and values, so that two records often share some.
const key: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', '__proto__', '');
const texts = fc.array(fc.tuple(key, fc.constantFrom('1', '2', '"x"', '{}')), { maxLength: 5 }).map(entries => new Map(entries));
const EMPTY = new Map<string, string>();

const stored: fc.Arbitrary<Decided> = fc.oneof(
  fc.constant<Decided>({ kind: 'none' }),
  fc.tuple(texts, fc.constantFrom(null, 'X', 'Y')).map(([held, user]) => ({ kind: 'live', id: 'A', texts: held, user }) as const),
  fc.tuple(fc.boolean(), fc.boolean()).map(([moved, wasLive]) => ({ kind: 'retired', id: 'A', moved, wasLive }) as const),
);

/** What a request may want: only an empty session can have been cleared. */
const wanted: fc.Arbitrary<Wanted> = fc.record({
  texts, cleared: fc.boolean(), regenerate: fc.boolean(), user: fc.constantFrom(undefined, null, 'X', 'Y'), assigned: fc.boolean(),
}).map(state => ({ ...state, cleared: state.cleared && state.texts.size === 0 }));

function want(entries: Record<string, string>, more: Partial<Wanted> = {}): Wanted {

  return { texts: new Map(Object.entries(entries)), cleared: false, regenerate: false, ...more };

}

const due: fc.Arbitrary<Due> = fc.record({ touch: fc.boolean(), renewal: fc.boolean(), withdrawal: fc.boolean() });

const LIVE: Decided = { kind: 'live', id: 'A', texts: new Map([['a', '1'], ['b', '2']]) };
const OWNED: Decided = { ...LIVE, user: '5' };
const EMPTIED: Decided = { ...LIVE, texts: EMPTY };

describe('The difference between two records', () => {

  it('gives the second when it is applied to the first', () => {

    fc.assert(fc.property(texts, texts, (before, after) => {
      deepStrictEqual(new Map([...merge(before, difference(before, after))].sort()), new Map([...after].sort()));
    }));

  });

  it('is nothing between equal records, and only then', () => {

    fc.assert(fc.property(texts, texts, (before, after) => {
      ok(isEmpty(difference(before, before)));
      ok(isEmpty(difference(before, new Map(before))));
      const equal = before.size === after.size && [...before].every(([name, text]) => after.get(name) === text);
      strictEqual(isEmpty(difference(before, after)), equal);
    }));

  });

  it('names each key once, and only keys that differ', () => {

    fc.assert(fc.property(texts, texts, (before, after) => {
      const { set, unset } = difference(before, after);
      const named = [...set.keys(), ...unset];
      strictEqual(new Set(named).size, named.length);
      for (const name of named) ok(before.get(name) !== after.get(name));
    }));

  });

  it('keeps what another request changed at other keys', () => {

    fc.assert(fc.property(texts, texts, texts, (base, mine, theirs) => {
      const change = difference(base, mine);
      const merged = merge(theirs, change);
      const touched = new Set([...change.set.keys(), ...change.unset]);
      for (const name of new Set([...theirs.keys(), ...mine.keys(), ...base.keys()])) {
        strictEqual(merged.get(name), (touched.has(name) ? mine : theirs).get(name));
      }
    }));

  });

  it('changes neither of its arguments', () => {

    fc.assert(fc.property(texts, texts, (before, after) => {
      const copies = [new Map(before), new Map(after)];
      merge(before, difference(before, after));
      deepStrictEqual([before, after], copies);
    }));

  });

});

describe('What a request did', () => {

  const cases: Array<[name: string, Decided, Wanted, boolean, unknown]> = [
    ['nothing, without a session', { kind: 'none' }, want({}), true, { name: 'none' }],
    ['nothing, by clearing what is not there', { kind: 'none' }, want({}, { cleared: true, regenerate: true }), true, { name: 'none' }],
    ['creates', { kind: 'none' }, want({ a: '1' }), false, { name: 'create', texts: new Map([['a', '1']]) }],
    ['creates, also when it asked for a new id', { kind: 'none' }, want({ a: '1' }, { regenerate: true }), false, { name: 'create', texts: new Map([['a', '1']]) }],
    ['only read, and a refresh is due', LIVE, want({ a: '1', b: '2' }), true, { name: 'touch', id: 'A' }],
    ['only read, and no refresh is due', LIVE, want({ a: '1', b: '2' }), false, { name: 'none' }],
    ['changed a key', LIVE, want({ a: '1', b: '3' }), false, { name: 'update', id: 'A', set: new Map([['b', '3']]), unset: [] }],
    ['removed a key', LIVE, want({ a: '1' }), true, { name: 'update', id: 'A', set: new Map(), unset: ['b'] }],
    ['removed the last key, which leaves a session without keys', LIVE, want({}), true, { name: 'update', id: 'A', set: new Map(), unset: ['a', 'b'] }],
    ['cleared', LIVE, want({}, { cleared: true }), true, { name: 'destroy', id: 'A' }],
    ['cleared, and asked for a new id: a logout', LIVE, want({}, { cleared: true, regenerate: true }), true, { name: 'destroy', id: 'A' }],
    ['asked for a new id', LIVE, want({ a: '1', b: '2' }, { regenerate: true }), false, { name: 'regenerate', id: 'A', set: new Map(), unset: [], reason: 'asked' }],
    ['signed in', LIVE, want({ a: '1', u: '5' }, { regenerate: true }), true, { name: 'regenerate', id: 'A', set: new Map([['u', '5']]), unset: ['b'], reason: 'asked' }],
    ['became a user\'s', LIVE, want({ a: '1', b: '2', u: '5' }, { user: '5' }), true, { name: 'regenerate', id: 'A', set: new Map([['u', '5']]), unset: [], reason: 'user' }],
    ['is still the same user\'s', OWNED, want({ a: '1', b: '3' }, { user: '5' }), false, { name: 'update', id: 'A', set: new Map([['b', '3']]), unset: [] }],
    ['became another user\'s: nothing of the first one\'s stays', OWNED, want({ a: '1', b: '2', u: '6' }, { user: '6' }), false, { name: 'replace', id: 'A', texts: new Map([['u', '6']]) }],
    ['became anonymous, and something was put in', OWNED, want({ a: '1', note: '1' }, { user: null }), false, { name: 'replace', id: 'A', texts: new Map([['note', '1']]) }],
    ['became anonymous', OWNED, want({ a: '1' }, { user: null }), false, { name: 'destroy', id: 'A' }],
    ['looked at no value of a user\'s', OWNED, want({ a: '1', b: '2' }), false, { name: 'none' }],
    ['signed in under a retired id, as the user says', { kind: 'retired', id: 'A', moved: true }, want({ a: '1' }, { user: '5' }), true, { name: 'create', texts: new Map([['a', '1']]) }],
    ['only read under a retired id', { kind: 'retired', id: 'A', moved: true }, want({}), true, { name: 'none' }],
    ['wrote under a retired id', { kind: 'retired', id: 'A', moved: true }, want({ a: '1' }), true, { name: 'refuse' }],
    ['wrote under an ended id', { kind: 'retired', id: 'A', moved: false }, want({ a: '1' }), true, { name: 'refuse' }],
    ['assigned a whole object under an ended id', { kind: 'retired', id: 'A', moved: false }, want({ a: '1' }, { assigned: true }), true, { name: 'create', texts: new Map([['a', '1']]) }],
    ['assigned a whole object without a user under an ended id', { kind: 'retired', id: 'A', moved: false }, want({ a: '1' }, { assigned: true, user: null }), true, { name: 'create', texts: new Map([['a', '1']]) }],
    ['assigned a whole object under an id that was alive when the request began', { kind: 'retired', id: 'A', moved: false, wasLive: true }, want({ a: '1' }, { assigned: true }), true, { name: 'refuse' }],
    ['assigned a whole object under a moved id', { kind: 'retired', id: 'A', moved: true }, want({ a: '1' }, { assigned: true }), true, { name: 'refuse' }],
    ['only read a session that others have emptied', EMPTIED, want({}), true, { name: 'none' }],
    ['put something into a session that others have emptied', EMPTIED, want({ a: '1' }), true, { name: 'update', id: 'A', set: new Map([['a', '1']]), unset: [] }],
    ['asked for a new id of a session that others have emptied', EMPTIED, want({}, { regenerate: true }), true, { name: 'regenerate', id: 'A', set: new Map(), unset: [], reason: 'asked' }],
    ['cleared a session that others have emptied', EMPTIED, want({}, { cleared: true }), true, { name: 'destroy', id: 'A' }],
    ['signed in under a retired id', { kind: 'retired', id: 'A', moved: true }, want({ a: '1' }, { regenerate: true }), true, { name: 'create', texts: new Map([['a', '1']]) }],
    ['signed out under a retired id', { kind: 'retired', id: 'A', moved: true }, want({}, { cleared: true }), true, { name: 'destroy', id: 'A' }],
    ['signed out under a retired id, asking for a new one', { kind: 'retired', id: 'A', moved: true }, want({}, { cleared: true, regenerate: true }), true, { name: 'destroy', id: 'A' }],
  ];

  for (const [name, before, after, touch, expected] of cases) {
    it(name, () => {

      deepStrictEqual(decide({ stored: before, wanted: after, due: { touch } }), expected);

    });
  }

  it('gives a new id that is due together with what changed', () => {

    const due = { touch: true, renewal: true };
    deepStrictEqual(decide({ stored: LIVE, wanted: want({ a: '1', b: '2' }), due }), { name: 'regenerate', id: 'A', set: new Map(), unset: [], reason: 'renewal' });
    deepStrictEqual(decide({ stored: LIVE, wanted: want({ a: '1', b: '3' }), due }), { name: 'regenerate', id: 'A', set: new Map([['b', '3']]), unset: [], reason: 'renewal' });
    deepStrictEqual(decide({ stored: LIVE, wanted: want({}, { cleared: true }), due }), { name: 'destroy', id: 'A' });
    deepStrictEqual(decide({ stored: EMPTIED, wanted: want({}), due }), { name: 'none' });

  });

  it('gives one more id before a change, while the former id leads to the session', () => {

    const due = { touch: true, withdrawal: true };
    deepStrictEqual(decide({ stored: LIVE, wanted: want({ a: '1', b: '3' }), due }), { name: 'regenerate', id: 'A', set: new Map([['b', '3']]), unset: [], reason: 'asked' });
    deepStrictEqual(decide({ stored: LIVE, wanted: want({ a: '1', b: '2' }), due }), { name: 'touch', id: 'A' });

  });

  it('leaves a session without keys when the last key goes together with the id', () => {

    // Another request may have added a key in the meantime, which must not be lost.
    deepStrictEqual(decide({ stored: LIVE, wanted: want({}, { regenerate: true }), due: { touch: false } }), {
      name: 'regenerate', id: 'A', set: new Map(), unset: ['a', 'b'], reason: 'asked',
    });

  });

  it('is always one change, which leads from the loaded session to the wanted one', () => {

    fc.assert(fc.property(stored, wanted, due, (before, after, isDue) => {
      const change = decide({ stored: before, wanted: after, due: isDue });
      const had = before.kind === 'live' ? before.texts : EMPTY;
      const user = before.kind === 'live' ? before.user : null;
      const becomes = after.user === undefined ? user : after.user;
      switch (change.name) {
        case 'none':
        case 'touch':
          ok(!after.regenerate || before.kind !== 'live');
          deepStrictEqual(new Map([...after.texts].sort()), new Map([...had].sort()));
          ok(before.kind !== 'live' || becomes === user, 'an id has one user for life');
          break;
        case 'create':
          ok(before.kind !== 'live');
          deepStrictEqual(change.texts, after.texts);
          ok(change.texts.size > 0);
          break;
        case 'update':
        case 'regenerate':
          ok(before.kind === 'live' && change.id === before.id);
          if (change.name === 'update') ok(becomes === user && !after.regenerate && !isDue.renewal);
          else ok(becomes === user || user === null, 'another user begins anew');
          deepStrictEqual(new Map([...merge(had, change)].sort()), new Map([...after.texts].sort()));
          break;
        case 'replace':
          ok(before.kind === 'live' && user !== null && becomes !== user);
          for (const [name, text] of change.texts) ok(after.texts.get(name) === text && (after.assigned || had.get(name) !== text));
          break;
        case 'destroy':
          ok(after.texts.size === 0 || becomes !== user);
          ok(before.kind !== 'none' && change.id === before.id);
          break;
        case 'refuse':
          ok(before.kind === 'retired' && after.texts.size > 0 && !after.regenerate && !after.user);
          ok(before.moved || before.wasLive || !after.assigned);
          break;
      }
    }), { numRuns: 1000 });

  });

  it('never touches a session that is not due for a refresh, and never sends a store what did not change', () => {

    fc.assert(fc.property(stored, wanted, (before, after) => {
      const change = decide({ stored: before, wanted: after, due: { touch: false } });
      ok(change.name !== 'touch');
      if (change.name === 'update') ok(!isEmpty(change));
    }));

  });

  it('never ends a session by a request that did not clear it', () => {

    fc.assert(fc.property(stored, wanted, due, (before, after, isDue) => {
      const { name } = decide({ stored: before, wanted: { ...after, cleared: false, user: undefined }, due: isDue });
      ok(name !== 'destroy');
    }));

  });

});
