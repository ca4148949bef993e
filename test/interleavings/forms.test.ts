import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import type { Response } from '@curveball/kernel';
import type { SessionOptions } from '../../src/index.js';
import { Browser, setCookies } from '../support/browser.js';
import { settled } from '../support/events.js';
import { type Choose, explore, selections } from '../support/explore.js';
import { submit } from '../support/forms.js';
import { texts } from '../support/memory-store-at.js';
import { ParkingLot } from '../support/parking-lot.js';
import { ParkingStore } from '../support/parking-store.js';
import { type Page, site } from '../support/site.js';
import { timelessStore } from '../support/worlds.js';

/*
 * Pages with forms, together with requests that begin, change, empty, end and move
 * their session: in every order of their calls to the store, and of their answers
 * to the browser.
 */

const PAGES: Record<string, Page> = {
  '/form': ctx => ctx.getCsrf(),
  '/flash-and-form': ctx => {
    delete ctx.session.flash;
    return ctx.getCsrf();
  },
  '/read-and-form': async ctx => {
    const { ...values } = ctx.session;
    return values && ctx.getCsrf();
  },
  '/cart': ctx => { ctx.session.cart = 'a book'; },
  '/read': ctx => ({ ...ctx.session }),
  '/show-flash': ctx => { delete ctx.session.flash; },
  '/end': ctx => { ctx.session = null; },
  '/submit': ctx => { ctx.validateCsrf(); },
  '/sign-in': ctx => { ctx.session.owner = 'ada'; },
};

const FORMS = ['/form', '/flash-and-form', '/read-and-form'];

interface World {
  readonly options: Partial<SessionOptions>;
  /** The content of the browser's session at first; null for no session. */
  readonly values: Record<string, unknown> | null;
  /** The user to whom it is bound. */
  readonly user?: string;
  /** Whether a page with a form was shown before. */
  readonly hasForm?: boolean;
}

const ANONYMOUS: World = { options: { user: 'owner' }, values: { flash: 'Saved' } };
const USERS: World = { options: { user: 'owner', renewal: 60 }, values: { flash: 'Saved', owner: 'ada' }, user: 'ada' };

/** The result of one run: an answer for each request, and the browser after all of them. */
interface Run { readonly answers: readonly Response[]; readonly browser: Browser; readonly schedule: readonly string[] }

async function run(paths: readonly string[], { options, values, user, hasForm }: World, choose: Choose): Promise<Run> {

  const store = timelessStore();
  const settings = { touchInterval: 0, ...options };
  const { browser } = site(PAGES, { ...settings, store });
  if (values) {
    const id = store.newSessionId();
    // An id that is old enough for another.
    const info = user === undefined ? undefined : { user, details: '{"created":1,"renewed":1}' };
    store.create(id, texts(values), { lifetime: 1800, newInfo: info && { info } });
    browser.cookies.set('CB', id);
  }
  if (hasForm) await browser.get('/form');

  const lot = new ParkingLot(() => null, []);
  const schedule: string[] = [];
  const waiting = new Map<number, Response>();
  const answers: Response[] = [];
  for (const [index, path] of paths.entries()) {
    const parked = new ParkingStore(lot, store, String(index), [], moving => store.newSessionId(moving));
    const each = new Browser(site(PAGES, { ...settings, store: parked, storeTimeout: 3600 }).app);
    for (const [name, value] of browser.cookies) each.cookies.set(name, value);
    void each.get(path).then(answer => {
      answers[index] = answer;
      waiting.set(index, answer);
    });
  }
  for (;;) {
    await settled();
    const happens = [
      ...lot.parked.map(call => ({ text: `${call.request}: ${call.method}`, happen: () => lot.apply(call) })),
      ...[...waiting].map(([index, answer]) => ({
        text: `${index} is delivered`,
        async happen() {
          waiting.delete(index);
          for (const line of setCookies(answer)) browser.take(line);
        },
      })),
    ];
    if (happens.length === 0) break;
    const { text, happen } = happens[choose(happens.length)] as typeof happens[number];
    schedule.push(text);
    await happen();
  }
  lot.close();
  return { answers, browser, schedule };

}

