import { Application, type Context, type Response } from '@curveball/kernel';
import session, { csrf, isIndexing, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { below, oneOf, type Random, randomFrom } from '../../src/testing/lib/random.js';
import { Browser, setCookies } from '../support/browser.js';
import { pointName } from '../support/metrics.js';
import { type PageContext, pageOf } from '../support/site.js';
import type { WitnessOfCalls } from './witness-of-calls.js';

/** What a handler saw of its session before it did anything. */
interface Seen {
  readonly had: boolean;
  readonly user: string | null;
  readonly ended: string | null;
  /** The code of the error that a handler of a WebSocket got. */
  code?: string;
}

export interface DriverOptions {
  readonly cookieName: string;
  readonly seed: number;
  readonly store: SessionStore;
  /** The store that all others are around, where no one sees its calls. */
  readonly inner: SessionStore;
  readonly witness: WitnessOfCalls;
  readonly options?: Partial<SessionOptions>;
  readonly reportCsrf?: boolean;
  /** Moves the clock by a number of seconds. */
  readonly pass: (seconds: number) => void;
}

const ACTIONS = ['read', 'read', 'read', 'set', 'set', 'update', 'rotate', 'sign-in', 'sign-in', 'sign-out', 'late', 'guarded', 'socket'];

/** Sends random requests, and counts by what it sends and receives what the metrics must say. */
export class Driver {

  readonly counts = new Map<string, number>();
  readonly browsers: Browser[];
  readonly #given: DriverOptions;
  readonly #random: Random;
  readonly #seen = new Map<string, Seen>();
  readonly #former: string[] = [];
  readonly #renewed: string[] = [];
  readonly #users: readonly string[];
  #requests = 0;

  constructor(given: DriverOptions) {

    this.#given = given;
    this.#random = randomFrom(given.seed);
    this.#users = given.options?.user ? ['ada', 'bob', 'eve'] : [];
    const app = new Application();
    app.use(
      async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          ctx.response.status = (error as { httpStatus?: number }).httpStatus ?? 500;
          ctx.response.body = { code: (error as { code?: string }).code ?? String(error) };
        }
      },
      (ctx, next) => {
        if (ctx.request.headers.has('X-Socket')) Object.defineProperty(ctx, 'webSocket', { value: { close() {}, once() {} } });
        return next();
      },
      csrf({ report: given.reportCsrf }),
      session({ cookieName: given.cookieName, store: given.store, expiry: 600, touchInterval: 60, ...given.options }),
      pageOf(Object.fromEntries([...new Set(ACTIONS), 'late-sign-in'].map(action => [`/${action}`, ctx => this.#handle(action, ctx)]))),
    );
    this.browsers = Array.from({ length: 6 }, () => new Browser(app));

  }

  /** One request after the other. */
  async alone(steps: number): Promise<void> {

    const { witness, pass } = this.#given;
    for (let step = 0; step < steps; step++) {
      const chance = this.#random();
      if (chance < 0.1) pass(below(100, this.#random));
      else if (chance < 0.105) pass(700);
      else if (chance < 0.13 && this.#users.length > 0) await this.#revoke();
      witness.isDown = this.#random() < 0.03;
      const browser = oneOf(this.browsers, this.#random);
      const id = this.#idOf(browser);
      if (this.#random() < 0.1) this.#takeFormer(browser);
      await this.request(browser, oneOf(this.#users.length > 0 && !witness.isDown ? [...ACTIONS, 'late-sign-in'] : ACTIONS, this.#random));
      if (this.#random() < 0.04 && !witness.isDown) await this.#attack(browser);
      witness.isDown = false;
      if (id) this.#former.push(id);
    }

  }

  /** Several requests of a browser at the same time, without sign-ins. */
  async together(bursts: number): Promise<void> {

    for (let burst = 0; burst < bursts; burst++) {
      this.#given.pass(below(20, this.#random));
      const browser = oneOf(this.browsers, this.#random);
      if (this.#random() < 0.3) await this.request(browser, 'sign-in');
      const tabs = Array.from({ length: 4 }, () => browser.clone());
      await Promise.all(tabs.map(tab => this.request(tab, oneOf(['read', 'set', 'set', 'update', 'rotate', 'sign-out'], this.#random))));
      const { cookies } = oneOf(tabs, this.#random);
      browser.cookies.clear();
      for (const [name, value] of cookies) browser.cookies.set(name, value);
    }

  }

  /** Sends a request that is refused, because of where it comes from or for want of a token. */
  async #attack(browser: Browser): Promise<void> {

    const { reportCsrf, witness } = this.#given;
    if (this.#random() < 0.5) {
      await this.request(browser, 'set', 'cross-site');
      return;
    }
    // No handler sees the session of a request without a token. That of the request before is the same.
    witness.isDown = false;
    const { had, ended } = await this.request(browser, 'read') as Seen;
    const sent = this.#idOf(browser);
    await this.request(browser, oneOf(['set', 'socket'], this.#random), null);
    if (sent === undefined) return;
    this.#addCsrf('token', !reportCsrf);
    if (!had && !reportCsrf) this.#add('id.refused', { 'id.reason': ended ?? 'unknown' });

  }

  async request(browser: Browser, action: string, site: string | null = 'same-origin'): Promise<Seen | undefined> {

    const number = String(++this.#requests);
    const user = action.endsWith('sign-in') ? oneOf([...this.#users, undefined], this.#random) ?? this.#users[0] : undefined;
    const headers: Record<string, string> = { 'X-Number': number, 'X-User': user ?? '' };
    if (site) headers['Sec-Fetch-Site'] = site;
    if (action === 'socket') headers['X-Socket'] = '1';
    const sent = this.#idOf(browser);
    const before = action !== 'sign-in' || user === undefined ? [] : await this.#handlesOf(user);
    const response = await browser.request('POST', `/${action}`, { headers });
    const seen = this.#seen.get(number);
    this.#countRefusals(action, site, { response, seen });
    if (!seen || response.status === 503) return seen;
    const isNew = this.#countCookie(action, sent, user, { response, seen });
    const after = user === undefined || before.length === 0 || response.status !== 200 ? before : await this.#handlesOf(user);
    for (const handle of before.filter(each => !after.includes(each))) {
      // A sign-in with an id that has moved ends the session that the first click of its button has left.
      this.#add('ended', { 'end.reason': seen.ended === 'retired' && handle === sent?.slice(0, 16) ? 'signed-out' : 'limit' });
    }
    if (isNew && sent) this.#former.push(sent);
    return seen;

  }

  #countRefusals(action: string, site: string | null, { response, seen }: { response: Response; seen: Seen | undefined }): void {

    const code = seen?.code ?? (response.body as { code?: string } | null)?.code;
    if (code === 'ERR_SESSION_ENDED') this.#add('conflicts', { 'conflict.reason': 'ended' });
    if (code === 'ERR_SESSION_LIMIT') this.#add('conflicts', { 'conflict.reason': 'limit' });
    if (site === 'cross-site') this.#addCsrf('cross-site', !this.#given.reportCsrf);
    if (seen && action === 'guarded') this.#addCsrf('token', true);

  }

  /** @returns whether the browser got a new id */
  #countCookie(action: string, sent: string | undefined, user: string | undefined, { response, seen }: { response: Response; seen: Seen }): boolean {

    const { cookieName } = this.#given;
    if (sent !== undefined && !seen.had) this.#add('id.refused', { 'id.reason': seen.ended ?? 'unknown' });
    // With `atLimit: 'refuse'`, the sign-in has been refused before.
    const isRefusedBefore = typeof this.#given.options?.maxUserSessions === 'object';
    if (action === 'late-sign-in' && seen.had && seen.user === null && !isRefusedBefore) this.#add('ended', { 'end.reason': 'revoked' });
    const line = setCookies(response).find(each => each.startsWith(`${cookieName}=`));
    if (line === undefined) return false;
    const id = decodeURIComponent(line.slice(cookieName.length + 1).split(';')[0]);
    if (id === '') this.#add('ended', { 'end.reason': 'signed-out' });
    else if (sent !== undefined && seen.had && this.#isSame(sent, id, action)) {
      const reason = reasonOf(action, user, seen);
      this.#add('regenerated', { 'regeneration.reason': reason });
      if (reason === 'renewal') this.#renewed.push(sent);
    } else {
      this.#add('created', { anonymous: user === undefined });
      if (seen.had && seen.user !== null && user !== undefined && seen.user !== user) this.#add('ended', { 'end.reason': 'signed-out' });
    }
    return true;

  }

  /** Whether two ids belong to one session. */
  #isSame(id: string, other: string, action: string): boolean {

    return id.length === 59 ? id.slice(0, 16) === other.slice(0, 16) : action === 'rotate';

  }

  async #handle(action: string, ctx: PageContext): Promise<unknown> {

    const user = ctx.request.headers.get('X-User') as string;
    const ended = ctx.sessionEnded;
    const seen: Seen = { had: ctx.sessionInfo !== null, user: ctx.sessionInfo?.user ?? null, ended: ended && await this.#reasonFor(ended, ctx) };
    this.#seen.set(ctx.request.headers.get('X-Number') as string, seen);
    switch (action) {
      case 'read': return Object.keys(ctx.session).length;
      case 'set': ctx.session[`key${below(4, this.#random)}`] = 'é'.repeat(below(300, this.#random)); return '';
      case 'update': await ctx.updateSession(values => { values.count = (values.count ?? 0) + 1; }); return '';
      case 'rotate': ctx.sessionId = null; return '';
      case 'sign-in': ctx.session[this.#users.length > 0 ? 'userId' : 'name'] = user; return '';
      case 'sign-out': ctx.session = null; return '';
      case 'guarded': return ctx.validateCsrf('wrong');
      case 'late': return this.#beLate(ctx);
      case 'late-sign-in':
        this.#countRevoked(await new UserSessions(this.#given.store).endAll(user));
        ctx.session.userId = user;
        return '';
      case 'socket':
        try {
          ctx.session.socket = below(1000, this.#random);
          await ctx.saveSession();
        } catch (error) {
          seen.code = (error as { code: string }).code;
          throw error;
        }
        return '';
    }
    throw new Error(action);

  }

  /** Ends the session by another request before this one has stored its change. */
  async #beLate(ctx: PageContext): Promise<string> {

    ctx.session.late = true;
    const twin = new Browser(this.browsers[0].app);
    const id = ctx.sessionId;
    if (id !== null) twin.cookies.set(this.#given.cookieName, encodeURIComponent(id));
    if (id !== null) await this.request(twin, 'sign-out');
    return '';

  }

  async #reasonFor(reason: string, ctx: Context): Promise<string> {

    if (reason === 'expired') return reason;
    // A mark is gone after a while. Then the id is known by the session's family alone.
    const id = decodeURIComponent((ctx.request.headers.get('Cookie') ?? '').slice(this.#given.cookieName.length + 1));
    const { inner } = this.#given;
    return isIndexing(inner) && await inner.load(id) === null ? 'reused' : 'retired';

  }

  async #revoke(): Promise<void> {

    this.#countRevoked(await new UserSessions(this.#given.store).endAll(oneOf(this.#users, this.#random)));

  }

  #countRevoked(sessions: number): void {

    this.#count(pointName('curveball.session.ended', { 'curveball.session.end.reason': 'revoked' }), sessions);

  }

  async #handlesOf(user: string): Promise<string[]> {

    if (this.#users.length === 0 || this.#given.witness.isDown) return [];
    return (await new UserSessions(this.#given.store).list(user)).map(({ handle }) => handle);

  }

  #takeFormer(browser: Browser): void {

    const former = this.#random() < 0.4 && this.#renewed.length > 0 ? this.#renewed.slice(-4) : this.#former.slice(-20);
    const id = former.length === 0 || this.#random() < 0.2 ? 'a'.repeat(59) : oneOf(former, this.#random);
    browser.cookies.set(this.#given.cookieName, encodeURIComponent(id));

  }

  #idOf(browser: Browser): string | undefined {

    const value = browser.cookies.get(this.#given.cookieName);
    return value === undefined ? undefined : decodeURIComponent(value);

  }

  #addCsrf(reason: string, enforced: boolean): void {

    this.#count(pointName('curveball.session.csrf.refused', { 'curveball.session.csrf.reason': reason, 'curveball.session.csrf.enforced': enforced }), 1);

  }

  #add(name: string, attributes: Record<string, unknown>, times = 1): void {

    const { cookieName } = this.#given;
    this.#count(pointName(`curveball.session.${name}`, {
      'curveball.session.cookie.name': cookieName,
      ...Object.fromEntries(Object.entries(attributes).map(([key, value]) => [`curveball.session.${key}`, value])),
    }), times);

  }

  #count(name: string, times: number): void {

    if (times > 0) this.counts.set(name, (this.counts.get(name) ?? 0) + times);

  }

}

function reasonOf(action: string, user: string | undefined, seen: Seen): string {

  if (action === 'rotate') return 'asked';
  return user !== undefined && seen.user === null ? 'user' : 'renewal';

}
