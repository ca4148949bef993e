import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AtomicSessionStore, encrypted, isIndexing, MemoryStore, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { openStore } from '../../src/open/open-store.js';
import { isPlausibleId, newSessionId } from '../../src/id/session-id.js';
import { ALTERATIONS, type Alteration, altered } from '../support/altered-ids.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { type Page, site } from '../support/site.js';

/*
 * Visitors and an attacker, in any order. The steps say whose id is altered, and
 * how: so no id is printed when something goes wrong.
 */

const VISITORS = [0, 1, 2] as const;

type Visitor = typeof VISITORS[number];

const DOES = ['read', 'write', 'sign-in', 'end', 'rotate', 'form', 'submit'] as const;

/** An action of one of the visitors, in their own browser. */
interface OwnStep { readonly visitor: Visitor; readonly does: typeof DOES[number]; readonly other: Visitor }

/** One cookie of the attacker: an id that a visitor has, or had, as it is or altered. */
interface Piece { readonly name: string; readonly whose: number; readonly how: Alteration | 'as it is'; readonly at: number }

/** An action of the attacker, with made-up cookies. */
interface StrangeStep { readonly pieces: readonly Piece[]; readonly does: 'read' | 'write' | 'end' | 'sign-in' }

const ours = 'our name';
const visitor = fc.constantFrom(...VISITORS);
const ownStep: fc.Arbitrary<OwnStep> = fc.record({ visitor, does: fc.constantFrom(...DOES), other: visitor });
const piece: fc.Arbitrary<Piece> = fc.record({
  name: fc.oneof({ weight: 6, arbitrary: fc.constant(ours) }, fc.constantFrom('cb', 'CB[]', '\xa0CB', '%43B', '$CB', '__proto__', '')),
  whose: fc.nat(1000),
  how: fc.constantFrom(...Object.keys(ALTERATIONS) as Alteration[], 'as it is', 'as it is'),
  at: fc.nat(58),
});
const strangeStep: fc.Arbitrary<StrangeStep> = fc.record({
  pieces: fc.array(piece, { minLength: 1, maxLength: 6 }), does: fc.constantFrom('read', 'write', 'end', 'sign-in'),
});
const steps = (maxLength: number) => fc.array(fc.oneof({ weight: 3, arbitrary: ownStep }, { weight: 2, arbitrary: strangeStep }), { minLength: 3, maxLength });

const PAGES: Record<string, Page> = {
  '/read': ctx => ({ ...ctx.session }),
  '/write': ctx => {
    ctx.session.mark = ctx.query.mark;
    ctx.session.count = (ctx.session.count ?? 0) + 1;
  },
  '/sign-in': ctx => { ctx.session.user = ctx.query.user; },
  '/end': ctx => { ctx.session = null; },
  '/rotate': ctx => { ctx.sessionId = null; },
  '/form': ctx => ctx.getCsrf(),
  '/submit': ctx => { ctx.validateCsrf(); },
};

/** The expected values of a visitor's session, which no other visitor can change. */
interface Values { mark?: string; count?: number; user?: string }

/** Three visitors of a site, and all ids that they have ever had. */
class Visits {

  readonly cookieName: string;
  readonly there: ReturnType<typeof site<SessionStore>>;
  readonly browsers: Browser[];
  readonly values: Values[] = VISITORS.map(() => ({}));
  readonly tokens: Array<string | undefined> = VISITORS.map(() => undefined);
  readonly ids: string[] = [];
  readonly run = Math.random().toString(36).slice(2);

  constructor(private readonly store: SessionStore, options: Partial<SessionOptions>) {
    this.cookieName = options.cookieName ?? 'CB';
    this.there = site<SessionStore>(PAGES, { touchInterval: 0, ...options, user: 'user', store });
    this.browsers = VISITORS.map(() => new Browser(this.there.app));
  }

  nameOf(each: Visitor): string {
    return `visitor ${each} of ${this.run}`;
  }

  async own({ visitor: each, does, other }: OwnStep): Promise<void> {

    const browser = this.browsers[each] as Browser;
    const values = this.values[each] as Values;
    const name = this.nameOf(each);
    if (does === 'submit') return this.submit(each, other);
    const query = { 'write': `?mark=${name}`, 'sign-in': `?user=${name}` }[does as string] ?? '';
    const answer = await browser.get(`/${does}${encodeURI(query)}`);
    strictEqual(answer.status, 200);
    if (does === 'form') this.tokens[each] = answer.body as unknown as string;
    if (does === 'write') Object.assign(values, { mark: name, count: (values.count ?? 0) + 1 });
    if (does === 'sign-in') values.user = name;
    if (does === 'end') this.values[each] = {};
    // A token is valid until its visitor signs in or out.
    if (does === 'rotate' || does === 'end' || does === 'sign-in') this.tokens[each] = undefined;
    const id = this.idOf(each);
    if (id !== '' && !this.ids.includes(id)) this.ids.push(id);

  }

