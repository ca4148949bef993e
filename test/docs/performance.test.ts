import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { page, root } from './support/markdown.js';

interface Figure {
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

interface Result {
  readonly figures: readonly Figure[];
}

type Results = Readonly<Record<string, Result>>;

const bench = (path: string) => pathToFileURL(join(root, 'bench/lib', path)).href;
const { filled }: { filled(page: string, results: Results): string } = await import(bench('page.js'));
const { readResults }: { readResults(): Results } = await import(bench('results.js'));

const { text } = page('docs/performance.md');

test('the tables of the page on performance say what the bench has found', () => {

  assert.equal(filled(text, readResults()), text);

});

test('a figure that has changed changes the page', () => {

  const [[part, result]] = Object.entries(readResults()) as [[string, Result]];
  const figures = result.figures.map((figure, index) => index === 0 ? { ...figure, value: 123_456 } : figure);
  assert.match(filled(text, { ...readResults(), [part]: { ...result, figures } }), /123456/);

});

test('each part that has figures has a place in the page, and the other way around', () => {

  assert.throws(() => filled(text, { ...readResults(), other: { figures: [] } }), /nothing on: other/);
  assert.throws(() => filled(text, {}), /nothing on: requests/);

});

for (const part of ['requests', 'peers', 'sockets']) {

  test(`the plot of ${part} is drawn from what the bench has found`, () => {

    const svg = readFileSync(join(root, `docs/performance/${part}.svg`), 'utf8');
    const labels = [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, label]) => label);
    const shown = readResults()[part]?.figures.filter(({ group, unit }) => unit === 'µs' && (group !== 'anonymous' || part !== 'peers')) ?? [];
    assert.ok(shown.length > 0);
    for (const { value } of shown) assert.ok(labels.includes(String(value)), `${value}`);

  });

}
