import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newSessionId } from '../../src/id/session-id.js';
import { isStoredId, movedId, newStoredId, storedId } from '../../src/id/stored-id.js';

describe('The ids of persistent stores', () => {

  it('consist of a handle of 16 and a secret of 43 letters and digits', () => {

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

  it('can\'t be found out from what is stored of them', () => {

    const id = newStoredId();
    const { handle, hash } = storedId(id);
    // The SHA-256 of a known text, as any other implementation computes it.
    strictEqual(storedId('abc').hash, 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
    for (const stored of [handle, hash, handle + hash]) ok(!isStoredId(stored) || stored !== id);
    ok(!isStoredId(handle) && !isStoredId(hash));

  });

  it('of another form have distinct handles', () => {

    const ids = ['', 'abc', 'a'.repeat(16), 'a'.repeat(59).replace(/.$/, '-'), 'a'.repeat(58), '__proto__', '\ud800', newSessionId()];
    const handles = ids.map(id => storedId(id).handle);
    strictEqual(new Set(handles).size, ids.length);
    for (const id of ids) ok(!isStoredId(id), id);

  });

});
