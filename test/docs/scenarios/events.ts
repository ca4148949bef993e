import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { context, INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
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

  async tracing() {

    const traced: unknown[][] = [];
    const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    span.addEvent = (...event: unknown[]) => {
      traced.push(event);
      return span;
    };
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    try {
      await context.with(trace.setSpan(context.active(), span), async () => {
        const browser = visitor();
        browser.cookies.set('CB', new MemoryStore().newSessionId());
        await browser.get('/read');
        await browser.get('/begin');
      });
      assert.deepEqual(traced, [
        ['curveball.session.suspicious', { 'curveball.session.reason': 'unknown' }], ['curveball.session.suspicious', { 'curveball.session.reason': 'unknown' }],
      ]);
    } finally {
      context.disable();
    }

  },

};
