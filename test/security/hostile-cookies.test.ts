import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { type HostileSite, hostileSite } from '../support/hostile-site.js';

/** The ids in a case: of the sessions of two users, and one of an ended session. */
interface Ids { readonly ada: string; readonly bob: string; readonly dead: string; readonly unknown: string }

/** The values of each `Cookie` header, one character a byte. */
type Make = (ids: Ids) => string | string[];

const utf8 = (text: string) => Buffer.from(text).toString('latin1');
const flipped = (letter: string) => letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
const otherCase = (id: string) => id.replace(/[a-z]/gi, flipped);
const lots = (count: number, each: (index: number) => string) => Array.from({ length: count }, (_, index) => each(index)).join('; ');
/** Unknown ids that begin like known ones. */
const unknownIds = (count: number, id: string) => lots(count, index => `CB=${String(index).padStart(6, '0')}${id.slice(6)}`);

/** Cookie headers that open no session. */
const ANONYMOUS: { readonly [name: string]: Make } = {
  'no value': () => '',
  'our name alone': () => 'CB',
  'our name without a value': () => 'CB=',
  'our name as the value of none': ({ ada }) => `=CB=${ada}`,
  'two equals signs before it': ({ ada }) => `==CB=${ada}`,
  'two equals signs behind it': ({ ada }) => `CB==${ada}`,
  'our name behind a semicolon': () => ';CB',
  'a byte that some take for a blank, A0': ({ ada }) => `\xa0CB=${ada}`,
  'a byte that some take for a line end, 85': ({ ada }) => `\x85CB=${ada}`,
  'a blank of Unicode': ({ ada }) => `${utf8('\u2000')}CB=${ada}`,
  'a byte order mark': ({ ada }) => `${utf8('\ufeff')}CB=${ada}`,
  'a byte A0 behind the name': ({ ada }) => `CB\xa0=${ada}`,
  'a byte A0 before the value': ({ ada }) => `CB=\xa0${ada}`,
  'a byte A0 behind the value': ({ ada }) => `CB=${ada}\xa0`,
  'our name in small letters': ({ ada }) => `cb=${ada}`,
  'our name with a prefix': ({ ada }) => `__Host-CB=${ada}; __Secure-CB=${ada}; __host-CB=${ada}`,
  'our name percent-encoded': ({ ada }) => `%43B=${ada}`,
  'our name with a dot, a bracket, a plus': ({ ada }) => `C.B=${ada}; C[B=${ada}; CB[]=${ada}; C+B=${ada}`,
  'our name in quotes': ({ ada }) => `"CB"=${ada}`,
  'our name with a dollar': ({ ada }) => `$CB=${ada}; $Version="1"; $Path=/`,
  'two pairs with a comma': ({ ada, bob }) => `CB=${ada},CB=${bob}`,
  'our pair within a value': ({ ada }) => `a=CB=${ada}; b="; CB=x"; c= CB=${ada}`,
  'the id in quotes': ({ ada }) => `CB="${ada}"`,
  'the id and an encoded NUL': ({ ada }) => `CB=${ada}%00`,
  'the id and an encoded blank': ({ ada }) => `CB=${ada}%20`,
  'the id with an encoded letter': ({ ada }) => `CB=%${ada.charCodeAt(0).toString(16)}${ada.slice(1)}`,
  'dots of a path, encoded': () => 'CB=%2e%2e; CB=..%2f..%2f',
  'the id in the other case': ({ ada }) => `CB=${otherCase(ada)}`,
  'the id in small letters': ({ ada }) => `CB=${ada.toLowerCase()}`,
  'the id in capitals': ({ ada }) => `CB=${ada.toUpperCase()}`,
  'the id less a letter': ({ ada }) => `CB=${ada.slice(0, -1)}; CB=${ada.slice(1)}`,
  'the id and a letter': ({ ada }) => `CB=${ada}A; CB=A${ada}`,
  'an id of 10 kB': ({ ada }) => `CB=${ada}${'A'.repeat(10_000)}`,
  'the id and a letter with an accent': ({ ada }) => `CB=${utf8(`${ada}é`)}; CB=${ada}\xe9; CB=${ada}%C3%A9`,
  'an id with a letter of another alphabet': ({ ada }) => `CB=${utf8(`А${ada.slice(1)}`)}`,
  'the handle of one and the secret of another': ({ ada, bob }) => `CB=${ada.slice(0, 16)}${bob.slice(16)}`,
  'an id that has ended': ({ dead }) => `CB=${dead}`,
  'an unknown id': ({ unknown }) => `CB=${unknown}`,
  'a form, and nothing behind it': () => 'CB-form=; CB-form-A=',
  'a form': ({ unknown }) => `CB-form=${unknown}`,
  'a form with the id of a session': ({ ada }) => `CB-form=${ada}; CB-form-A=${ada}; __Host-CB-form-A=${ada}`,
  'ten thousand forms': ({ unknown }) => lots(10_000, index => `CB-form-A=${String(index).padStart(43, unknown)}`),
  'names of what objects inherit': ({ ada }) => `__proto__=${ada}; constructor=${ada}; toString=x; __proto__[CB]=${ada}`,
  'names of what objects inherit as ids': () => 'CB=__proto__; CB=constructor; CB=toString; CB=hasOwnProperty',
  'the id in another header': ({ ada }) => `x\r\nX-Session-Id: ${ada}\r\nAuthorization: Bearer ${ada}\r\nX-CB: ${ada}`,
  'nothing but semicolons': () => ';'.repeat(100_000),
  'ten thousand pairs': () => lots(10_000, index => `name${index}=value`),
  'sixteen KiB': () => `a=${'x'.repeat(16_000)}`,
  'a MiB': () => `a=${'x'.repeat(2 ** 20)}`,
  'a MiB of our name': () => 'CB='.repeat(2 ** 20 / 3),
  'a MiB of blanks behind our name': () => `CB${' '.repeat(2 ** 20)}x`,
  'a MiB of values in a wrong spelling': () => 'CB=%41;'.repeat(2 ** 20 / 7),
  'a MiB of ids that are too long': () => `CB=${'A'.repeat(2 ** 20)}`,
  'five unknown ids before a live one': ({ ada }) => `${unknownIds(5, ada)}; CB=${ada}`,
  'a thousand unknown ids before a live one': ({ ada }) => `${unknownIds(1000, ada)}; CB=${ada}`,
};

