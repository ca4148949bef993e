import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Response } from '@curveball/kernel';
import { type SessionOptions, type SessionStore, type StoreFailed, UserSessions } from '../../../src/index.js';
import { isAtomic, isIndexing } from '../../../src/base/store.js';
import { type Browser, idOf, setCookies } from '../browser.js';
import { type Page, site } from '../site.js';
import type { Outcome } from './corpus.js';

/** The values in the session of each user beside the name. */
export const NOTES = { ada: 'the note of Ada', bob: 'the note of Bob' } as const;

const LOOKING: Record<string, Page> = {
  '/read': async ctx => {
    // Awaited, since a session must not be mistaken for a promise.
    const values = await ctx.session;
    return { note: values.note, names: Object.keys(values).filter(name => !(name in NOTHING)) };
  },
  '/print': ctx => {
    JSON.stringify(ctx.session);
    return {};
  },
  '/change': ctx => {
    ctx.session.visits = 2;
    return {};
  },
  '/update': async ctx => {
    await ctx.updateSession(values => { values.visits = 3; });
    return {};
  },
};

const ACTING: Record<string, Page> = {
  '/rotate': ctx => {
    ctx.sessionId = null;
    return {};
  },
  '/replace': ctx => {
    ctx.session = { userId: ctx.request.headers.get('X-User'), note: NOTES.ada };
    return {};
  },
  '/prove': ctx => {
    ctx.authenticated();
    return {};
  },
  '/form': async ctx => {
    await ctx.getCsrf();
    return {};
  },
  '/end': ctx => {
    ctx.session = null;
    return {};
  },
};

const NOTHING: Record<string, unknown> = { userId: 0, note: 0, visits: 0 };

const PAGES: Record<string, Page> = {
  ...LOOKING, ...ACTING,
  '/sign-in': ctx => {
    const user = ctx.request.headers.get('X-User') as string;
    ctx.session = { userId: user, note: user.startsWith('ada') ? NOTES.ada : NOTES.bob, visits: 1 };
    return {};
  },
};

/** Seconds. Eight megabytes take a server under load longer than the three that are the default. */
const PATIENT = 60;

let visits = 0;

/** One user with two sessions, of which one is to be damaged, and another user with one. */
export class Visitors {

  readonly victim: Browser;
  readonly twin: Browser;
  readonly bystander: Browser;
  readonly #store: SessionStore;
  readonly #failures: string[] = [];
  readonly #listener = (message: unknown) => this.#failures.push(String((message as StoreFailed).error));

