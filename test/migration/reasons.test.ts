import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cached } from '../../src/cache/cached-store.js';
import { type AtomicSessionStore, encrypted, type FoundSession, type IndexingSessionStore, MemoryStore, type SessionState, type SessionStore, UserSessions, wrapStore } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { KeyedStore } from '../../src/stores/shared/keyed-store.js';
import { Browser, idOf } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { KEYED } from '../support/sealed.js';
import { type Page, site } from '../support/site.js';
import { MapEngine } from '../stores/shared/map-engine.js';

/*
 * What `ctx.sessionEnded` and `ctx.sessionSignal` say of a session that moves from one
 * store to another, and ends: what they would say in one store.
 */

/** A process, by what it knows of the move. */
type Process = 'before' | 'preparing' | 'moving';

type Step = readonly [by: Process, path: string];

type Stores = Readonly<Record<Process, SessionStore>>;

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/read': ctx => ({ ...ctx.session }),
  '/renew': ctx => { ctx.sessionId = null; },
  '/sign-out': ctx => { ctx.session = null; },
  '/sign-in-as-bea': ctx => { ctx.session = { userId: 'bea' }; },
  '/why': ctx => ({ why: ctx.sessionEnded }),
};

/** Seconds. Marks are remembered for longer. */
const EXPIRY = 20;

/** A visitor of an application, and what time it is there. */
class Visit {

  #now = 1.8e9;
  readonly #stores: Stores;
  readonly #apps: Readonly<Record<Process, Browser>>;
  readonly #jar = new Map<string, string>();
  readonly #ids: string[] = [];

