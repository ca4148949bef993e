import { deepStrictEqual, match, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import { CsrfError, MemoryStore } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { forgetForms, PAGES, submit, tokenOf, withForm } from '../support/forms.js';
import { errorsToStatus, pageOf, site } from '../support/site.js';

describe('ctx.validateCsrf()', () => {

  it('answers at once: it throws and returns nothing', async () => {

    const { browser, token } = await withForm();
    const { browser: other } = site({ '/': ctx => {
      throws(() => ctx.validateCsrf('x'), CsrfError);
      return 'thrown';
    } });
    strictEqual((await other.get('/')).body as unknown, 'thrown');
    strictEqual(await submit(browser, token), 200);

  });

  it('throws a problem of Curveball\'s kind', async () => {

    const { browser, errors } = await withForm();
    strictEqual(await submit(browser, 'wrong'), 403);
    const [error] = errors as CsrfError[];
    ok(error instanceof CsrfError && error instanceof Error);
    strictEqual(error.httpStatus, 403);
    strictEqual(error.name, 'CsrfError');
    strictEqual(error.code, 'ERR_SESSION_CSRF');
    match(error.type, /^https:/);
    ok(error.title && error.detail && error.message);

  });

  it('refuses every token that is not exactly right', async () => {

    const { browser, token, errors } = await withForm();
    const flipped = (token.startsWith('A') ? 'B' : 'A') + token.slice(1);
    const wrong: unknown[] = [
      undefined, null, '', 0, 1, true, NaN, [], [token], {}, { length: 43 }, { toString: () => token }, Buffer.from(token), new String(token),
      'x'.repeat(43), token.slice(0, -1), `${token}=`, `${token} `, ` ${token}`, `${token}\xa0`, flipped, token.toLowerCase(), token.toUpperCase(),
      Buffer.from(token, 'base64url').toString('base64'), Buffer.from(token, 'base64url').toString('hex'), `${token}, ${token}`, token + token,
      'é'.repeat(43), '\ud800'.repeat(43), 'x'.repeat(1e6),
    ];
    // Where base64 has neither + nor /, it differs by its trailing = alone.
    for (const each of wrong) strictEqual(await submit(browser, each), 403, String(each).slice(0, 60));
    ok(errors.every(error => error instanceof CsrfError));
    strictEqual(await submit(browser, token), 200);

  });

  it('refuses the token of another session, of one that ended, and of an unknown id', async () => {

    const { browser, app, token } = await withForm();
    const other = new Browser(app);
    await other.get('/create');
    strictEqual(await submit(other, token), 403);
    strictEqual(await submit(new Browser(app), token), 403);

    const stale = browser.clone();
    await browser.get('/end');
    strictEqual(await submit(browser, token), 403);
    forgetForms(stale);
    strictEqual(await submit(stale, token), 403);

    // An attacker who can set cookies can have a token computed for an id of their choice.
    const tossed = new Browser(app);
    const { browser: elsewhere, store } = site(PAGES);
    await store.set('chosen-by-an-attacker', { a: 1 }, Date.now() / 1000 + 60);
    elsewhere.cookies.set('CB', 'chosen-by-an-attacker');
    const forged = await tokenOf(elsewhere);
    strictEqual(await submit(elsewhere, forged), 200);
    tossed.cookies.set('CB', 'chosen-by-an-attacker');
    strictEqual(await submit(tossed, forged), 403);

  });

  it('accepts a form that was sent while its session moved, for 30 seconds', async () => {

    const clock = { now: 1_800_000_000 };
    const { browser } = site(PAGES, { store: new MemoryStore({ now: () => clock.now }) });
    await browser.get('/create');
    const token = await tokenOf(browser);
    const stale = browser.clone();
    forgetForms(stale);
    await browser.get('/new-id');
    strictEqual(await submit(stale, token), 200);
    clock.now += 29;
    strictEqual(await submit(stale, token), 200);
    clock.now += 2;
    strictEqual(await submit(stale, token), 403);

  });

  it('takes the token from the body, else from the header; a token in the body decides', async () => {

    const { browser, token } = await withForm();
    const status = async (body: unknown, header?: string) => (
      await browser.post('/submit', { body, headers: header === undefined ? {} : { 'X-CSRF-Token': header } })
    ).status;
    strictEqual(await status({ 'csrf-token': token }), 200);
    strictEqual(await status(undefined, token), 200);
    strictEqual(await status({}, token), 200);
    strictEqual(await status({ 'csrf-token': undefined }, token), 200);
    strictEqual(await status({ 'csrf-token': token }, 'wrong'), 200);
    for (const wrong of ['wrong', '', null, 0, [], [token, token]]) strictEqual(await status({ 'csrf-token': wrong }, token), 403, String(wrong));
    strictEqual(await status(undefined, `${token}, ${token}`), 403);
    strictEqual(await status({ 'csrf-token': [token, token] }), 403);
    strictEqual(await status({ 'csrf-token[]': token, csrf: token, 'CSRF-Token': token }), 403);

  });

  it('accepts bodies of every kind', async () => {

    const { browser, token, errors } = await withForm();
    const getter = { get 'csrf-token'() { throw new Error('code of a body must not run'); } };
    const kinds = [
      undefined, null, '', 'csrf-token=x', 5, true, Symbol('x'), Buffer.from('x'), new Uint8Array(3), [], [{ 'csrf-token': token }], new Map([['csrf-token', token]]),
      Object.create({ 'csrf-token': token }), Object.freeze({}), Object.create(null), new ReadableStream(), new URLSearchParams({ 'csrf-token': token }), 'x'.repeat(1e6), getter,
    ];
    for (const body of kinds) strictEqual((await browser.post('/submit', { body })).status, 403);
    ok(errors.every(error => error instanceof CsrfError), String(errors.find(error => !(error instanceof CsrfError))));
    for (const body of [Object.freeze({ 'csrf-token': token }), Object.assign(Object.create(null), { 'csrf-token': token }), Object.assign([], { 'csrf-token': token })]) {
      strictEqual((await browser.post('/submit', { body })).status, 200);
    }

  });

  it('validates a token that it is given, whatever the request carries', async () => {

    const { browser, token, app } = await withForm();
    const mine = new Application();
    const results: unknown[] = [];
    mine.use(errorsToStatus(results), app.middlewares[1], pageOf({
      '/right': ctx => { ctx.validateCsrf(token); },
      '/wrong': ctx => { ctx.validateCsrf('x'); },
      '/null': ctx => { ctx.validateCsrf(null as never); },
    }));
    const same = new Browser(mine);
    same.cookies.set('CB', idOf(browser));
    strictEqual((await same.post('/right', { body: { 'csrf-token': 'x' } })).status, 200);
    strictEqual((await same.post('/wrong', { body: { 'csrf-token': token } })).status, 403);
    strictEqual((await same.post('/null', { body: { 'csrf-token': token } })).status, 403);

  });

  it('changes nothing: a refused request neither creates nor sets anything', async () => {

    const { browser, store } = site(PAGES);
    const response = await browser.post('/submit');
    strictEqual(response.status, 403);
    deepStrictEqual(setCookies(response), []);
    strictEqual(store.store.size, 0);

  });

});
