import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ListedSession, nextTurn, overLimit } from '../../src/steps/user-limit.js';

/** A session that began at a time, and was not used for so long. */
function began(created: number, handle: string, idle = 0, more: Partial<ListedSession> = {}): ListedSession {

  return { handle, created, idle, ...more };

}

describe('The sessions of a user that are too many', () => {

  it('are none while there are as many as there may be', () => {

    deepStrictEqual(overLimit([began(1, 'a'), began(2, 'own')], 'own', 2), { surplus: [], isTooMany: false, isEarlierClick: false });
    deepStrictEqual(overLimit([began(1, 'own')], 'own', Infinity), { surplus: [], isTooMany: false, isEarlierClick: false });

  });

  it('are, of those that began before, the one that was not used for longest', () => {

    const sessions = [began(1, 'a', 5), began(2, 'b', 50), began(3, 'c', 500), began(4, 'own')];
    deepStrictEqual(overLimit(sessions, 'own', 3), { surplus: ['c'], isTooMany: false, isEarlierClick: false });
    deepStrictEqual(overLimit(sessions, 'own', 2), { surplus: ['c', 'b'], isTooMany: false, isEarlierClick: false });
    deepStrictEqual(overLimit(sessions, 'own', 1), { surplus: ['c', 'b', 'a'], isTooMany: false, isEarlierClick: false });

  });

  it('are the one that began first, if all were used equally', () => {

    deepStrictEqual(overLimit([began(3, 'own'), began(2, 'b'), began(1, 'c')], 'own', 2).surplus, ['c']);
    deepStrictEqual(overLimit([began(1, 'b'), began(1, 'a'), began(2, 'own')], 'own', 2).surplus, ['a']);

  });

  it('are the new one if later ones take the places, also if they were not used for longer', () => {

    deepStrictEqual(overLimit([began(1, 'own'), began(2, 'b', 90)], 'own', 1), { surplus: [], isTooMany: true, isEarlierClick: false });
    deepStrictEqual(overLimit([began(1, 'a'), began(2, 'own'), began(3, 'b')], 'own', 1), { surplus: ['a'], isTooMany: true, isEarlierClick: false });
    deepStrictEqual(overLimit([began(1, 'a'), began(2, 'own'), began(3, 'b'), began(4, 'c')], 'own', 1), { surplus: ['a', 'b'], isTooMany: true, isEarlierClick: false });

  });

  it('are those that a first click of the same sign-in has left, whatever the limit', () => {

    const click = { origin: 'form' };
    const sessions = [began(1, 'a', 0, click), began(2, 'b', 9), began(3, 'own', 0, click)];
    deepStrictEqual(overLimit(sessions, 'own', Infinity), { surplus: ['a'], isTooMany: false, isEarlierClick: false });
    deepStrictEqual(overLimit(sessions, 'a', Infinity), { surplus: [], isTooMany: false, isEarlierClick: true });
    const older = [began(1, 'a', 0, click), began(32, 'own', 0, click)];
    for (const own of ['own', 'a']) deepStrictEqual(overLimit(older, own, Infinity), { surplus: [], isTooMany: false, isEarlierClick: false }, 'half a minute apart');

  });

  it('follow from the turn that a session has taken, which is behind all others', () => {

    const sessions = [began(1_900_000_000, 'a'), began(1_900_000_000, 'b', 0, { turn: 1_900_000_005 })];
    const turn = nextTurn(sessions);
    ok(turn > 1_900_000_005 && turn < 1_900_000_005.001);
    deepStrictEqual(overLimit([...sessions, began(1, 'own', 0, { turn })], 'own', 1), { surplus: ['a', 'b'], isTooMany: false, isEarlierClick: false });
    strictEqual(nextTurn(Array.from({ length: 300_000 }, (_, index) => began(index + 1, 'a'))) > 300_000, true, 'however many there are');

  });

});
