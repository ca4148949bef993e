import { after, describe } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { PostgresStore } from '../../../src/stores/postgres-store.js';
import { keepsTheContract } from './sql-promises.js';

describe('PostgresStore with PGlite keeps the contract', () => {

  const pool = new PGlite();
  after(() => pool.close());

  keepsTheContract(async () => {

    const store = new PostgresStore({ pool });
    await store.setup();
    after(() => store.close());
    return store;

  }, 5);

});
