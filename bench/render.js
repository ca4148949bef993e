/* Writes the figures of `bench/results` into the page on performance, and draws its plots. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { filled } from './lib/page.js';
import { PLOTS } from './lib/plots.js';
import { readResults } from './lib/results.js';

const page = new URL('../docs/performance.md', import.meta.url);
const pictures = new URL('../docs/performance/', import.meta.url);

const results = readResults();
writeFileSync(page, filled(readFileSync(page, 'utf8'), results));
mkdirSync(pictures, { recursive: true });
for (const [part, draw] of Object.entries(PLOTS)) {
  if (part in results) writeFileSync(new URL(`${part}.svg`, pictures), draw(results[part]));
}
