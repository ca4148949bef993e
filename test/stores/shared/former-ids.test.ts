import { ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { newStoredId, storedId } from '../../../src/id/stored-id.js';
import { ENTRY_LENGTH, isFormer, MOST_LENGTH } from '../../../src/stores/shared/former-ids.js';
import { REMEMBERED } from '../../../src/stores/shared/mark-lifetimes.js';

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

  it('are not found in any other text', () => {

    fc.assert(fc.property(fc.string(), text => {
      ok(!isFormer(text, storedId(newStoredId()).hash, NOW));
    }));

  });

});
