import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inHeadlessShell } from '../support/browsers/in-browsers.js';
import { runDemo, signIn, visit } from './running-demo.js';

const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The file that `make picture` copies to the README. */
const TAKEN = file('build/demo.png');
const SHOWN = file('docs/demo.png');

const SIZE = { width: 640, height: 1100 };
const MOST_BYTES = 100_000;

const test = inHeadlessShell();

test('looks as the picture in the README does', async t => {

  const demo = await runDemo(t);
  const page = await visit(t, demo, { viewport: SIZE, colorScheme: 'light' });
  await signIn(await visit(t, demo, { userAgent: PHONE }));
  await signIn(page);
  await page.getByRole('button', { name: 'Click 20 times at once' }).click();
  await page.getByText('20 of 20 counted').waitFor();
  await page.getByLabel('Your note').fill('Buy milk');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Your note is saved.').waitFor();
  const picture = await page.screenshot();
  mkdirSync(file('build'), { recursive: true });
  writeFileSync(TAKEN, picture);

  // Fonts differ between machines, the content of the page does not.
  const shown = readFileSync(SHOWN);
  assert.ok(shown.length < MOST_BYTES, `docs/demo.png has ${shown.length} bytes`);
  assert.deepEqual(sizeOf(shown), sizeOf(picture));
  assert.match(readFileSync(file('README.md'), 'utf8'), /<img src="docs\/demo\.png"/);

});

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

/** Width and height, from the beginning of a PNG. */
function sizeOf(png: Buffer): { width: number; height: number } {

  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };

}
