import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const websockets: Scenarios = {

  async counter({ app, site }) {

    const visitor = site.visitor();
    await visitor.post('/sign-in');
    const open = async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${site.port}/`, {
        headers: { Cookie: visitor.cookieHeader },
      });
      await once(socket, 'open');
      return socket;
    };
    const say = async (socket: WebSocket) => {
      socket.send('hello');
      const [data] = await once(socket, 'message');
      return String(data);
    };
    const first = await open();
    const second = await open();
    assert.equal(await say(first), 'Message 1');
    assert.equal(await say(second), 'Message 2');
    assert.equal(await say(first), 'Message 3');
    assert.deepEqual(await peek(app, visitor), { messages: 3 });
    first.close();
    second.close();

  },

};
