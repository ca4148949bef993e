import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Scenarios } from './index.js';

export const liveSessions: Scenarios = {

  async events({ site }) {

    const visitor = site.visitor();
    await visitor.post('/sign-in');
    const response = await fetch(`http://127.0.0.1:${site.port}/events`, { headers: { Cookie: visitor.cookieHeader } });
    const text = response.text();
    const cookie = visitor.cookieHeader;
    await visitor.post('/sign-out');
    assert.equal(await text, 'data: hello\n\nevent: ended\ndata: signed-out\n\n');
    const again = await fetch(`http://127.0.0.1:${site.port}/events`, { headers: { Cookie: cookie } });
    assert.equal(again.status, 204);

  },

  async download({ site }) {

    const visitor = site.visitor();
    await visitor.post('/sign-in');
    assert.equal(JSON.parse((await visitor.get('/export')).text).name, '@curveball/session');

  },

  async sockets({ site }) {

    const visitor = site.visitor();
    await visitor.post('/sign-in');
    const socket = new WebSocket(`ws://127.0.0.1:${site.port}/`, { headers: { Cookie: visitor.cookieHeader } });
    await once(socket, 'message');
    const closed = once(socket, 'close');
    await visitor.post('/sign-out');
    const [code, reason] = await closed;
    assert.deepEqual([code, String(reason)], [4001, 'signed-out']);

  },

};
