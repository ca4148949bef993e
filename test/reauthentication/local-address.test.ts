import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { localAddress } from '../../src/index.js';

/** Open redirects that have worked somewhere, with the host `evil.test`. */
const BYPASSES = [
  '', ' ', '.', '..', 'evil.test', '@evil.test', '.evil.test', '?x', '#x', '*',
  'http://evil.test', 'https://evil.test', 'HTTPS://evil.test', 'http:evil.test', 'http:/evil.test', 'http:///evil.test', 'https:\\\\evil.test', 'ftp://evil.test',
  'javascript:alert(1)', 'JavaScript:alert(1)', ' javascript:alert(1)', 'java\tscript:alert(1)', 'java\nscript:alert(1)', 'javascript://evil.test/%0aalert(1)',
  'data:text/html,x', 'vbscript:x', 'blob:x', 'about:blank', 'file:///etc/passwd', 'mailto:a@evil.test', '/javascript:\\evil.test',
  '//evil.test', '///evil.test', '////evil.test', '//evil.test/..', '//evil.test/%2f..', '//evil.test@x', '//x@evil.test', '//[::1]', '//evil%E3%80%82test', '//1746838538',
  '\\evil.test', '\\\\evil.test', '/\\evil.test', '/\\/evil.test', '\\/\\/evil.test', '/\\\\evil.test', '//\\evil.test', '/a\\..\\..\\evil.test', '/?\\',
  '/\tevil', '/\t/evil.test', '\t//evil.test', '/\n/evil.test', '/\r/evil.test', '/\r\n/evil.test', '/\r\nSet-Cookie: a=b', ' //evil.test', '/ /evil.test', '//evil.test ', '/a b',
  '\0//evil.test', '/\0/evil.test', '\u00a0//evil.test', '/\u00a0/evil.test', '/\x7f/evil.test', '/\x0b/evil.test', '/\x0c/evil.test', '/\u2028/evil.test', '\ufeff//evil.test', '/\u200b/evil.test',
  '\uff0f\uff0fevil.test', '/\uff0fevil.test', '/\uff3cevil.test', '/\u2215evil.test', '/\u2044evil.test', '/caf\u00e9', '/\ud800',
  '/.//evil.test', '/..//evil.test', '/./\\evil.test', '/a/..//evil.test', '/a/b/../..//evil.test', '/%2e%2e//evil.test', '/%2e//evil.test', '/.%2e//evil.test', '/a/%2E%2E//evil.test',
  '/%2fevil.test', '/%2Fevil.test', '/%2f/evil.test', '/%2f%2fevil.test', '/%5cevil.test', '/%5C/evil.test', '/%5c%5cevil.test', '/a%5cb', '/%252fevil.test', '/%25252fevil.test', '/%255cevil.test',
  '/%09/evil.test', '/%0a/evil.test', '/%0d/evil.test', '/%0d%0aLocation:%20//evil.test', '/%00/evil.test', '/%250a/evil.test', '/%c2%a0/evil.test', '/%7f/evil.test',
  '/./%2fevil.test%2f..%2f..', '/a/../%2Fevil.test%2F..%2F..', '/%2e/%252fevil.test%252f..%252f..', '/%ef%bc%8fevil.test', '/%EF%BC%BCevil.test', '/%2e%2e%2f%2fevil.test', '/a/%2e%2e%2f/evil.test', '/.%2f/evil.test', '/%2e%2f%2fevil.test',
  '/%', '/%zz', '/%c0%af/evil.test', '/%e0%80%af/evil.test', '/%c1%9cevil.test', '/%2525252525252fevil.test', `/${'a'.repeat(2048)}`,
];

const NO_TEXTS = [undefined, null, 5, true, {}, [], ['/a'], ['/a', '/b'], { toString: () => '/a' }, new String('/a'), Symbol('/a'), () => '/a'];

const LOCAL: Record<string, string> = {
  '/': '/', '/a': '/a', '/a/': '/a/', '/a/b?c=d&e=f#g': '/a/b?c=d&e=f#g', '/a//b': '/a//b', '/a/../b': '/b', '/./a': '/a', '/a/%2e%2e/b': '/b',
  '/caf%C3%A9': '/caf%C3%A9', '/repos/a%2Fb': '/repos/a%2Fb', '/search?q=100%': '/search?q=100%', '/search?q=%0D%0A': '/search?q=%0D%0A', '/?to=//evil.test': '/?to=//evil.test',
  '/?to=https://evil.test': '/?to=https://evil.test', '/#//evil.test': '/#//evil.test', '/@evil.test': '/@evil.test', '/.evil.test': '/.evil.test', '/:80': '/:80',
  '/http://evil.test': '/http://evil.test', '/javascript:alert(1)': '/javascript:alert(1)', '/a;b=c': '/a;b=c', '/a%20b': '/a%20b', '/?': '/', '/a.': '/a.',
};

describe('localAddress()', () => {

  it('refuses every address that could lead to another site', () => {

    deepStrictEqual(BYPASSES.filter(text => localAddress(text) !== null), []);

  });

  it('refuses what is not a text', () => {

    deepStrictEqual(NO_TEXTS.filter(value => localAddress(value) !== null), []);

  });

  it('passes on addresses of the application, with dots resolved', () => {

    deepStrictEqual(Object.fromEntries(Object.keys(LOCAL).map(text => [text, localAddress(text)])), LOCAL);

  });

  it('returns only what browsers find on the same origin, from any page, and what it returns is accepted again', () => {

    const pieces = fc.constantFrom('/', '\\', '.', '..', '%2e', '%2f', '%5c', '%09', '%25', '?', '#', '@', ':', 'a', 'evil.test', '\t', '\n', 'http:', '//', ';', '％', '／');
    let accepted = 0;
    fc.assert(fc.property(fc.array(pieces, { maxLength: 8 }), parts => {
      const address = localAddress(`/${parts.join('')}`);
      if (address === null) return;
      accepted++;
      for (const page of ['https://app.test/', 'https://app.test/a/b?c#d']) strictEqual(new URL(address, page).origin, 'https://app.test');
      ok(!/^\/[/\\]/.test(decodeURIComponent(address.split(/[?#]/)[0])), address);
      strictEqual(localAddress(address), address);
    }), { numRuns: 5000 });
    ok(accepted > 200, `${accepted} accepted`);

  });

});
