import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type AtomicSessionStore, encrypted, type StoredInfo } from '../../src/index.js';
import { forwardId } from '../../src/id/forwarded-id.js';
import { checkedStore } from '../../src/wrapping/checked-store.js';
import { newStoredId, storedId } from '../../src/id/stored-id.js';
import { storedIdOf } from '../../src/encryption/session-keys.js';
import { Browser, idOf } from '../support/browser.js';
import { Forger, type Row } from '../support/forger.js';
import { KEYED } from '../support/sealed.js';
import { type Page, type Site, site } from '../support/site.js';
import { ENGINES } from '../support/stored-rows/engines.js';
import type { Rows } from '../support/stored-rows/rows.js';

const NOW = Math.floor(Date.now() / 1000);

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => {
    ctx.session = { userId: ctx.request.headers.get('X-User'), role: ctx.request.headers.get('X-User') };
  },
  '/who': ctx => {
    const { expiresAt: _, ...info } = ctx.sessionInfo ?? {};
    return { info, values: ctx.session };
  },
  '/visit': ctx => { ctx.session.visits = (ctx.session.visits ?? 0) + 1; },
  '/rotate': ctx => { ctx.sessionId = null; },
  '/cart': ctx => { ctx.session = { cart: 1 }; },
  '/empty': ctx => { delete ctx.session.cart; },
};

const ANONYMOUS = { info: {}, values: {} };

interface Found {
  readonly info: Record<string, unknown>;
  readonly values: Record<string, unknown>;
}

/** The details of a session, without the seal in front of them. */
function readDetails(info: StoredInfo | undefined): object {

  return JSON.parse(info?.details.replace(/^[\w-]*\|/, '') ?? '{}');

}