  private constructor(store: SessionStore, readonly user: string, readonly other: string, browsers: readonly [Browser, Browser, Browser]) {
    this.#store = store;
    [this.victim, this.twin, this.bystander] = browsers;
    subscribe('curveball:session:failed', this.#listener);
  }

  static async of(store: SessionStore, options: Partial<SessionOptions> = {}): Promise<Visitors> {

    const { browser } = site(PAGES, { user: 'userId', storeTimeout: PATIENT, touchInterval: 0, absoluteExpiry: 86_400, ...options, store });
    const browsers = [browser, browser.clone(), browser.clone()] as const;
    // Users of their own, so that earlier sessions of others do not matter.
    const [user, other] = [`ada${++visits}`, `bob${visits}`];
    for (const [index, name] of [user, user, other].entries()) {
      strictEqual((await browsers[index]?.get('/sign-in', { headers: { 'X-User': name } }))?.status, 200);
    }
    return new Visitors(store, user, other, browsers);

  }

  get id(): string {
    return idOf(this.victim);
  }

  /** Of the session of the other user. */
  get otherId(): string {
    return idOf(this.bystander);
  }

  /** The messages of the store's failures. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Visits another process with the same cookie, which has another way to the same rows. */
  async elsewhere(store: SessionStore, outcome: 'unreadable' | 'served'): Promise<void> {

    const { browser } = site(PAGES, { user: 'userId', storeTimeout: PATIENT, store });
    for (const [name, value] of this.victim.cookies) browser.cookies.set(name, value);
    const { status, body } = await this.visit('/read', browser);
    if (outcome === 'unreadable') strictEqual(status, 503);
    else deepStrictEqual(body, { note: NOTES.ada, names: [] });

  }

  leave(): void {
    unsubscribe('curveball:session:failed', this.#listener);
  }

  /** Visits pages with the cookie of the damaged session, and checks each outcome. */
  async expect(outcome: Outcome, note: unknown = NOTES.ada): Promise<void> {

    await this.#othersAreThere();
    await this.#listsOthersAlone();
    switch (outcome) {
      case 'unreadable':
        for (const path of [...Object.keys(LOOKING), ...Object.keys(ACTING)]) await this.#isRefused(path);
        break;
      case 'unreadable values':
        for (const path of Object.keys(LOOKING)) await this.#isRefused(path);
        for (const path of Object.keys(ACTING)) if (path !== '/end') await this.visit(path);
        strictEqual((await this.visit('/end')).status, 200);
        break;
      case 'gone':
        await this.#isGone();
        break;
      case 'served':
        await this.#isServed(note);
        break;
      case 'any':
        for (const path of [...Object.keys(LOOKING), ...Object.keys(ACTING)]) await this.visit(path);
    }
    await this.#othersAreThere();
    await this.#allOfTheUserEnd();
    strictEqual(({} as { admin?: unknown }).admin, undefined);

  }

  /** A visit with the damaged session's cookie, whatever its outcome: no mistake of the application. */
  async visit(path: string, browser = this.victim.clone()): Promise<Response> {

    const response = await browser.get(path, { headers: { 'X-User': this.user } });
    ok([200, 409, 503].includes(response.status), `${path}: ${response.status}`);
    ok(!JSON.stringify(response.body).includes(NOTES.bob), `${path} shows what is another's`);
    if (response.status !== 200) deepStrictEqual(setCookies(response), []);
    return response;

  }

  async #isRefused(path: string): Promise<void> {

    const before = this.#failures.length;
    strictEqual((await this.visit(path)).status, 503, path);
    const reports = this.#failures.length - before;
    // With four methods alone, a refresh may have failed for the same reason.
    ok(reports === 1 || (reports === 2 && !isAtomic(this.#store)), `${path}: the failure is reported, and once`);

  }

  async #isGone(): Promise<void> {

    const read = await this.visit('/read');
    deepStrictEqual([read.status, read.body, setCookies(read)], [200, { note: undefined, names: [] }, []]);
    const browser = this.victim.clone();
    strictEqual((await this.visit('/change', browser)).status, 200);
    ok(idOf(browser) !== this.id, 'an id that is unknown is not used');
    deepStrictEqual(setCookies(await this.visit('/end')), []);

  }

  async #isServed(note: unknown): Promise<void> {

    const reads = async (browser = this.victim) => {
      const { status, body } = await this.visit('/read', browser);
      deepStrictEqual([status, (body as unknown as { note: unknown }).note], [200, note]);
    };
    await reads();
    for (const path of ['/change', '/update', '/rotate', '/prove', '/form']) {
      strictEqual((await this.visit(path, this.victim)).status, 200, path);
    }
    await reads();

  }

  async #othersAreThere(): Promise<void> {

    for (const [browser, note] of [[this.twin, NOTES.ada], [this.bystander, NOTES.bob]] as const) {
      const { status, body } = await browser.get('/read');
      deepStrictEqual([status, body], [200, { note, names: [] }]);
    }

  }

  get #users(): UserSessions | null {
    return isIndexing(this.#store) ? new UserSessions(this.#store) : null;
  }

  #handle(browser: Browser): string {
    return isIndexing(this.#store) ? this.#store.handleOf(idOf(browser)) : '';
  }

  async #listsOthersAlone(): Promise<void> {

    if (!this.#users) return;
    const handles = async (user: string) => (await this.#users?.list(user))?.map(({ handle }) => handle) ?? [];
    const ofAda = await handles(this.user);
    ok(ofAda.includes(this.#handle(this.twin)), 'the other session of the user is listed');
    ok(ofAda.every(handle => handle === this.#handle(this.twin) || handle === this.#handle(this.victim)), 'nothing else is listed');
    deepStrictEqual((await handles(this.other)).filter(handle => handle !== this.#handle(this.bystander)), []);
    strictEqual(await this.#users.end(this.user, this.#handle(this.bystander)), false);

  }

  async #allOfTheUserEnd(): Promise<void> {

    if (!this.#users) return;
    ok(await this.#users.endAll(this.user) >= 1);
    for (const browser of [this.victim, this.twin]) {
      const { status, body } = await this.visit('/read', browser.clone());
      ok(status === 503 || (body as unknown as { note: unknown }).note === undefined, 'it is not served after the end of all');
    }
    strictEqual((await this.bystander.get('/read')).status, 200);

  }

}
