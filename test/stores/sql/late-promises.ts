import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { SessionChange } from '../../../src/base/store.js';
import { toTexts } from '../../../src/values/session-values.js';
import type { Server } from '../../support/servers/server.js';
import type { SqlStore } from './sql-promises.js';

/** How long the callers of these tests wait, in seconds. */
const PATIENCE = 0.2;

const setting = (values: object): SessionChange => ({ set: toTexts({ ...values }), unset: [] });

/** A store on a private server, and what the tests need of that. */
export interface LateStore {
  readonly store: SqlStore & Required<Pick<SqlStore, 'move'>>;
  /** The server, which has been started. */
  readonly server: Server;
  /** Locks the row of an id, in a transaction that the returned function commits. */
  lockRow(id: string): Promise<() => Promise<void>>;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** What every store in an SQL database must do when its server executes a statement late. */
export function latePromises(open: () => Promise<LateStore>): void {

  let opened: LateStore;
  before(async () => {
    opened = await open();
    await opened.store.setup();
  });
  after(async () => {
    opened.store.close();
    await opened.close();
    await opened.server.kill();
  });

  async function session(): Promise<string> {

    const { store } = opened;
    const id = await store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    await store.load(id);
    return id;

  }

  /** Waits until the deadline has passed on the server's clock, which goes on while the server is frozen: no event reports that. */
  const untilGivenUp = () => setTimeout(PATIENCE * 1000 + 50);

  it('executes nothing that its caller has given up while the server was frozen', async () => {

    const { store, server } = opened;
    const id = await session();
    const next = await store.newSessionId(id);
    const created = await store.newSessionId();
    const terms = { lifetime: 60, patience: PATIENCE };
    server.freeze();
    const late = Promise.allSettled([
      store.update(id, setting({ a: 2 }), terms), store.update(id, { set: new Map(), unset: ['a'] }, terms),
      store.move(id, next, setting({}), terms), store.create(created, toTexts({ a: 1 }), terms),
    ]);
    await untilGivenUp();
    server.thaw();
    assert.deepEqual((await late).map(({ status }) => status), ['rejected', 'rejected', 'rejected', 'rejected']);
    assert.deepEqual(await store.get(id), { a: 1 });
    assert.equal(await store.load(created), null);

  });

  it('changes nothing if its caller has given up while another transaction had locked the row', async () => {

    const { store, lockRow } = opened;
    const id = await session();
    const unlock = await lockRow(id);
    const refused = assert.rejects(async () => store.update(id, setting({ a: 2 }), { lifetime: 60, patience: PATIENCE }), /given up/);
    await untilGivenUp();
    await unlock();
    await refused;
    assert.deepEqual(await store.get(id), { a: 1 });

  });

}
