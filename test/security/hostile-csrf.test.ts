import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { CsrfError } from '../../src/index.js';
import { type CsrfSite, csrfSite, ORIGIN } from '../support/csrf-site.js';
import { submit, withForm } from '../support/forms.js';
import { type RawAnswer, rawRequest } from '../support/raw-http.js';

const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype);

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const MULTIPART = 'multipart/form-data; boundary=b';

/** The parts of a request beside the cookie: header lines, and a body of a type. */
interface Sent { readonly lines?: readonly string[]; readonly type?: string; readonly body?: string }

/** The values that are made of a token; another is the token of another visitor. */
type Make = (token: string, another: string) => Sent;

const header = (...values: string[]): Sent => ({ lines: values.map(value => `X-CSRF-Token: ${value}`) });
const form = (body: string): Sent => ({ type: FORM, body });
const json = (value: unknown): Sent => ({ type: JSON_TYPE, body: typeof value === 'string' ? value : JSON.stringify(value) });
const plain = (token: string) => Buffer.from(token, 'base64url').toString('base64');

/** Requests without a valid token in any place. */
const REFUSED: { readonly [name: string]: Make } = {
  'nothing': () => ({}),
  'an empty header': () => header(''),
  'an empty field': () => form('csrf-token='),
  'null': () => json({ 'csrf-token': null }),
  'a number': () => json({ 'csrf-token': 43 }),
  'true': () => json({ 'csrf-token': true }),
  'a list with the token': token => json({ 'csrf-token': [token] }),
  'an object with a length': () => json({ 'csrf-token': { length: 43 } }),
  'an object with the token': token => json({ 'csrf-token': { toString: token, value: token } }),
  'a field that some parsers take for a list': token => form(`csrf-token[]=${token}`),
  'a field in another case': token => form(`CSRF-Token=${token}&csrf_token=${token}&csrfToken=${token}&_csrf=${token}`),
  'a member of the prototype': token => json(`{"__proto__":{"csrf-token":"${token}"},"constructor":{"prototype":{"csrf-token":"${token}"}}}`),
  'a member of a member': token => json({ form: { 'csrf-token': token } }),
  'a list': token => json(['csrf-token', token]),
  'a text': token => json(JSON.stringify(token)),
  'a form within JSON': token => json(JSON.stringify(`csrf-token=${token}`)),
  'JSON that is plain text': token => ({ type: 'text/plain', body: JSON.stringify({ 'csrf-token': token }) }),
  'a form that is plain text': token => ({ type: 'text/plain', body: `csrf-token=${token}` }),
  'a form of many parts, which no parser has read': token => ({ type: MULTIPART, body: `--b\r\nContent-Disposition: form-data; name="csrf-token"\r\n\r\n${token}\r\n--b--\r\n` }),
  'a form of no type': token => ({ body: `csrf-token=${token}` }),
  'a form of a type that is made up': token => ({ type: 'application/x-www-form-urlencoded2', body: `csrf-token=${token}` }),
  'the field twice': token => form(`csrf-token=${token}&csrf-token=${token}`),
  'the field twice, once wrong': token => form(`csrf-token=x&csrf-token=${token}`),
  'the header twice': token => header(token, token),
  'the header twice, once wrong': token => header('x', token),
  'two tokens in a header': token => header(`${token}, ${token}`),
  'the token of another': (_, another) => header(another),
  'the token of another in a form': (_, another) => form(`csrf-token=${another}`),
  'a wrong field beside a right header': token => ({ ...header(token), ...form('csrf-token=x') }),
  'an empty field beside a right header': token => ({ ...header(token), ...form('csrf-token=') }),
  'a null field beside a right header': token => ({ ...header(token), ...json({ 'csrf-token': null }) }),
  'a beginning': token => header(token.slice(0, -1)),
  'an end': token => header(token.slice(1)),
  'a letter more': token => header(`${token}A`),
  'an equals sign behind it': token => header(`${token}=`),
  'the other base64': token => header(plain(token)),
  'the other base64 in a form': token => form(`csrf-token=${plain(token)}`),
  'hexadecimal digits': token => header(Buffer.from(token, 'base64url').toString('hex')),
  'a byte A0 before it': token => header(`\xa0${token}`),
  'a byte A0 behind it': token => header(`${token}\xa0`),
  'an encoded byte A0 in a form': token => form(`csrf-token=${token}%C2%A0`),
  'an encoded blank in a form': token => form(`csrf-token=${token}+`),
  'an encoded NUL in a form': token => form(`csrf-token=${token}%00`),
  'capitals': token => header(token.toUpperCase()),
  'quotes': token => header(`"${token}"`),
  'a word before it': token => header(`Bearer ${token}`),
  'as many bytes of UTF-8': () => header('\xc3\xa9'.repeat(43)),
  'a broken code in a form': () => form(`csrf-token=${'%'.repeat(43)}`),
  '10 kB': () => header('A'.repeat(10_000)),
  'in the address': token => ({ lines: [`X-Path: /?csrf-token=${token}`, `Referer: ${ORIGIN}/?csrf-token=${token}`] }),
  'in another header': token => ({ lines: [`X-XSRF-Token: ${token}`, `CSRF-Token: ${token}`, `Authorization: Bearer ${token}`] }),
  '10 MiB of a form': () => form(`csrf-token=${'A'.repeat(10 * 2 ** 20)}`),
  '10 MiB beside no token': () => form(`a=${'A'.repeat(10 * 2 ** 20)}`),
  '10 MiB of JSON': () => json({ 'csrf-token': 'A'.repeat(10 * 2 ** 20) }),
  'JSON of a hundred thousand levels': () => json(`{"csrf-token":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  'a thousand fields': () => form(Array.from({ length: 1000 }, () => 'csrf-token=x').join('&')),
};

/** Requests with the visitor's own token. */
const TAKEN: { readonly [name: string]: Make } = {
  'in a header': token => header(token),
  'in a header, between blanks that HTTP drops': token => header(` \t${token}\t `),
  'in a form': token => form(`a=b&csrf-token=${token}&c=d`),
  'in a form, percent-encoded': token => form(`csrf-token=${token.replace(/./g, letter => `%${letter.charCodeAt(0).toString(16)}`)}`),
  'in JSON': token => json({ a: 1, 'csrf-token': token }),
  'in JSON with a byte order mark or escapes': token => json(`{"csrf\\u002dtoken":"\\u00${token.charCodeAt(0).toString(16)}${token.slice(1)}"}`),
  'in a form beside a wrong header: the body decides': token => ({ ...header('x'), ...form(`csrf-token=${token}`) }),
  'in a header beside a body without the field': token => ({ ...header(token), ...form('a=b') }),
  'in a header beside 10 MiB': token => ({ ...header(token), ...form(`a=${'A'.repeat(10 * 2 ** 20)}`) }),
  'in a header beside JSON that is null': token => ({ ...header(token), ...json('null') }),
  'in a header beside parts that no parser has read': token => ({ ...header(token), type: MULTIPART, body: '--b--' }),
};

for (const order of ['before', 'after'] as const) {

  describe(`A token over a socket, with csrf() ${order} session()`, () => {

    let there: CsrfSite;
    let [own, another] = [{ cookie: '', token: '' }, { cookie: '', token: '' }];

    before(async () => {
      there = await csrfSite({ order });
      another = await there.visitor();
      own = await there.visitor();
    });
    after(() => there.close());

    async function send({ lines = [], type, body = '' }: Sent, cookie = own.cookie): Promise<RawAnswer> {

      there.handled.length = there.errors.length = 0;
      const typed = type === undefined ? [] : [`Content-Type: ${type}`];
      const answer = await rawRequest(there.port, ['POST /validate HTTP/1.1', 'Host: x', `Cookie: ${cookie}`, ...lines, ...typed], body);
      deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), PROTOTYPE);
      return answer;

    }

    for (const [name, make] of Object.entries(REFUSED)) {

      it(`is refused: ${name}`, async () => {

        const { status, headers } = await send(make(own.token, another.token));
        strictEqual(status, 403);
        ok(there.errors.length === 1 && there.errors[0] instanceof CsrfError);
        deepStrictEqual([there.handled, headers.has('set-cookie')], [[], false]);

      });

    }

    for (const [name, make] of Object.entries(TAKEN)) {

      it(`is accepted: ${name}`, async () => {

        const { status } = await send(make(own.token, another.token));
        deepStrictEqual([status, there.handled], [200, ['POST /validate']]);

      });

    }

    it('is refused if an attacker sends it beside a cookie of their own', async () => {

      strictEqual((await send(header(own.token), another.cookie)).status, 403);
      strictEqual((await send(header(own.token), `${another.cookie}; ${own.cookie}`)).status, 403);

    });

  });

}

describe('A token', () => {

  it('is refused with any of its bits turned, and with any of its letters changed or missing', async () => {

    const { browser, token, errors } = await withForm();
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = Buffer.from(bytes);
      turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
      strictEqual(await submit(browser, turned.toString('base64url')), 403);
    }
    for (let at = 0; at < token.length; at++) {
      // The last letter has two bits to spare, which make it no other token's.
      for (const letter of ['A', 'B', 'z', '-', '_', '=', '\xa0']) {
        if (token[at] !== letter) strictEqual(await submit(browser, token.slice(0, at) + letter + token.slice(at + 1)), 403);
      }
      strictEqual(await submit(browser, token.slice(0, at)), 403);
      strictEqual(await submit(browser, token.slice(0, at) + token.slice(at + 1)), 403);
    }
    ok(errors.every(error => error instanceof CsrfError));
    strictEqual(await submit(browser, token), 200);

  });

  it('is refused as anything but itself, and no body makes an error of ours', async () => {

    const { browser, errors } = await withForm();
    const values = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true, withTypedArray: true, withObjectString: true });
    await fc.assert(fc.asyncProperty(fc.oneof(values, values.map(value => ({ 'csrf-token': value }))), async body => {
      strictEqual((await browser.post('/submit', { body })).status, 403);
    }), { numRuns: 2000 });
    ok(errors.every(error => error instanceof CsrfError));
    deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), PROTOTYPE);

  });

});
