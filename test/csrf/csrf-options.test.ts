import { doesNotThrow, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CsrfOptions, csrf } from '../../src/index.js';

function refuses(options: unknown, ...texts: string[]) {

  throws(() => csrf(options as CsrfOptions), (error: Error) => {
    ok(error instanceof TypeError);
    for (const text of texts) ok(error.message.includes(text), `${error.message} lacks ${text}`);
    return true;
  });

}

describe('The options of csrf()', () => {

  it('may all be left out', () => {

    doesNotThrow(() => csrf());
    doesNotThrow(() => csrf({}));
    doesNotThrow(() => csrf(Object.freeze({ trustedOrigins: undefined, exempt: undefined, guard: undefined, requireToken: undefined, report: undefined })));

  });

  it('have no other name', () => {

    refuses({ trustedOrigin: [] }, 'trustedOrigin', 'trustedOrigins, exempt, guard, requireToken, report');
    for (const options of [null, 1, 'x', []]) refuses(options, 'options');

  });

  it('trust whole origins, in the spelling of browsers', () => {

    doesNotThrow(() => csrf({ trustedOrigins: ['https://a.test', 'http://a.test:8080', 'https://[::1]:3000', 'https://xn--pp-via.test', 'http://localhost'] }));
    for (const origin of [
      'null', '', 'a.test', '//a.test', 'https://', 'https://a.test/', 'https://a.test/path', 'https://a.test?x', 'https://a.test#x', 'https://*.a.test', 'https://*', '*',
      'HTTPS://a.test', 'https://A.test', 'https://a.test:443', 'http://a.test:80', 'https://user@a.test', 'https://user:pass@a.test', 'https://äpp.test', ' https://a.test',
      'https://a.test ', 'https://a.test, https://b.test', 'file://', 'file:///x', 'chrome-extension://abc', 'ftp://a.test', 'ws://a.test', 'javascript:1', 'https://a_b\n.test',
    ]) refuses({ trustedOrigins: [origin] }, 'trustedOrigins', JSON.stringify(origin.replace(/user.*@/, '…@')), 'browsers write them');
    for (const origin of [null, undefined, 1, {}, [], /x/, new URL('https://a.test')]) refuses({ trustedOrigins: [origin] }, 'trustedOrigins');
    for (const value of [null, 'https://a.test', {}, new Set(['https://a.test'])]) refuses({ trustedOrigins: value }, 'trustedOrigins', 'array');

  });

  it('exempt exact paths, and requests that functions choose', () => {

    doesNotThrow(() => csrf({ exempt: ['/', '/hook', '/hooks/payment-2', '/a%20b', '/hook/', () => true] }));
    for (const path of [
      '', 'hook', '*', '/hook/*', '/hook/:id', '/hook/{x}', '/hook(s)', '/hook?x', '/hook#x', '/hook/../admin', '/./hook', '/a b', 'https://a.test/hook', '//a b', '/%2e%2e/hook', '/hook\\x', '/\n',
    ]) refuses({ exempt: [path] }, 'exempt', JSON.stringify(path), 'exact paths');
    for (const entry of [null, 1, /hook/, {}, undefined]) refuses({ exempt: [entry] }, 'exempt');
    for (const value of [null, '/hook', () => true, {}]) refuses({ exempt: value }, 'exempt', 'array');

  });

  it('are of the right type', () => {

    for (const value of [null, 1, 'true', {}]) {
      refuses({ requireToken: value }, 'requireToken', 'true or false');
      refuses({ report: value }, 'report', 'true or false');
    }
    for (const value of [null, true, '/x', ['/x']]) refuses({ guard: value }, 'guard', 'function');

  });

  it('make a middleware', () => {

    strictEqual(typeof csrf({ report: true }), 'function');

  });

});
