import { ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { forwardedId, forwardId } from '../../src/id/forwarded-id.js';
import { newSessionId } from '../../src/id/session-id.js';

const NOW = 1_800_000_000;

describe('A forwarded id', () => {

  it('is readable with the former id, until its time is over', () => {

    const [former, next] = [newSessionId(), newSessionId()];
    const forward = forwardId(former, next, NOW + 30);
    strictEqual(forwardedId(former, forward, NOW), next);
    strictEqual(forwardedId(former, forward, NOW + 30), null);
    strictEqual(forwardedId(newSessionId(), forward, NOW), null);
    ok(!forward.sealed.includes(next) && !Buffer.from(forward.sealed, 'base64url').includes(next));

  });

  it('is null where any bit of it was changed, and where it is something else', () => {

    const [former, next] = [newSessionId(), newSessionId()];
    const { sealed, until } = forwardId(former, next, NOW + 30);
    const bytes = Buffer.from(sealed, 'base64url');
    fc.assert(fc.property(fc.nat(bytes.length * 8 - 1), bit => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      strictEqual(forwardedId(former, { sealed: changed.toString('base64url'), until }, NOW), null);
    }));
    fc.assert(fc.property(fc.anything(), fc.anything(), (anything, time) => {
      strictEqual(forwardedId(former, { sealed: anything as string, until: time as number }, NOW), null);
    }));
    for (let length = 0; length < bytes.length; length++) {
      strictEqual(forwardedId(former, { sealed: bytes.subarray(0, length).toString('base64url'), until }, NOW), null);
    }

  });

});