  constructor(make: (now: () => number) => Stores) {
    this.#stores = make(() => this.#now);
    const options = { user: 'userId', expiry: EXPIRY, touchInterval: 0, ...('sessionsOf' in this.#stores.moving && { maxUserSessions: 1 }) };
    const on = (store: SessionStore) => new Browser(site(PAGES, { ...options, store }).app, this.#jar);
    const { before, preparing, moving } = this.#stores;
    this.#apps = { before: on(before), preparing: on(preparing), moving: on(moving) };
  }

  async take([by, path]: Step): Promise<void> {

    const store = this.#stores[by] as IndexingSessionStore;
    if (path === 'time passes') this.#now += EXPIRY + 5;
    else if (path === 'revoke all') await new UserSessions(store).endAll('ada');
    else if (path === 'revoke') await new UserSessions(store).end('ada', store.handleOf(this.#jar.get('CB') as string));
    else if (path === 'sign in elsewhere') await new Browser(this.#apps[by].app).get('/sign-in');
    else ok((await this.#apps[by].get(path)).status < 300, path);
    if (path === '/sign-in' || path === '/renew') this.#ids.push(idOf(this.#apps[by]));

  }

  /** What requests are told that bring each of the ids which the session had, and at last, what a signal is told. */
  async told(by: Process): Promise<Array<string | null>> {

    const answers: Array<string | null> = [];
    for (const id of this.#ids) {
      const { body } = await new Browser(this.#apps[by].app, new Map([['CB', id]])).get('/why');
      answers.push((body as unknown as { why: string | null }).why);
    }
    const { handleOf, statesOf } = this.#stores[by] as AtomicSessionStore;
    const state = handleOf && (await statesOf?.call(this.#stores[by], [handleOf.call(this.#stores[by], this.#ids[0])]))?.[0];
    answers.push(state?.status === 'retired' ? state.reason ?? 'unknown' : state?.status ?? null);
    return answers;

  }

}

const keyed = (now: () => number) => new KeyedStore(new MapEngine(() => now() * 1000)) as unknown as AtomicSessionStore;
const inMemory = (now: () => number) => new MemoryStore({ now });

/** The same store at each stage. */
const alone = (make: (now: () => number) => SessionStore) => (now: () => number): Stores => {
  const store = make(now);
  return { before: store, preparing: store, moving: store };
};

const between = (from: SessionStore, to: SessionStore): Stores => ({ before: from, preparing: migrating({ from, to, phase: 'prepare' }), moving: migrating({ from, to }) });

const around = (wrap: (store: SessionStore) => SessionStore, { before, preparing, moving }: Stores): Stores => (
  { before: wrap(before), preparing: wrap(preparing), moving: wrap(moving) }
);

const sealed = (store: SessionStore) => encrypted(store, KEYED);

const WAYS: { readonly [name: string]: (now: () => number) => Stores } = {
  'from memory to a store with one record for a handle': now => between(inMemory(now), keyed(now)),
  'from a store with one record for a handle to memory, both encrypted': now => between(sealed(keyed(now)), sealed(inMemory(now))),
  'with encrypted() and cached() around the move': now => around(store => cached(sealed(store)), between(keyed(now), keyed(now))),
};

const ENDS = ['/sign-out', 'revoke', 'revoke all', 'sign in elsewhere', '/sign-in-as-bea', '/renew', 'time passes'];

/** What the visitor and others do: new ids before and after the session is taken over, or not, and an end, by processes of either phase. */
function* histories(ends: readonly string[]): Generator<Step[]> {

  const both = ['preparing', 'moving'] as const;
  const renewals: Step[][] = [[], ...both.map((by): Step[] => [[by, '/renew']])];
  // Before the takeover, only a process that prepares gives a session another id where it is.
  for (const before of renewals.slice(0, 2)) {
    for (const takeover of [[], [['moving', '/read'] as const]]) {
      for (const after of renewals) {
        for (const end of ends) for (const by of both) yield [['before', '/sign-in'], ...before, ...takeover, ...after, [by, end]];
      }
    }
  }

}

async function visited(make: (now: () => number) => Stores, history: readonly Step[]): Promise<Visit> {

  const visit = new Visit(make);
  for (const step of history) await visit.take(step);
  return visit;

}

/** What is told where the sessions do not move; stores differ in how long they know that a session with a former id has expired. */
async function toldInOneStore(history: readonly Step[]): Promise<ReadonlyArray<ReadonlyArray<string | null>>> {

  const visits = await Promise.all([alone(keyed), alone(inMemory)].map(make => visited(make, history)));
  return Promise.all(visits.map(visit => visit.told('moving')));

}

describe('What is told of a session that ends while sessions move, in each phase:', () => {

  const all = [...histories(ENDS)];
  const expected = Promise.all(all.map(toldInOneStore));

  for (const [name, make] of Object.entries(WAYS)) {
    it(`as in one store, ${name}`, async () => {

      const wrong: string[] = [];
      for (const [index, history] of all.entries()) {
        const visit = await visited(make, history);
        for (const by of ['preparing', 'moving'] as const) {
          const told = await visit.told(by);
          const mayBeTold = (await expected)[index];
          // Of an id from before a takeover, the new store knows only that the session has ended.
          const isUnknown = (answer: string | null, at: number) => history.at(-1)?.[1] === '/sign-in-as-bea' && answer === 'signed-out' && at < told.length - 2;
          if (told.some((answer, at) => !mayBeTold.some(each => each[at] === answer) && !isUnknown(answer, at))) wrong.push(`${history.join(' ')}: ${by} is told ${told}`);
        }
      }
      deepStrictEqual(wrong, []);

    });
  }

});

describe('What is told of a session that ends while sessions move, if a store knows less:', () => {

  it('one that forgets expired sessions says "moved" and "signed-out" of one that expires within the half minute after its move', async () => {

    const forgetting = (now: () => number) => wrapStore(keyed(now), inner => ({
      load: async (id, terms) => known(await inner.load(id, terms)),
      statesOf: async handles => (await inner.statesOf?.(handles) ?? []).map(known),
    }));
    const steps: Step[] = [['before', '/sign-in'], ['moving', '/read'], ['moving', 'time passes']];
    const visit = await visited(now => between(keyed(now), forgetting(now)), steps);
    for (const by of ['preparing', 'moving'] as const) deepStrictEqual(await visit.told(by), ['moved', 'signed-out']);
    deepStrictEqual(await (await visited(alone(forgetting), steps)).told('moving'), [null, null]);

  });

  for (const [name, make] of [
    ['from a store with four methods', now => between(new MapStore(), keyed(now))],
    ['to a store with four methods', now => between(keyed(now), new MapStore())],
  ] as ReadonlyArray<readonly [string, (now: () => number) => Stores]>) {
    it(`${name}, "moved" also of an id from before the move, whose session has ended`, async () => {

      const seen = new Set<string | null>();
      for (const history of histories(['/sign-out', '/sign-in-as-bea', '/renew'])) {
        const [inOne] = await toldInOneStore(history);
        const visit = await visited(make, history);
        for (const by of ['preparing', 'moving'] as const) {
          const told = (await visit.told(by)).slice(0, -1);
          for (const [at, answer] of told.entries()) {
            seen.add(answer);
            ok(answer === inOne[at] || (answer === 'moved' && at < told.length - 1), `${history.join(' ')}: ${by} is told ${told} instead of ${inOne}`);
          }
        }
      }
      strictEqual(seen.has('moved') && seen.has('signed-out'), true);

    });
  }

});

function known<Found extends FoundSession | SessionState>(found: Found | null): Found | null {

  return found?.status === 'expired' ? null : found;

}
