import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import fc from 'fast-check';
import { isPlausibleId, newSessionId } from '../../src/id/session-id.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('newSessionId', () => {

  it('makes 43 letters and digits', () => {

    for (let i = 0; i < 1000; i++) {
      const id = newSessionId();
      ok(/^[0-9A-Za-z]{43}$/.test(id), id);
    }

  });

  it('makes 100,000 different ids, in which every letter is as likely as any other at every position', () => {

    const ids = new Set<string>();
    const counts = Array.from({ length: 43 }, () => new Uint32Array(128));
    const many = 100_000;
    for (let i = 0; i < many; i++) {
      const id = newSessionId();
      ids.add(id);
      for (let at = 0; at < 43; at++) counts[at][id.charCodeAt(at)]++;
    }
    strictEqual(ids.size, many);

    const expected = many / ALPHABET.length;
    for (const [at, ofLetter] of counts.entries()) {
      let chiSquare = 0;
      for (const letter of ALPHABET) {
        chiSquare += (ofLetter[letter.charCodeAt(0)] - expected) ** 2 / expected;
      }
      // 61 degrees of freedom: beyond 150 is chance less than once in 10^8 runs,
      // and a byte modulo 62 without rejection gives more than 400.
      ok(chiSquare < 150, `position ${at}: ${chiSquare}`);
      ok(chiSquare > 15, `position ${at} is too even to be random: ${chiSquare}`);
    }

  });

  it('does not ask Math.random', () => {

    const random = mock.method(Math, 'random', () => {
      throw new Error('no secret may come from Math.random()');
    });
    try {
      // More ids than one draw of random bytes can serve.
      for (let i = 0; i < 1000; i++) newSessionId();
    } finally {
      random.mock.restore();
    }

  });

});

describe('isPlausibleId', () => {

  it('accepts ids of any shape that stores in the wild make', () => {

    const shapes = [
      '1', 'sess:42', 'a b', 'Zm9v+/==', '😀', 'é', '{"id":1}', '"quoted"', "it's", 'a;b', 'a,b', 'a%20b', 'a=b',
      'x'.repeat(512), '0x10', '1.5', 'user@host', '../x'.slice(1),
    ];
    deepStrictEqual(shapes.filter(shape => !isPlausibleId(shape)), []);

  });

  it('refuses ids that a naive store would stumble over', () => {

    const traps = [
      '', 'x'.repeat(513), 'a\0b', 'a\r\nb', 'a\tb', '\x7f', '\x85', '\x9f', '../../etc/passwd', '..',
      '\ud800', 'a\udc00', '__proto__', 'constructor', 'toString', 'hasOwnProperty',
    ];
    deepStrictEqual(traps.filter(isPlausibleId), []);

  });

  it('accepts every id that newSessionId makes', () => {

    fc.assert(fc.property(fc.constant(null), () => isPlausibleId(newSessionId())));

  });

});