for (const make of ENGINES) {

  const engine = make();

  describe(`An attacker who can write to an encrypted ${engine.name}`, () => {

    let rows: Rows;
    let store: Required<AtomicSessionStore>;
    let forger: Forger;
    let app: Site<Required<AtomicSessionStore>>;
    before(async () => {
      rows = await engine.open();
      store = encrypted(rows.store, KEYED) as Required<AtomicSessionStore>;
      forger = new Forger(checkedStore(rows.store));
      app = site(PAGES, { store, user: 'userId', grace: 20, absoluteExpiry: 86_400 });
    });
    after(() => engine.close?.());

    const visitor = async (user: string) => {
      const browser = new Browser(app.app);
      await browser.get('/sign-in', { headers: { 'X-User': user } });
      const id = idOf(browser);
      return { browser, id, storedId: storedIdOf(id) };
    };

    const read = async (browser: Browser) => {
      const { status, body } = await browser.get('/who');
      return status === 503 ? 503 : body as unknown as Found;
    };

    /** The session that a cookie leads to which the attacker has made or stolen. */
    const readWith = (id: string) => {
      const browser = new Browser(app.app);
      browser.cookies.set('CB', id);
      return read(browser);
    };

    const expectAnonymous = async (id: string, what: string) => {
      const found = await readWith(id);
      if (found !== 503) deepStrictEqual(found, ANONYMOUS, what);
      const browser = new Browser(app.app);
      browser.cookies.set('CB', id);
      await browser.get('/visit');
      ok(!await isUsed(id), `${what}: no session gets this id`);
    };

    const isUsed = async (id: string) => {
      const found = await readWith(id);
      return found !== 503 && Object.keys(found.values).length > 0;
    };

    const details = (extra: object = {}) => JSON.stringify({ created: NOW, renewed: NOW, authenticated: NOW, ...extra });

    it('creates no session from nothing, for any user, not even with this package', async () => {

      const victim = await visitor('admin');
      const { texts, info } = await forger.read(victim.storedId);
      const made: Record<string, Row> = {
        'without values': { texts: new Map(), info: { user: 'admin', details: details() } },
        'without anything': { texts: new Map() },
        'with another\'s texts': { texts, info: info ?? { user: 'admin', details: details() } },
        'with plain values': { texts: new Map([['userId', '"admin"']]), info: { user: 'admin', details: details() } },
        'with another\'s seal alone': { texts: new Map([...texts].filter(([name]) => !['userId', 'role'].includes(name))), info },
      };
      for (const [what, row] of Object.entries(made)) {
        const id = newStoredId();
        await forger.write(storedIdOf(id), row);
        await expectAnonymous(id, what);
      }
      for (const [what, options] of [['without keys', {}], ['with another secret', { keys: [{ id: '2026', secret: 'y'.repeat(32) }] }]] as const) {
        const own = encrypted(rows.store, options) as Required<AtomicSessionStore>;
        for (const values of [new Map<string, string>(), new Map([['userId', '"admin"']])]) {
          const id = await own.newSessionId();
          await own.create(id, values, { lifetime: 3600, newInfo: { info: { user: 'admin', details: details() } } });
          await expectAnonymous(id, what);
        }
      }

    });

    it('gains nothing by changing their own session: no other user, later deadline, fresh proof or longer cookie', async () => {

      const victim = await forger.read((await visitor('admin')).storedId);
      const own = await visitor('mallory');
      const row = await forger.read(own.storedId);
      const { user } = row.info as StoredInfo;
      const details = row.info?.details as string;
      const changed = (change: object): StoredInfo => ({ user, details: `|${JSON.stringify({ ...readDetails(row.info), ...change })}` });
      const without = (...names: string[]) => new Map([...row.texts].filter(([name]) => !names.includes(name)));
      const seals = [...row.texts.keys()].filter(name => !['userId', 'role'].includes(name));
      strictEqual(seals.length, 1);
      const forged: Record<string, Row> = {
        'another user': { ...row, info: { user: 'admin', details } },
        'nobody': { ...row, info: { user: null, details } },
        'what another is': { ...row, info: victim.info },
        'nothing': { texts: row.texts },
        'what another is, without values': { texts: without('userId', 'role'), info: victim.info },
        'what another is, with its texts': victim,
        'a later deadline': { ...row, info: changed({ endsAt: NOW + 10 ** 7 }) },
        'no deadline': { ...row, info: changed({ endsAt: undefined }) },
        'a fresh proof': { ...row, info: changed({ authenticated: NOW + 1 }) },
        'a cookie that stays': { ...row, info: changed({ persistent: true }) },
        'another application\'s': { ...row, info: changed({ cookie: 'x' }) },
        'no seal': { ...row, texts: without(...seals) },
        'the seal of another': { ...row, texts: new Map([...row.texts, ...[...victim.texts].filter(([name]) => seals.includes(name))]) },
        'a value in the place of the seal': { ...row, texts: new Map(row.texts).set(seals[0] as string, row.texts.get('role') as string) },
        'no texts at all': { ...row, texts: new Map() },
      };
      for (const [what, each] of Object.entries(forged)) {
        await forger.write(own.storedId, each);
        await expectAnonymous(own.id, what);
      }
      await forger.write(own.storedId, row);
      strictEqual((await readWith(own.id) as Found).info.user, 'mallory');

    });

    it('creates none if sessions that can\'t be opened are to end: they end', async () => {

      const { info } = await forger.read((await visitor('admin')).storedId);
      const ending = encrypted(rows.store, { ...KEYED, unreadable: 'end' }) as Required<AtomicSessionStore>;
      const id = newStoredId();
      await forger.write(storedIdOf(id), { texts: new Map(), info });
      strictEqual(await ending.load(id), null);
      strictEqual(await forger.inner.load(storedIdOf(id)), null);

    });

    it('does not make an emptied session another user\'s', async () => {

      const browser = new Browser(app.app);
      await browser.get('/cart');
      await browser.get('/empty');
      const id = idOf(browser);
      const storedId = storedIdOf(id);
      const row = await forger.read(storedId);
      await forger.write(storedId, { ...row, info: { user: 'admin', details: row.info?.details ?? details() } });
      await expectAnonymous(id, 'of a user');
      await forger.write(storedId, { texts: new Map(), info: row.info });
      await expectAnonymous(id, 'without a seal');

    });

    it('leads no visitor by a mark to a session of another application', async () => {

      const other = site(PAGES, { store, user: 'userId', cookieName: 'OTHER' });
      await other.browser.get('/sign-in', { headers: { 'X-User': 'mallory' } });
      const target = idOf(other.browser, 'OTHER');
      strictEqual((await readWith((await visitor('mallory')).id) as Found).info.user, 'mallory');
      deepStrictEqual(await readWith(target), ANONYMOUS);
      if (!forger.inner.move) return;
      const { info } = await forger.read((await visitor('ada')).storedId);
      const own = readDetails(info);
      // The attacker's own id, which the store says was moved a moment ago.
      for (const seal of ['|', '']) {
        const id = newStoredId();
        const forward = forwardId(id, target, NOW + 20);
        const planted = { user: 'mallory', details: `${seal}${JSON.stringify({ ...own, forward })}` };
        const [from, to] = [storedIdOf(id), storedIdOf(newStoredId(id))];
        await forger.write(from, { texts: new Map([['a', '1']]), info: planted });
        await forger.inner.move(from, to, { set: new Map(), unset: [] }, { lifetime: 3600, newInfo: { info: planted } });
        strictEqual((await forger.inner.load(from))?.status, 'retired');
        await expectAnonymous(id, 'a planted mark');
      }

    });

    it('reaches no other session by recording an id of their own as its former id', async () => {

      if (!('former' in engine.columns)) return;
      const victim = await visitor('admin');
      const id = newStoredId(victim.id);
      const entry = `${Date.now() + 20_000}${storedId(storedIdOf(id)).hash}`;
      await rows.write(victim.storedId, 'former', entry);
      strictEqual((await forger.inner.load(storedIdOf(id)))?.status, 'retired');
      strictEqual((await store.load(id) as { info?: unknown }).info, undefined, 'the mark does not tell whose it is');
      await expectAnonymous(id, 'a planted former id');
      strictEqual((await readWith(victim.id) as Found).info.user, 'admin');

    });

    it('does not keep visitors from following a mark: a former id leads to its session', async () => {

      const { browser, id } = await visitor('ada');
      const late = browser.clone();
      await browser.get('/rotate');
      ok(idOf(browser) !== id);
      strictEqual((await read(late) as Found).info.user, 'ada');

    });

    it('can restore a session that has ended, for its own visitor alone, and no longer than to its absolute deadline', async t => {

      const { id, storedId } = await visitor('ada');
      const row = await forger.read(storedId);
      await store.delete(id);
      deepStrictEqual(await readWith(id), ANONYMOUS);
      await forger.write(storedId, row);
      strictEqual((await readWith(id) as Found).info.user, 'ada');
      t.mock.timers.enable({ apis: ['Date'], now: (NOW + 90_000) * 1000 });
      deepStrictEqual(await readWith(id), ANONYMOUS);

    });

    it('does not keep the application from using set(): the session keeps its info', async () => {

      const { id } = await visitor('ada');
      const { info } = await readWith(id) as Found;
      await store.set(id, { userId: 'ada', by: 'hand' }, NOW + 600);
      deepStrictEqual(await readWith(id), { info, values: { userId: 'ada', by: 'hand' } });
      const other = await store.newSessionId();
      await store.set(other, { by: 'hand' }, NOW + 600);
      deepStrictEqual(await store.get(other), { by: 'hand' });
      await store.set(other, {}, NOW + 600);
      deepStrictEqual(await store.get(other), {});

    });

    it('gains nothing by any one change of a stored row', async () => {

      const victim = await visitor('admin');
      const own = await visitor('mallory');
      const sites = { victim, own };
      const inColumns = 'former' in engine.columns;
      const columns = inColumns ? Object.keys(engine.columns).filter(column => !['key', 'whole'].includes(column)) : [engine.data];
      const expected = { victim: await readWith(victim.id) as Found, own: await readWith(own.id) as Found };
      const older = new Map<string, string>();
      for (const column of columns) older.set(column, String(await rows.read(own.storedId, column)));
      await own.browser.get('/visit');
      const allowed = { ...(await readWith(own.id) as Found).values, ...expected.own.values };
      const change = fc.record({
        column: fc.constantFrom(...columns),
        kind: fc.constantFrom('flip', 'insert', 'delete', 'cut', 'swap', 'replay', 'double'),
        at: fc.double({ min: 0, max: 0.999999, noNaN: true }),
        character: fc.constantFrom(...'Aa09-_"|,{}[]\\/ =\n'),
        whose: fc.constantFrom('victim' as const, 'own' as const),
      });
      await fc.assert(fc.asyncProperty(change, async ({ column, kind, at, character, whose }) => {
        const { id, storedId } = sites[whose];
        const before = await rows.read(storedId, column);
        const text = String(before);
        const place = Math.floor(at * text.length);
        const made: Record<typeof kind, () => string> = {
          flip: () => text.slice(0, place) + character + text.slice(place + 1),
          insert: () => text.slice(0, place) + character + text.slice(place),
          delete: () => text.slice(0, place) + text.slice(place + 1),
          cut: () => text.slice(0, place),
          swap: () => other,
          replay: () => older.get(column) as string,
          double: () => text + text,
        };
        const other = String(await rows.read(sites[whose === 'own' ? 'victim' : 'own'].storedId, column));
        try {
          await rows.write(storedId, column, made[kind]());
        } catch {
          // The engine itself refuses it.
          return;
        }
        try {
          const found = await readWith(id);
          if (found === 503 || Object.keys(found.info).length === 0) return;
          deepStrictEqual(found.info, expected[whose].info);
          for (const [key, value] of Object.entries(found.values)) {
            deepStrictEqual(value, (whose === 'own' ? allowed : expected.victim.values)[key]);
          }
        } finally {
          await rows.write(storedId, column, before);
        }
      }), { numRuns: inColumns ? 150 : 500 });

    });

  });

}
