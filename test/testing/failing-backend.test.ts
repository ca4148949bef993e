import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { SessionStore } from '../../src/index.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { DRIVERS, type OpenDatabase } from '../stores/sqlite/sqlite-drivers.js';
import { temporaryFolder } from '../support/servers/server.js';
import { failing, failingDatabase } from './support/failing.js';
import { faultsOf } from './support/faults-of.js';
import { FourMethods } from './support/four-methods.js';

const ruleOf = (method: string) => `If the backend fails, ${method}() throws, or its answer is correct`;

/** What each method answers instead of throwing, in a store that hides that its backend has failed. */
const SWALLOWED: { readonly [method: string]: readonly unknown[] } = {
  get: [null, undefined, {}],
  set: [undefined],
  delete: [undefined],
  load: [null, { status: 'retired', moved: false }],
  create: [true, false],
  update: ['updated', 'gone', 'conflict'],
  touch: [true, false],
  end: [true, false],
  move: ['moved', 'gone'],
  sessionsOf: [[]],
  endSessionsOf: [[]],
  endAllSessions: [undefined],
};

describe('The tests of a store find one that hides the failure of its backend', () => {

  const opened: Array<{ close(): void }> = [];
  after(() => {
    for (const each of opened) each.close();
  });

  const file = `${temporaryFolder()}/sessions.db`;

  async function open(around = (database: OpenDatabase) => database): Promise<SqliteStore> {

    const database = await DRIVERS.libsql(file);
    const store = new SqliteStore({ database: around(database) });
    opened.push(store, database);
    return store;

  }

  const set = async () => {
    const store = await open();
    await store.setup();
    return store;
  };

  for (const [method, answers] of Object.entries(SWALLOWED)) {

    it(`in ${method}()`, async () => {

      for (const answer of answers) {
        const openFailing = async (commands: number) => swallowing(await open(database => failingDatabase(database, commands)), method, answer);
        const faults = await faultsOf(set, { alone: true, failing: openFailing }, [ruleOf(method)]);
        assert.ok(faults.has(ruleOf(method)), `${method}() may answer ${answer}`);
      }

    });

  }

  it('only after some commands', async () => {

    const openFailing = async (commands: number) => {
      const store = await open(database => failingDatabase(database, commands));
      return commands > 1 ? swallowing(store, 'end', true) : store;
    };
    assert.ok((await faultsOf(set, { failing: openFailing }, [ruleOf('end')])).has(ruleOf('end')));

  });

  it('in one of four methods', async () => {

    const store = new FourMethods(() => Date.now() / 1000);
    const openFailing = (commands: number) => swallowing(failing(store, commands, ['get', 'set', 'delete']), 'get', null);
    const faults = await faultsOf(() => store, { atomic: false, trials: 1, failing: openFailing });
    assert.deepEqual([...faults.keys()], [ruleOf('get')]);

  });

  it('and say so if the opened store does not fail', async () => {

    const faults = await faultsOf(set, { failing: () => open() }, [ruleOf('load')]);
    assert.match(faults.get(ruleOf('load')) ?? '', /load\(\) returned \{.*\} although every command of the backend failed\nIt must throw/);

  });

});

/** The same store with one method that answers instead of throwing. */
function swallowing<T extends SessionStore>(store: T, method: string, answer: unknown): T {

  return new Proxy(store, {
    get(_, name) {
      const member: unknown = Reflect.get(store, name, store);
      if (typeof member !== 'function') return member;
      if (name !== method) return member.bind(store);
      return async (...args: unknown[]) => {
        try {
          return await member.apply(store, args);
        } catch {
          return answer;
        }
      };
    },
  });

}
