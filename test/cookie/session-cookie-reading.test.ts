import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SessionCookie } from '../../src/cookie/session-cookie.js';
import { isPlausibleId } from '../../src/id/session-id.js';
import { anyText } from '../support/any-text.js';

const ID = '7aHc0Q2m9XkPz4RtYw1LbNvE8sDfGj3KuAqWoIe5ZxC';
const anything = () => true;

function cookieNamed(cookieName: string) {

  return new SessionCookie({ cookieName, cookieOptions: { path: '/', httpOnly: true, sameSite: 'lax' } });

}

const cookie = cookieNamed('CB');

/** Each header with the ids that must be found in it. */
function finds(cases: Record<string, string[]>) {

  for (const [header, ids] of Object.entries(cases)) {
    deepStrictEqual(cookie.read(header, isPlausibleId), ids, JSON.stringify(header));
  }

}

describe('Reading the Cookie header', () => {

  it('finds the id among other cookies', () => {

    finds({
      [`CB=${ID}`]: [ID],
      [`a=b; CB=${ID}; c=d`]: [ID],
      [`a=b;CB=${ID};c=d`]: [ID],
      [`CB2=x; XCB=y; CB=${ID}`]: [ID],
    });
    deepStrictEqual(cookie.read(null, anything), []);

  });

  it('trims spaces and tabs around name and value, and nothing else', () => {

    finds({
      [`CB =${ID}`]: [ID], [`CB= ${ID}`]: [ID], [`\tCB=${ID}`]: [ID], [`a=b; \t CB \t= \t${ID}\t ;c=d`]: [ID],
      [`\xa0CB=${ID}`]: [], [`CB\xa0=${ID}`]: [], [`CB=\xa0${ID}`]: [], [`CB=${ID}\xa0`]: [],
      [`\x85CB=${ID}`]: [], [`\u2000CB=${ID}`]: [], [`\u00e2\u0080\u0080CB=${ID}`]: [], [`\ufeffCB=${ID}`]: [],
      [`\nCB=${ID}`]: [], [`\x0bCB=${ID}`]: [], [`\0CB=${ID}`]: [],
    });

  });

  it('finds nothing if no pair has our name', () => {

    finds({
      '': [], CB: [], 'CB=': [], '=CB=x': [], '==CB=x': [], ';CB': [], 'CB;=x': [], '=': [], ';': [], 'a; CB; b': [],
    });

  });

  it('passes over names that only resemble ours', () => {

    finds({
      [`cb=${ID}`]: [], [`Cb=${ID}`]: [], [`%43B=${ID}`]: [], [`C.B=${ID}`]: [], [`C[B=${ID}`]: [], [`C_B=${ID}`]: [],
      [`CB2=${ID}`]: [], [`2CB=${ID}`]: [], [`"CB"=${ID}`]: [], [`a=CB=${ID}`]: [], [`a= CB=${ID}`]: [],
      [`a=b CB=${ID}`]: [], [`a=b, CB=${ID}`]: [], [`CB[]=${ID}`]: [],
    });
    deepStrictEqual(cookieNamed('__Host-CB').read(`__host-CB=${ID}; __HOST-CB=${ID}; CB=${ID}`, anything), []);

  });

  it('reads neither $Version nor a list with commas in a special way', () => {

    finds({ [`$Version=1; CB=${ID}; $Path=/`]: [ID] });
    // One whole value, for a store that makes such ids, and never two.
    deepStrictEqual(cookie.read('CB=x,CB=y', anything), []);
  

  });

  it('accepts a value only in the spelling that we would have written', () => {

    finds({
      [`CB="${ID}"`]: [], [`CB=%37${ID.slice(1)}`]: [], [`CB=${ID}%00`]: [], [`CB=${ID}%20`]: [`${ID} `],
      'CB=%2e%2e': [], 'CB=%2E%2E': [], 'CB=%': [], 'CB=%zz': [], 'CB=%c3%a9': [], 'CB=%C3%A9': ['é'], 'CB=é': [],
      'CB=a+b': [], 'CB=a%2Bb': ['a+b'], 'CB=%ED%A0%80': [], 'CB=a=b': [], 'CB=a%3Db': ['a=b'], 'CB=a b': [],
      'CB=__proto__': [], 'CB=a%0D%0Ab': [],
    });

  });

  it('offers up to four different candidates, first to last', () => {

    finds({
      'CB=b; CB=a': ['b', 'a'],
      'CB=a; CB=a; CB=b; CB=a': ['a', 'b'],
      'CB=1; CB=2; CB=3; CB=4; CB=5': ['1', '2', '3', '4'],
      'CB="x"; CB=; CB=%zz; CB; CB=é; CB=fine': ['fine'],
      [Array.from({ length: 1000 }, (_, i) => `CB=${i % 3}`).join('; ')]: ['0', '1', '2'],
    });

  });

  it('asks for ids only as long as it needs any', () => {

    const asked: string[] = [];
    cookie.read(Array.from({ length: 1000 }, (_, i) => `CB=${i}`).join('; '), id => {
      asked.push(id);
      return true;
    });
    deepStrictEqual(asked, ['0', '1', '2', '3']);

  });

  it('offers one candidate of a __Host- name, which no other host or path can set', () => {

    deepStrictEqual(cookieNamed('__Host-CB').read('__Host-CB=a; __Host-CB=b', anything), ['a']);
    // To older browsers, a name like any other.
    deepStrictEqual(cookieNamed('__host-CB').read('__host-CB=a; __host-CB=b; __Host-CB=c', anything), ['a', 'b']);
    deepStrictEqual(cookieNamed('__Secure-CB').read('__Secure-CB=a; __Secure-CB=b', anything), ['a', 'b']);

  });

  it('passes over names that objects inherit', () => {

    finds({ [`__proto__=x; constructor=y; toString=z; CB=${ID}; hasOwnProperty=w`]: [ID] });
    strictEqual(({} as { x?: unknown }).x, undefined);

  });

  it('finds a name that is full of special characters', () => {

    const odd = cookieNamed('a.b*c+d$e^f|g');
    deepStrictEqual(odd.read('axb*c+d$e^f|g=1; a.b*c+d$e^f|g=2', anything), ['2']);

  });

  it('reads a custom spelling by what `encode` writes', () => {

    const plain = new SessionCookie({ cookieName: 'CB', cookieOptions: { path: '/', encode: id => id } });
    deepStrictEqual(plain.read('CB=a+b/c==', anything), ['a+b/c==']);
    deepStrictEqual(plain.read('CB=a%2Bb', anything), ['a%2Bb']);
    const broken = new SessionCookie({ cookieName: 'CB', cookieOptions: { path: '/', encode: () => { throw new Error('no'); } } });
    deepStrictEqual(broken.read('CB=a', anything), []);

  });

  it('never throws, and offers only ids that would be written exactly as they are in the header', () => {

    const piece = fc.oneof(
      fc.constantFrom('CB', 'CB=', 'cb=', '=', ';', '; ', ' ', '\t', '"', '%', '%41', '%C3%A9', ',', 'é', '\xa0', ID, '\0', '\ud800', '$Version=1'),
      anyText({ maxLength: 5 }),
    );
    const header = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join(''));
    fc.assert(fc.property(header, text => {
      const ids = cookie.read(text, anything);
      ok(ids.length <= 4);
      strictEqual(new Set(ids).size, ids.length);
      const pairs = text.split(';').map(pair => pair.replace(/^[ \t]+|[ \t]+$/g, ''));
      for (const id of ids) {
        const written = encodeURIComponent(id);
        ok(pairs.some(pair => /^CB[ \t]*=[ \t]*(.*)$/s.exec(pair)?.[1] === written), JSON.stringify({ text, id }));
      }
    }), { numRuns: 2000 });

  });

  it('finds again every id that it has written', () => {

    const id = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => text.isWellFormed());
    fc.assert(fc.property(id, text => {
      deepStrictEqual(cookie.read(`a=b; CB=${encodeURIComponent(text)} ;c=d`, anything), [text]);
    }));

  });

});

