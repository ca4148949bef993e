import assert from 'node:assert/strict';
import { MemoryStore, type SessionStore, type SessionValues, UserSessions } from '../../../src/index.js';
import { passAll } from '../support/store-tests.js';
import type { Scenarios } from './index.js';

/** A store with four methods, in the memory of one process. */
class FourMethods implements SessionStore {

  readonly #rows = new Map<string, { values: SessionValues; expire: number }>();
  #ids = 0;

  async get(id: string): Promise<SessionValues | null> {
    const row = this.#rows.get(id);
    return row && row.expire > Date.now() / 1000 ? row.values : null;
  }

  async set(id: string, values: SessionValues, expire: number): Promise<void> {
    this.#rows.set(id, { values: structuredClone(values), expire });
  }

  async delete(id: string): Promise<void> {
    this.#rows.delete(id);
  }

  newSessionId(): string {
    return `${++this.#ids}-${crypto.randomUUID()}`;
  }

}

export const wrappingAStore: Scenarios = {

  async 'slow-calls'({ app, site, exported }) {

    const calls: string[] = [];
    const report = (method: string, milliseconds: number) => {
      assert.ok(milliseconds > -1);
      calls.push(method);
    };
    const indexing = exported.withReports(new MemoryStore(), -1, report);
    const four = exported.withReports(new FourMethods(), -1, report);
    for (const store of [indexing, four]) {
      calls.length = 0;
      await passAll(() => store);
      assert.deepEqual([...new Set(calls)].sort(), ['load', 'update']);
    }

    assert.equal(await new UserSessions(indexing).endAll('ada'), 0);
    assert.equal(four.sessionsOf, undefined);
    assert.equal(indexing.store.size, 0);
    indexing.close();

    assert.ok(exported.tests.length > 50);
    app.use(ctx => { ctx.session.visits = (ctx.session.visits ?? 0) + 1; ctx.response.body = `Visit ${ctx.session.visits}`; });
    const visitor = site.visitor();
    await visitor.get('/');
    assert.equal((await visitor.get('/')).text, 'Visit 2');

  },

};