  async submit(each: Visitor, other: Visitor): Promise<void> {

    const token = this.tokens[other];
    if (token === undefined) return;
    const { status } = await (this.browsers[each] as Browser).post('/submit', { body: { 'csrf-token': token } });
    strictEqual(status, each === other ? 200 : 403, 'What became of the form');

  }

  /** Sends made-up cookies: they open the session of the visitor whose id is among them, or none. */
  async strange({ pieces, does }: StrangeStep): Promise<void> {

    const pairs = pieces.map(({ name, whose, how, at }) => {
      const id = this.ids[whose % this.ids.length] ?? 'x'.repeat(59);
      return [name === ours ? this.cookieName : name, how === 'as it is' ? id : altered(id, how, at)] as const;
    });
    const owner = this.ownerOf(pairs.filter(([name]) => name === this.cookieName).map(([, value]) => value));
    // With a visitor's id, the attacker may do what the visitor may: here, only read.
    const isBearer = pieces.some(({ how, name }) => how === 'as it is' && name === ours);
    const path = isBearer ? 'read' : does;
    const answer = await new Browser(this.there.app).get(`/${path}?mark=attacker&user=attacker`, {
      headers: { Cookie: pairs.map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    strictEqual(answer.status, 200);
    const cookies = setCookies(answer);
    strictEqual(cookies.length, path === 'write' || path === 'sign-in' ? 1 : 0);
    ok(!this.ids.some(id => cookies.join().includes(id)), 'The attacker has got an id that a visitor had');
    if (path === 'read') deepStrictEqual(answer.body, owner === undefined ? {} : this.values[owner], 'What the attacker reads');

  }

  async check(): Promise<void> {

    for (const each of VISITORS) {
      const { status, body } = await (this.browsers[each] as Browser).get('/read');
      deepStrictEqual([status, body], [200, this.values[each]]);
      if (!isIndexing(this.store as never)) continue;
      const sessions = await new UserSessions(this.store).list(this.nameOf(each));
      strictEqual(sessions.length, this.values[each]?.user === undefined ? 0 : 1);
    }

  }

  idOf(each: Visitor): string {
    return idOf(this.browsers[each] as Browser, this.cookieName);
  }

  /** The owner of the session that is found: of the first four values that can be ids (under `__Host-` of the first), the first that lives. */
  private ownerOf(values: readonly string[]): Visitor | undefined {

    const candidates = [...new Set(values.map(value => this.candidate(value)).filter(id => id !== null))];
    const found = candidates.slice(0, this.cookieName.startsWith('__Host-') ? 1 : 4)
      .map(id => VISITORS.find(each => this.idOf(each) === id));
    return found.find(each => each !== undefined);

  }

  private candidate(value: string): string | null {

    const isId = (this.store as Partial<AtomicSessionStore>).isSessionId?.bind(this.store) ?? isPlausibleId;
    try {
      const id = decodeURIComponent(value);
      return encodeURIComponent(id) === value && isId(id) ? id : null;
    } catch {
      return null;
    }

  }

}

async function visitAtRandom(store: SessionStore, numRuns: number, maxLength: number, options: Partial<SessionOptions> = {}): Promise<void> {

  await fc.assert(fc.asyncProperty(steps(maxLength), async all => {
    const visits = new Visits(store, options);
    for (const step of all) {
      await ('pieces' in step ? visits.strange(step) : visits.own(step));
      await visits.check();
    }
    ok(visits.there.errors.every(error => (error as { httpStatus?: number }).httpStatus === 403));
  }), { numRuns });

}

describe('Visitors and an attacker who alters their cookies never see data of another', () => {

  const HOST = { cookieName: '__Host-CB', cookieOptions: { secure: true } };

  it('in memory', () => visitAtRandom(new MemoryStore(), 1000, 30));
  it('in memory, under a name with the prefix __Host-', () => visitAtRandom(new MemoryStore(), 400, 30, HOST));
  it('on a store of four methods', () => visitAtRandom(Object.assign(new MapStore(), { newSessionId }), 300, 30));
  it('on a store that is encrypted', () => visitAtRandom(encrypted(new MemoryStore(), { keys: [{ id: 'a', secret: 'x'.repeat(32) }] }), 250, 20));

  for (const [name, address, runs] of [
    ['SQLite', () => 'sqlite::memory:', 150],
    ['Redis', () => `${redisUrl()}?prefix=hostile-visitors:`, 40],
    ['PostgreSQL', () => `${postgresUrl()}?table=hostile_visitors`, 30],
    ['MySQL', () => `${mysqlUrl()}?table=hostile_visitors`, 30],
  ] as const) {

    it(`in ${name}`, async t => {

      const store = await openStore(address());
      t.after(() => store.close());
      await visitAtRandom(store, runs, 20);

    });

  }

});
