import { describe, it } from 'node:test';
import { encrypted } from '../../src/index.js';
import { storeTests } from '../../src/testing/index.js';
import { innerStores } from '../testing/support/inner-stores.js';

const keys = [{ id: 'now', secret: 'a secret of the application, long enough' }];

const { PostgreSQL, MySQL, ...STORES } = innerStores('encrypted_conformance');

for (const [name, make] of Object.entries(STORES)) {

  describe(`encrypted() around ${name}`, () => {

    const [open, options = {}] = make();
    const { failing } = options;
    const openFailing = failing && (async (commands: number) => encrypted(await failing(commands), { keys }));
    for (const { name, run } of storeTests(async () => encrypted(await open(), { keys }), { ...options, failing: openFailing })) it(name, run);

  });

}
