import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeIn, page, root, table } from './support/markdown.js';

describe('The table of events', () => {

  const rows = table(page('docs/events.md'), 'Events').slice(1);
  const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => readFileSync(join(root, 'src', path), 'utf8')).join('\n');

  it('has a row for each channel, and no other', () => {

    const channels = [...source.matchAll(/\bchannel\((?:`\$\{PREFIX\}|'curveball:session:)(\w+)[`']\)/g)];
    assert.deepEqual(
      rows.flatMap(([name]) => codeIn(name)).sort(),
      channels.map(([, name]) => `curveball:session:${name}`).sort(),
    );

  });

  it('has the members of each payload', () => {

    const payloads = [...source.matchAll(/`(curveball:session:\w+)`[^/]*\*\/\s*export interface \w+( extends OfMiddleware)? \{([\s\S]*?)\n\}/g)];
    assert.ok(payloads.length > 10);
    for (const [, name, common, body] of payloads) {
      const members = [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, member]) => member);
      if (common) members.push('cookieName');
      const named = codeIn(rows.find(([channel]) => channel === `\`${name}\``)?.[2] ?? '');
      assert.deepEqual(members.filter(member => !named.includes(member)), [], name);
    }

  });

});
