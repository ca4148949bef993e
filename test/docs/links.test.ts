import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { type Page, page, pages, prose, root } from './support/markdown.js';

describe('The pages of the documentation', () => {

  const all = pages();

  for (const { path, text } of all) {

    it(`${path} has links that lead somewhere`, () => {

      const dead = linksOf({ path, text }).filter(({ file, anchor }) =>
        !existsSync(join(root, file)) || (anchor !== '' && !anchorsOf(page(file)).includes(anchor)));
      assert.deepEqual(dead, []);

    });

  }

  it('are all reached from the README', () => {

    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const { file } of linksOf(page(path))) {
        if (file.endsWith('.md')) reached.add(file);
      }
    }
    assert.deepEqual(all.map(({ path }) => path).filter(path => !reached.has(path)), []);

  });

  it('do not link to source files by absolute addresses of this repository', () => {

    const absolute = all.filter(({ text }) => /github\.com\/curveball\/session\/(blob|tree)\//.test(text));
    assert.deepEqual(absolute.map(({ path }) => path), []);

  });

  it('have no placeholders left', () => {

    const unfinished = all.filter(({ text }) => /\b(RATIO|TODO|TBD|FIXME|XXX)\b/.test(text));
    assert.deepEqual(unfinished.map(({ path }) => path), []);

  });

  const decisions = all.filter(({ path }) => /^docs\/decisions\/\d/.test(path));

  it('number the decisions without a gap', () => {

    assert.deepEqual(
      decisions.map(({ path }) => posix.basename(path).slice(0, 3)),
      decisions.map((_, index) => String(index + 1).padStart(3, '0')),
    );

  });

  for (const { path, text } of decisions) {

    it(`${path} has the sections of a decision`, () => {

      assert.match(text, new RegExp(`^# ${posix.basename(path).slice(0, 3)}: `));
      assert.deepEqual(
        [...text.matchAll(/^## (.+)$/gm)].map(match => match[1]),
        ['Context', 'Decision', 'Consequences', 'When to revisit'],
      );
      assert.ok(text.split('\n').length < 60, 'it is less than a page');

    });

  }

});

interface Link {
  /** As seen from the root of the package. */
  readonly file: string;
  readonly anchor: string;
}

/** The links of a page that are not addresses on the web. */
function linksOf({ path, text }: Page): Link[] {

  const links: Link[] = [];
  for (const [, target] of prose({ path, text }).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file, anchor = ''] = target.split('#');
    links.push({ file: file === '' ? path : posix.join(posix.dirname(path), file), anchor });
  }
  return links;

}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: Page): string[] {

  return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-'));

}
