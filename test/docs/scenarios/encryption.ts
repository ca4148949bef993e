import assert from 'node:assert/strict';
import { encrypted, type MemoryStore } from '../../../src/index.js';
import type { Scenarios } from './index.js';

export const encryption: Scenarios = {

  async rotation({ site, exported }) {

    const inner: MemoryStore = exported.inner;
    const { secrets } = exported;
    const before = encrypted(inner, { keys: [{ id: '2026-01', secret: secrets.before }] });
    const visitor = site.visitor();
    const id = await before.newSessionId();
    await before.create(id, new Map([['visits', '4'], ['since', '"January"']]), { lifetime: 600 });
    visitor.cookies.set('CB', id);
    assert.equal((await visitor.get('/')).text, 'Visit 5');
    assert.equal((await visitor.get('/')).text, 'Visit 6');
    assert.deepEqual(visitor.cookies.get('CB'), id);

    const isMissing = (key: string) => (error: Error) => String(error.cause).includes(`its key "${key}" is not among the keys`);
    await assert.rejects(async () => before.load(id), isMissing('2026-07'));
    const after = encrypted(inner, { keys: [{ id: '2026-07', secret: secrets.now }] });
    await assert.rejects(async () => after.load(id), isMissing('2026-01'));

  },

};