/** Runs requests in every order, and checks each run. */
function everyOrder(paths: readonly string[], world: World, check: (run: Run) => Promise<void>): Promise<number> {

  return explore(async choose => {
    const done = await run(paths, world, choose);
    try {
      await check(done);
    } catch (error) {
      (error as Error).message += `\n${paths}, ${JSON.stringify(world)}\n${done.schedule.join('\n')}\n${done.answers.map(({ status }) => status)} ${[...done.browser.cookies]}`;
      throw error;
    }
  });

}

/** Asserts that every form that was served works, and that acknowledged changes are stored. */
async function checkForms(paths: readonly string[], { answers, browser }: Run, mayBeLate = false): Promise<void> {

  for (const [index, path] of paths.entries()) {
    const { status, body } = answers[index] as Response;
    if (mayBeLate && status === 409) continue;
    assert.equal(status, 200, path);
    if (!FORMS.includes(path)) continue;
    assert.equal(await submit(browser, body), 200, `the form of ${path}`);
    assert.equal(await submit(browser, body), 200, `the form of ${path}, again`);
  }
  const { body } = await browser.get('/read');
  const values = body as unknown as Record<string, unknown>;
  const isWritten = paths.some((path, index) => path === '/cart' && answers[index]?.status === 200);
  if (isWritten && !paths.includes('/end')) assert.equal(values.cart, 'a book');

}

const withForms = (others: readonly string[]) => FORMS.flatMap(form => others.map(other => [form, other]));

/** A page with a form, together with any two of these. */
const triples = (others: readonly string[]) => selections(others, 2).map(pair => ['/form', ...pair]);

test('a form works, and replaces nothing, whatever a first visitor requests at the same time', async t => {

  let runs = 0;
  for (const options of [{}, { user: 'owner' }]) {
    for (const hasForm of [false, true]) {
      for (const paths of [...withForms(['/cart', '/form', '/read']), ['/form', '/form', '/cart'], ['/form', '/read', '/cart'], ['/form', '/form', '/form']]) {
        runs += await everyOrder(paths, { options, values: null, hasForm }, done => checkForms(paths, done));
      }
    }
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 150);

});

test('a form works whatever else is done with an anonymous session: it is filled, emptied and ended', async t => {

  let runs = 0;
  for (const hasForm of [false, true]) {
    for (const paths of [...withForms(['/cart', '/show-flash', '/end', '/form']), ...hasForm ? [] : triples(['/cart', '/show-flash', '/end'])]) {
      runs += await everyOrder(paths, { ...ANONYMOUS, hasForm }, done => checkForms(paths, done, paths.includes('/end')));
    }
    for (const paths of withForms(['/cart', '/show-flash', '/form'])) {
      runs += await everyOrder(paths, { ...ANONYMOUS, options: {}, hasForm }, done => checkForms(paths, done));
    }
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 2000);

});

test('a form of a user works whichever request gets the new id that is due', async t => {

  let runs = 0;
  for (const options of [USERS.options, { ...USERS.options, grace: 30 }]) {
    for (const paths of [...withForms(['/cart', '/read', '/form']), ['/form', '/form', '/read']]) {
      runs += await everyOrder(paths, { ...USERS, options }, done => checkForms(paths, done, options.grace === undefined));
    }
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 500);

});

test('a form works if its session is bound to the user whom its values have named all along', async t => {

  let runs = 0;
  for (const hasForm of [false, true]) {
    for (const paths of [...withForms(['/read', '/form']), ...triples(['/read', '/form'])]) {
      runs += await everyOrder(paths, { options: { user: 'owner' }, values: { flash: 'Saved', owner: 'ada' }, hasForm }, done => checkForms(paths, done, true));
    }
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 100);

});

test('a form that was served before a sign-in is worthless after it, whatever comes in between', async t => {

  let runs = 0;
  for (const values of [null, { flash: 'Saved' }]) {
    for (const other of ['/form', '/read', '/flash-and-form']) {
      runs += await everyOrder(['/sign-in', other], { options: { user: 'owner' }, values, hasForm: true }, async ({ answers, browser }) => {
        assert.equal(answers[0]?.status, 200);
        assert.equal(((await browser.get('/read')).body as unknown as { owner: string }).owner, 'ada');
        const token = answers[1]?.body;
        const own = (await browser.get('/form')).body;
        assert.equal(await submit(browser, own), 200);
        if (typeof token === 'string' && token !== own as unknown) assert.equal(await submit(browser, token), 403);
      });
    }
  }
  t.diagnostic(`${runs} schedules`);
  assert.ok(runs > 20);

});
