import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { begin, peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const exclusive: Scenarios = {

  async refresh({ app, site }) {

    const used: string[] = [];
    const provider = createServer(async (request, response) => {
      const refresh = new URLSearchParams(await text(request)).get('refresh_token') as string;
      const isReused = used.includes(refresh);
      used.push(refresh);
      response.statusCode = isReused ? 400 : 200;
      response.end(JSON.stringify({ access: 'new', refresh: 'second', expires: Date.now() / 1000 + 3600 }));
    });
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    try {
      process.env.TOKEN_URL = `http://127.0.0.1:${(provider.address() as { port: number }).port}/token`;
      const visitor = site.visitor();
      await begin(app, visitor, { tokens: { access: 'old', refresh: 'first', expires: 0 } });
      const answers = await Promise.all(Array.from({ length: 10 }, () => visitor.get('/mail')));
      assert.deepEqual(answers.map(answer => answer.text), answers.map(() => 'mail for new'));
      assert.deepEqual(used, ['first']);
      assert.equal((await peek(app, visitor)).tokens.refresh, 'second');
    } finally {
      delete process.env.TOKEN_URL;
      provider.closeAllConnections();
      provider.close();
    }

  },

  async busy({ app, site }) {

    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });
    const answers = await Promise.all([visitor.post('/export'), visitor.post('/export')]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 202]);
    assert.equal((await visitor.post('/export')).text, 'exported');

  },

};
