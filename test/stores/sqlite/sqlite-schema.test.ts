import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { temporaryFolder } from '../../support/servers/server.js';
import { DRIVERS, rows } from './sqlite-drivers.js';

const PAGE = fileURLToPath(new URL('../../../../docs/stores/sqlite.md', import.meta.url));

it('The schema in the documentation is that of setup()', async t => {

  const [, sql = ''] = /```text\n(PRAGMA[^`]+)```/.exec(readFileSync(PAGE, 'utf8')) ?? [];
  const [open] = Object.values(DRIVERS) as [typeof DRIVERS[string]];
  const [own, made] = [await open(join(temporaryFolder(), 'own.db')), await open(join(temporaryFolder(), 'made.db'))];
  const stores = [new SqliteStore({ database: own }), new SqliteStore({ database: made })] as const;
  t.after(() => {
    for (const store of stores) store.close();
    for (const database of [own, made]) database.close();
  });

  own.exec(sql);
  await stores[1].setup();
  const schema = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name';
  deepStrictEqual(rows(own, schema), rows(made, schema));
  deepStrictEqual(rows(own, 'PRAGMA journal_mode'), rows(made, 'PRAGMA journal_mode'));

  const id = stores[0].newSessionId();
  strictEqual(stores[0].create(id, toTexts({ a: 1 }), { lifetime: 60 }), true);
  deepStrictEqual(stores[0].get(id), { a: 1 });
  // It changes nothing if the table exists.
  await stores[0].setup();
  deepStrictEqual(stores[0].get(id), { a: 1 });
  deepStrictEqual(rows(own, schema), rows(made, schema));

});
