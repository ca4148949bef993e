import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { MemoryStore, UserSessions } from '../../../src/index.js';
import { site } from '../../support/site.js';
import type { Scenarios } from './index.js';

/** A visitor of pages that an event names. */
const visitor = () => site({
  '/begin': ctx => { ctx.session.userId = 5; },
  '/read': ctx => ctx.session,
}).browser;

export const events: Scenarios = {

  async log({ exported }) {

    const browser = visitor();
    await browser.get('/begin');
    assert.deepEqual(exported.lines, []);
    browser.cookies.set('CB', new MemoryStore().newSessionId());
    await browser.get('/read');
    assert.match(exported.lines.join(), /^session \S+: unknown id$/);
    await new UserSessions(new MemoryStore()).endEverything();
    assert.equal(exported.lines[1], 'all sessions were ended');

  },

  async why() {

    const log = mock.method(console, 'log', () => {});
    try {
      await visitor().get('/begin');
      assert.deepEqual(log.mock.calls.map(({ arguments: [line] }) => line), ['session: create: 1 keys for a new session']);
    } finally {
      log.mock.restore();
    }

  },

  async tracing({ exported }) {

    const counted: unknown[] = [];
    const traced: Array<[string, Record<string, unknown>]> = [];
    exported.traceSessions(
      { getActiveSpan: () => ({ addEvent: (name: string, attributes: Record<string, unknown>) => traced.push([name, attributes]) }) },
      { createCounter: (name: string) => ({ add: (value: number, attributes: unknown) => counted.push([name, value, attributes]) }) },
    );
    await visitor().get('/begin');
    assert.deepEqual(counted, [['session.events', 1, { name: 'created' }]]);
    assert.deepEqual(traced.map(([name, attributes]) => [name, Object.keys(attributes)]), [['session.created', ['session.handle']]]);

  },

};
