import { deepEqual, equal, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CookieJar } from '../../../src/testing/application/cookie-jar.js';
import { testClock } from '../../../src/testing/index.js';

const at = (path: string, origin = 'http://localhost') => new URL(path, origin);

function jarWith(...lines: string[]): CookieJar {

  const jar = new CookieJar();
  for (const line of lines) jar.take(line, at('/shop/cart'));
  return jar;

}

describe('A cookie jar', () => {

  it('sends cookies to their paths, longer paths first, then older cookies', () => {

    const jar = jarWith('a=1; Path=/', 'b=2; Path=/shop', 'a=3; Path=/shop/', 'c=4', 'd=5; Path=else', 'e=6; Path=/');
    equal(jar.header(at('/shop/x')), 'a=3; b=2; c=4; d=5; a=1; e=6');
    equal(jar.header(at('/shop')), 'b=2; c=4; d=5; a=1; e=6');
    equal(jar.header(at('/shopping')), 'a=1; e=6');
    equal(new CookieJar().header(at('/')), undefined);

  });

  it('replaces a cookie of the same name, domain and path, and keeps its place', () => {

    const jar = jarWith('a=1; Path=/', 'b=2; Path=/', 'a=3; Path=/', 'a=4; Path=/; Domain=localhost');
    equal(jar.header(at('/')), 'a=3; b=2; a=4');
    deepEqual(jar.names, ['a', 'b']);
    jar.delete('a');
    equal(jar.header(at('/')), 'b=2');
    jar.clear();
    deepEqual(jar.names, []);

  });

  it('keeps values as they are spelled', () => {

    const jar = jarWith('a=%20x"; Path=/', 'b=; Path=/;');
    equal(jar.header(at('/')), 'a=%20x"; b=');
    equal(jar.get('a'), '%20x"');
    equal(jar.get('b'), '');
    equal(jar.get('c'), undefined);

  });

  it('ends cookies by Max-Age, else by Expires, at 400 days at most, on the clock of the test', () => {

    const clock = testClock();
    try {
      const soon = new Date(Date.now() + 50_000).toUTCString();
      const jar = jarWith(
        'a=1; Path=/; Max-Age=100', `b=2; Path=/; Expires=${soon}`, `c=3; Path=/; Max-Age=100; Expires=${soon}`,
        'd=4; Path=/', 'e=5; Path=/; Max-Age=999999999',
      );
      clock.advance(60);
      deepEqual(jar.names, ['a', 'c', 'd', 'e']);
      clock.advance(40);
      deepEqual(jar.names, ['d', 'e']);
      clock.advance(400 * 86_400);
      deepEqual(jar.names, ['d']);
    } finally {
      clock.restore();
    }

  });

  it('removes a cookie whose end has passed', () => {

    for (const end of ['Max-Age=0', 'Max-Age=-1', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT']) {
      const jar = jarWith('a=1; Path=/', 'a=1; Path=/shop', `a=; Path=/; ${end}`);
      equal(jar.header(at('/shop')), 'a=1', end);
      equal(jar.header(at('/')), undefined, end);
    }

  });

  it('keeps Secure cookies for https, and for localhost as browsers do', () => {

    const jar = new CookieJar();
    jar.take('a=1; Path=/; Secure', at('/', 'https://site.example'));
    equal(jar.header(at('/', 'https://site.example')), 'a=1');
    equal(jar.header(at('/', 'http://site.example')), undefined);
    equal(jarWith('a=1; Path=/; Secure').header(at('/')), 'a=1');
    throws(() => jar.take('b=1; Secure', at('/', 'http://site.example')), {
      message: "A browser would not keep the cookie b: it has the attribute Secure, and the application's origin is http://site.example: set app.origin to an https origin",
    });

  });

  it('refuses what browsers drop, and says why', () => {

    const refused: Record<string, RegExp> = {
      'a=1; Domain=other.example': /its Domain is other\.example, and the application's host is www\.site\.example/,
      'a=1; Domain=example': /its Domain is example/,
      'a=1; Domain=ite.example': /its Domain/,
      'a=1; Secure; Partitioned; SameSite=None': /^$/,
      'a=1; SameSite=None': /lacks the attribute Secure/,
      'a=1; Partitioned': /lacks the attribute Secure/,
      '__Host-a=1; Path=/': /demands the attribute Secure/,
      '__Host-a=1; Path=/x; Secure': /demands Path=\/ and no Domain/,
      '__Host-a=1; Path=/; Secure; Domain=site.example': /demands Path=\/ and no Domain/,
      '__Host-a=1; Path=/; Secure': /^$/,
      '__secure-a=1': /demands the attribute Secure/,
      '__Http-a=1; Secure': /demands the attribute HttpOnly/,
      'a=1; Domain=.Site.Example': /^$/,
      [`a=${'x'.repeat(4096)}`]: /more than 4096 bytes/,
    };
    for (const [line, why] of Object.entries(refused)) {
      const take = () => new CookieJar().take(line, at('/', 'https://www.site.example'));
      if (why.source === '^$') take();
      else throws(take, why, line);
    }

  });

});