/** Unusual headers that carry Ada's cookie all the same. */
const ADA: { readonly [name: string]: Make } = {
  'among others': ({ ada }) => `a=b; CB=${ada}; c=d`,
  'between blanks and tabs': ({ ada }) => `\t CB \t=\t ${ada} \t; a=b`,
  'beside names of what objects inherit': ({ ada }) => `__proto__=x; constructor=y; CB=${ada}; toString=z`,
  'behind one in a wrong spelling, an empty one and one of a form': ({ ada, unknown }) => `CB="${ada}"; CB=; CB=%zz; CB=p.${unknown}; CB=${ada}`,
  'behind one that has ended': ({ ada, dead }) => `CB=${dead}; CB=${ada}`,
  'behind three unknown ids': ({ ada }) => `${unknownIds(3, ada)}; CB=${ada}`,
  'a thousand times': ({ ada }) => lots(1000, () => `CB=${ada}`),
  'behind a thousand that are one': ({ ada, unknown }) => `${lots(999, () => `CB=${unknown}`)}; CB=${ada}`,
  'before that of another': ({ ada, bob }) => `CB=${ada}; CB=${bob}`,
  'in the last of several headers': ({ ada, unknown }) => ['a=b', `CB=${unknown}`, `CB=${ada}`],
  'in the first of several headers': ({ ada, bob }) => [`CB=${ada}`, `CB=${bob}`, 'a=b'],
  'behind a MiB of other cookies': ({ ada }) => `a=${'x'.repeat(2 ** 20)}; CB=${ada}`,
};

/** The quickest of several counts: in others, garbage may have been collected. */
const TRIES = 5;

let site: HostileSite;
let ids: Ids;

async function begin(cookieName?: string): Promise<void> {

  site = await hostileSite(cookieName ? { cookieName, cookieOptions: { secure: true } } : {});
  const dead = await site.signIn('eve');
  await site.send('/end', `${cookieName ?? 'CB'}=${dead}`);
  ids = { ada: await site.signIn('ada'), bob: await site.signIn('bob'), dead, unknown: site.store.newSessionId() };

}

const made = (make: Make) => [make(ids)].flat();