describe('Reading a hostile Cookie header', () => {

  // Each is about 2 MiB; a reader that is not linear takes minutes for it.
  const MANY = 1_000_000;
  const hostile = {
    'nothing but semicolons': ';'.repeat(MANY),
    'many pairs': 'a=b; '.repeat(MANY / 5),
    'many names of ours without a value': 'CB;'.repeat(MANY / 3),
    'many names of ours in one value': 'a=' + 'CB='.repeat(MANY / 3),
    'many names of ours between blanks': 'CB '.repeat(MANY / 3) + '=',
    'blanks before the name': ' '.repeat(MANY) + 'x' + ' '.repeat(MANY) + 'CB=x',
    'our name, and blanks that no equals sign ends': `CB${' '.repeat(1000)}`.repeat(MANY / 1000),
    'empty values': 'CB=;'.repeat(MANY / 4),
    'values in a wrong spelling': 'CB=%41;'.repeat(MANY / 7),
    'one very long value': 'CB=' + 'x'.repeat(MANY),
    'one very long value of percent signs': 'CB=' + '%41'.repeat(MANY / 3),
    'one very long value of lone percent signs': 'CB=' + '%'.repeat(MANY),
    'quotes': 'CB="'.repeat(MANY / 4),
  };

  for (const [name, header] of Object.entries(hostile)) {
    it(`takes linear time for ${name}`, () => {

      const start = process.cpuUsage();
      cookie.read(header, isPlausibleId);
      const { user } = process.cpuUsage(start);
      // Linear is a few milliseconds, quadratic several minutes.
      ok(user < 2_000_000, `${user} µs`);

    });
  }

});
