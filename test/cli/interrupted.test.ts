import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { after, beforeEach, describe, it, mock } from 'node:test';
import { pathToFileURL } from 'node:url';
import { allSessions } from '../../src/index.js';
import { openStore } from '../../src/open/open-store.js';
import { redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';
import { command, root } from './support/command.js';
import { begin } from './support/sessions.js';

/** The class of which the command makes its store. */
const { RedisStore } = await import(pathToFileURL(join(root, '../dist/stores/redis-store.js')).href);

type Method = (...args: unknown[]) => unknown;

describe('A signal', { timeout: 60_000 }, async () => {

  const address = `${redisUrl()}?prefix=interrupted:`;
  const store = await openStore(address as `redis://${string}`);
  after(() => store.close());
  const live = async () => (await store.countSessions({ exact: true })).live;
  beforeEach(async () => {
    mock.restoreAll();
    for await (const { handle } of allSessions(store)) await store.endByHandle(handle);
    for (let number = 0; number < 5; number++) await begin(store, number === 0 ? 'Ada' : null);
  });

  /** Lets the signal come during a call of the store. The call with this number, and those after it, are never answered. */
  const runWith = (signal: string, method: string, number: number, args: readonly string[]) => {
    const signals = new EventEmitter();
    const real: Method = RedisStore.prototype[method];
    let calls = 0;
    mock.method(RedisStore.prototype, method, function call(this: unknown, ...terms: unknown[]) {
      if (++calls < number) return real.apply(this, terms);
      signals.emit(signal);
      return new Promise(() => {});
    });
    return command([...args, '--yes'], { env: { SESSION_STORE: address }, signals });
  };

  it('stops a copy that counts, before the first session and after the last', async () => {

    for (const [number, copied] of [[1, 0], [2, 5]] as const) {
      const to = `sqlite:${join(temporaryFolder(), 'sessions.db')}`;
      await command(['setup', '--store', to]);
      const { code, out, err } = await runWith('SIGINT', 'countSessions', number, ['copy', address, to]);
      deepStrictEqual([code, out, err], [130, '', `Error: The copy was interrupted: ${copied} sessions copied. The same command goes on where it stopped\n`]);
      mock.restoreAll();
      strictEqual(await live(), 5 - copied);
    }

  });

  it('stops a purge, which says how many sessions it has ended', async () => {

    const signals = new EventEmitter();
    const end: Method = RedisStore.prototype.endByHandle;
    let ended = 0;
    mock.method(RedisStore.prototype, 'endByHandle', function call(this: unknown, ...terms: unknown[]) {
      if (++ended === 2) signals.emit('SIGTERM');
      return end.apply(this, terms);
    });
    const { code, out, err } = await command(['purge', '--anonymous', '--yes', '--store', address], { signals });
    deepStrictEqual([code, out, err], [143, '', 'Error: The purge was interrupted: 2 sessions ended. The same command ends the others\n']);
    strictEqual(await live(), 3);

  });

  it('stops what ends all sessions, of a user or of everyone, and says what that means', async () => {

    for (const [method, args] of [['endAllSessions', ['end-everything']], ['endSessionsOf', ['end-all', 'Ada']]] as const) {
      const { code, out, err } = await runWith('SIGINT', method, 1, args);
      deepStrictEqual([code, out, err], [130, '', 'Error: The command was interrupted: some sessions may not have ended. The same command ends them\n']);
      mock.restoreAll();
    }

  });

});