describe('A Cookie header over a socket', () => {

  before(() => begin());
  after(() => site.close());

  for (const [name, make] of Object.entries(ANONYMOUS)) {

    it(`opens no session: ${name}`, async () => {

      const cookies = made(make);
      let quickest = Infinity;
      for (let turn = 0; turn < TRIES; turn++) {
        const { status, body, headers, ids: asked, took } = await site.send('/read', ...cookies);
        deepStrictEqual([status, JSON.parse(body), headers.has('set-cookie')], [200, {}, false]);
        ok(new Set(asked).size <= 4, `The store was asked for ${asked.length} ids`);
        quickest = Math.min(quickest, took);
      }
      // Anything but linear time takes seconds for a MiB.
      ok(quickest < (cookies.join('').length > 2 ** 17 ? 200 : 5), `It took ${quickest} ms`);

    });

  }

  it('opens no session for a handler that writes, either: it gets a new one, or is refused', async () => {

    for (const [name, make] of Object.entries(ANONYMOUS)) {
      const { status, body, headers } = await site.send('/write', ...made(make));
      // One that has just ended is remembered for a while.
      if (name === 'an id that has ended') {
        deepStrictEqual([status, headers.has('set-cookie')], [409, false]);
        continue;
      }
      deepStrictEqual([status, JSON.parse(body)], [200, { wrote: true }], name);
      const [, id = ''] = /^CB=(\w+); /.exec(headers.get('set-cookie')?.[0] ?? '') ?? [];
      ok(site.store.isSessionId(id), name);
      ok(!made(make).join().includes(id), name);
    }
    deepStrictEqual(JSON.parse((await site.send('/read', `CB=${ids.ada}`)).body), { user: 'ada' });
    deepStrictEqual(JSON.parse((await site.send('/read', `CB=${ids.bob}`)).body), { user: 'bob' });

  });

  it('ends no session that it does not open', async () => {

    for (const [name, make] of Object.entries(ANONYMOUS)) {
      const { status, headers } = await site.send('/end', ...made(make));
      deepStrictEqual([status, headers.has('set-cookie')], [200, false], name);
    }
    deepStrictEqual(JSON.parse((await site.send('/read', `CB=${ids.ada}`)).body), { user: 'ada' });

  });

  for (const [name, make] of Object.entries(ADA)) {

    it(`opens the visitor's own session: ${name}`, async () => {

      const { status, body, headers, ids: asked } = await site.send('/read', ...made(make));
      deepStrictEqual([status, JSON.parse(body), headers.has('set-cookie')], [200, { user: 'ada' }, false]);
      strictEqual(asked.filter(id => id === ids.ada).length, 1);
      ok(new Set(asked).size <= 4);

    });

  }

  it('does not reach the application with a control character', async () => {

    for (const character of ['\0', '\x01', '\x08', '\x0b', '\x0c', '\x1f', '\x7f']) {
      for (const cookie of [`${character}CB=${ids.ada}`, `CB${character}=${ids.ada}`, `CB=${ids.ada}${character}`]) {
        const { status, body } = await site.send('/read', cookie);
        ok(status === 400 || body.trim() === '{}', `${status} for the byte ${character.charCodeAt(0)}`);
      }
    }

  });

  it('is refused by Node if it is larger than the server allows, and the next request is answered', async () => {

    const { status } = await site.send('/read', 'x'.repeat(5 * 2 ** 20)).catch(() => ({ status: 431 }));
    strictEqual(status, 431);
    deepStrictEqual(JSON.parse((await site.send('/read', `CB=${ids.ada}`)).body), { user: 'ada' });

  });

  it('that HTTP/2 has cut into crumbs is read as one', async t => {

    const client = connect(`http://127.0.0.1:${site.http2Port}`);
    t.after(() => client.destroy());
    const read = async (cookie: string[]) => {
      const stream = client.request({ ':path': '/read', cookie });
      const headers = once(stream, 'response');
      let body = '';
      for await (const chunk of stream) body += chunk;
      strictEqual((await headers)[0][':status'], 200);
      return JSON.parse(body);
    };
    deepStrictEqual(await read(['a=b', `CB=${ids.ada}`, 'c=d']), { user: 'ada' });
    deepStrictEqual(await read([`CB=${ids.dead}`, `CB=${ids.ada}`, `CB=${ids.bob}`]), { user: 'ada' });
    deepStrictEqual(await read(['CB=', ids.ada]), {});
    deepStrictEqual(await read(['C', `B=${ids.ada}`]), {});
    deepStrictEqual(await read([`CB=${ids.ada.slice(0, 20)}`, ids.ada.slice(20)]), {});

  });

});

describe('A cookie with the prefix __Host- over a socket', () => {

  before(() => begin('__Host-CB'));
  after(() => site.close());

  it('counts once: no other host or path can have set a second', async () => {

    const { ada, bob, dead, unknown } = ids;
    const read = async (...values: string[]) => {
      const { body, ids: asked } = await site.send('/read', values.map(value => `__Host-CB=${value}`).join('; '));
      strictEqual(new Set(asked).size, 1);
      return JSON.parse(body);
    };
    deepStrictEqual(await read(ada, bob), { user: 'ada' });
    deepStrictEqual(await read('', 'x', `"${ada}"`, ada, bob), { user: 'ada' });
    for (const first of [dead, unknown, otherCase(ada)]) deepStrictEqual(await read(first, ada), {});
    deepStrictEqual(await read(...Array.from({ length: 1000 }, () => unknown), ada), {});

  });

  it('is recognised only with its exact name', async () => {

    const { ada } = ids;
    for (const name of ['__host-CB', '__HOST-CB', '__Host-cb', '__Secure-CB', 'CB', '\xa0__Host-CB', '%5F_Host-CB', '__Host-CB[]']) {
      const { body, ids: asked } = await site.send('/read', `${name}=${ada}`);
      deepStrictEqual([JSON.parse(body), asked.length], [{}, 0], name);
    }
    notStrictEqual((await site.send('/read', `__Host-CB=${ada}`)).body.trim(), '{}');

  });

});
