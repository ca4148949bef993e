import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Headers } from '@curveball/kernel';
import { checkedCookieOptions, type CookieOptions } from '../../src/cookie/cookie-options.js';
import { FormCookie } from '../../src/cookie/form-cookie.js';

const SECRET = 'x'.repeat(43);

function cookieWith(cookieOptions: CookieOptions = {}, cookieName = 'CB'): FormCookie {

  return new FormCookie({ cookieName, cookieOptions: checkedCookieOptions(cookieName, cookieOptions) });

}

function written(cookie: FormCookie, name: string, isHttps: boolean): string {

  const headers = new Headers();
  cookie.write(headers, { set: { name, secret: SECRET }, clear: [] }, isHttps, false);
  return headers.getMany('set-cookie').join();

}

describe('The name of a form\'s cookie', () => {

  const bases: Array<[cookieName: string, options: CookieOptions, onHttp: string, onHttps: string]> = [
    ['CB', {}, 'CB-form', '__Host-CB-form'],
    ['CB', { secure: true }, '__Host-CB-form', '__Host-CB-form'],
    ['CB', { secure: false }, 'CB-form', 'CB-form'],
    ['CB', { path: '/admin' }, 'CB-form', 'CB-form'],
    ['CB', { domain: 'example.com' }, 'CB-form', 'CB-form'],
    ['__Host-CB', { secure: true }, '__Host-CB-form', '__Host-CB-form'],
    ['__Secure-CB', { secure: true }, '__Host-CB-form', '__Host-CB-form'],
    ['__Secure-CB', { secure: true, domain: 'example.com' }, 'CB-form', 'CB-form'],
    ['__host-http-CB', { secure: true }, '__Host-CB-form', '__Host-CB-form'],
    ['a.b*c|d', {}, 'a.b*c|d-form', '__Host-a.b*c|d-form'],
  ];

  it('has the prefix that keeps other hosts from setting it, wherever a browser accepts it', () => {

    for (const [cookieName, options, onHttp, onHttps] of bases) {
      const cookie = cookieWith(options, cookieName);
      for (const [isHttps, base] of [[false, onHttp], [true, onHttps]] as const) {
        const name = cookie.newName(false, isHttps);
        strictEqual(name.slice(0, -2), base);
        match(name.slice(-2), /^-[A-Za-z0-9]$/);
        strictEqual(cookie.newName(true, isHttps), base, 'where the browser keeps its cookies back');
        deepStrictEqual(cookie.read(`${name}=${SECRET}`, isHttps), [{ name, secret: SECRET }]);
      }
    }

  });

  it('is looked for with the prefix that it would be written with: a sibling host can set one without', () => {

    const cookie = cookieWith();
    deepStrictEqual(cookie.read(`CB-form-A=${SECRET}; __Host-CB-form-A=${'y'.repeat(43)}`, true).map(({ secret }) => secret), ['y'.repeat(43)]);
    deepStrictEqual(cookie.read(`__Host-CB-form-A=${'y'.repeat(43)}; CB-form-A=${SECRET}`, false).map(({ secret }) => secret), [SECRET]);

  });

  it('is one that we write: no other is read, replaced or cleared, whatever it begins with', () => {

    const cookie = cookieWith();
    const strange = ['\u00e9', '\u00ff', '_', '-', '"', '@', '\u{1f600}', 'AB', '', 'A '].map(end => `CB-form-${end}`).concat('CB-formA', 'CB-form.A', 'CB-form--A', 'cb-form-A');
    for (const name of strange.filter(each => each.trimEnd() === each)) {
      deepStrictEqual(cookie.read(`${name}=${SECRET}`, false), [], name);
      const headers = new Headers();
      headers.set('Set-Cookie', [`${name}=theirs`]);
      cookie.write(headers, { set: { name: 'CB-form-A', secret: SECRET }, clear: ['CB-form'] }, false, false);
      deepStrictEqual(headers.getMany('set-cookie').length, 3, name);
    }
    for (const name of ['CB-form', 'CB-form-a', 'CB-form-Z', 'CB-form-9']) deepStrictEqual(cookie.read(`${name}=${SECRET}`, false), [{ name, secret: SECRET }]);

  });

  it('is another one each time, up to as many as there are letters and digits', () => {

    const cookie = cookieWith();
    const names = Array.from({ length: 62 }, () => cookie.newName(false, false));
    strictEqual(new Set(names).size, 62);
    ok(names.includes(cookie.newName(false, false)));

  });

});

describe('A form\'s cookie', () => {

  it('has the attributes of the session\'s cookie, is hidden from scripts, and ends with the browser', () => {

    const options: Array<[CookieOptions, string]> = [
      [{}, 'Path=/; HttpOnly; Secure; SameSite=Lax'],
      [{ maxAge: 1000, httpOnly: false, encode: () => 'x' }, 'Path=/; HttpOnly; Secure; SameSite=Lax'],
      [{ path: '/admin', domain: 'example.com', sameSite: 'strict' }, 'Domain=example.com; Path=/admin; HttpOnly; Secure; SameSite=Strict'],
      [{ sameSite: 'none', secure: true, partitioned: true }, 'Path=/; HttpOnly; Secure; Partitioned; SameSite=None'],
    ];
    for (const [each, attributes] of options) strictEqual(written(cookieWith(each), 'n', true), `n=${SECRET}; ${attributes}`);
    strictEqual(written(cookieWith(), 'n', false), `n=${SECRET}; Path=/; HttpOnly; SameSite=Lax`);

  });

  it('is written beside others, and only once', () => {

    const cookie = cookieWith();
    const headers = new Headers();
    headers.set('Set-Cookie', ['CB=id; Path=/', 'CB-formal=1', 'theme=dark']);
    for (const [set, clear] of [['CB-form-A', ['CB-form-B']], ['CB-form-A', ['CB-form-B']], ['CB-form-C', []]] as const) {
      cookie.write(headers, { set: { name: set, secret: SECRET }, clear }, false, false);
    }
    deepStrictEqual(headers.getMany('set-cookie'), ['CB=id; Path=/', 'CB-formal=1', 'theme=dark', `CB-form-C=${SECRET}; Path=/; HttpOnly; SameSite=Lax`]);
    cookie.write(headers, { set: undefined, clear: ['CB-form-C'] }, false, false);
    match(headers.getMany('set-cookie').at(-1) as string, /^CB-form-C=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/);

  });

  it('is read at most a hundred times, each secret once, in time linear in the header', () => {

    const cookie = cookieWith();
    const many = Array.from({ length: 10_000 }, (_, index) => `CB-form-A=${String(index).padStart(43, 'x')}`).join('; ');
    strictEqual(cookie.read(many, false).length, 100);
    strictEqual(cookie.read(`CB-form-A=${SECRET}; CB-form-B=${SECRET}`, false).length, 1);
    // Processor time, since the machine may do other work. Quadratic time would be an hour.
    const before = process.cpuUsage();
    for (const hostile of [' '.repeat(1e6), ';'.repeat(1e6), 'CB-form'.repeat(1e5), `CB-form-A${' '.repeat(1e6)}=`, `${'CB-form-A ='.repeat(1e5)}`]) {
      deepStrictEqual(cookie.read(`${hostile}CB-form`, false), []);
    }
    ok(process.cpuUsage(before).user < 10_000_000);

  });

});
