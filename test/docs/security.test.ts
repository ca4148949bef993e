import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { page, root, table } from './support/markdown.js';

/*
 * Each proof in the tables of the page names an existing test.
 */

describe('The tables of docs/security.md', () => {

  const security = page('docs/security.md');
  const headings = [...security.text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);

  for (const heading of headings) {

    it(`name existing tests, or say whose task it is: ${heading}`, () => {

      const [header, ...rows] = table(security, heading);
      assert.equal(header.at(-1), 'proved by');
      assert.ok(rows.length > 5);
      for (const row of rows) {
        assert.equal(row.length, header.length, row.join(' | '));
        const proof = row.at(-1) as string;
        if (proof === '–') {
          assert.ok(row.at(-2)?.startsWith('yours'), `${row[0]} is proved by nothing`);
        } else {
          checkProof(proof);
        }
      }

    });

  }

});

/** `[name](../test/file.test.ts): *a test*; *another*`, any number of times. */
function checkProof(proof: string): void {

  let names: readonly RegExp[] | undefined;
  let rest = proof;
  while (rest !== '') {
    const [all, file, name] = /^(?:\[[^\]]+\]\(([^)]+)\): )?\*([^*]+)\*(?:; |$)/.exec(rest) ?? [];
    assert.ok(all && name, `"${rest}" names no test`);
    if (file) names = testsIn(posix.join('docs', file));
    assert.ok(names?.some(each => each.test(name)), `There is no test "${name}" in ${proof}`);
    rest = rest.slice(all.length);
  }

}

/** The names of the tests of a file, of the rules of a test for stores, and of races. */
function testsIn(file: string): RegExp[] {

  assert.ok(existsSync(join(root, file)), file);
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/(?:\b(?:it|test)\(|\bsentence: |^ {2})(['`])((?:\\.|(?!\1).)+)\1/gm)].map(([, quote, text]) => {
    const plain = text.replaceAll(/\\(.)/g, '$1');
    const parts = quote === '`' ? plain.split(/\$\{[^}]*\}/) : [plain];
    return new RegExp(`^${parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`);
  });

}
