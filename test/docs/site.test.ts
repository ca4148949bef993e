import { deepStrictEqual, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as library from '../../src/index.js';
import { launchHeadlessShell } from '../support/browsers/headless-shell.js';
import { root } from './support/markdown.js';

describe('The folder that `make docs` makes', () => {

  const folder = join(root, 'site', 'out');
  // A link that leads nowhere, or a type that is not described, is an error.
  before(() => execFileSync('make', ['docs'], { cwd: root, stdio: 'pipe' }), { timeout: 300_000 });

  it('has a page of each export', () => {

    const pages = new Set(['classes', 'functions', 'variables'].flatMap(kind => readdirSync(join(folder, kind))));
    const missing = Object.keys(library).filter(name => name !== 'default' && !pages.has(`_curveball_session.${name}.html`));
    deepStrictEqual(missing, []);

  });

  it('has all pages', () => {

    // The page of the framework's site has a title of its own, by which its file is named here.
    const names = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md') && name !== 'framework-page.md');
    deepStrictEqual(names.filter(name => !existsSync(join(folder, 'documents', name.replace('.md', '.html')))), []);

  });

  it('finds a word without a server', { timeout: 60_000 }, async t => {

    const browser = await launchHeadlessShell();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, 'index.html')).href);
    await page.locator('#tsd-search-trigger').click();
    await page.locator('#tsd-search-input').pressSequentially('maxUserSessions');
    const found = page.locator('#tsd-search-results a').filter({ hasText: 'maxUserSessions' }).first();
    await found.click();
    await page.waitForURL(/UserOptions|SessionOptions/);
    ok((await page.locator('body').innerText()).includes('maxUserSessions'));

  });

});
