import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe } from 'node:test';
import type { Page } from 'playwright-core';
import { isFirefox } from '../support/browsers/in-browsers.js';
import { inEachBrowser } from '../support/browsers/in-each-browser.js';
import { until } from '../support/until.js';
import { type Hosts, pageAt, runHosts } from './support/hosts.js';
import { visitor } from './support/visitor.js';

/*
 * What browsers keep of a page that a visitor has left, and show again: the page
 * itself, and what was typed into it. docs/cookies-and-caching.md and docs/csrf.md
 * say what follows for applications.
 */

const it = inEachBrowser({ anyHostIsLocal: true, keepsPages: true });

type Header = readonly [name: string, value: string];

const NO_STORE: Header = ['Cache-Control', 'no-store'];
const CLEARS: Header = ['Clear-Site-Data', '"cache"'];

interface Visit {
  /** A header of the page that is left, and one of the page that follows. */
  left?: Header;
  next?: Header;
  /** What happens before the visitor goes back. */
  meanwhile?(): Promise<unknown>;
}

describe('A page that is left for another one', () => {

  it('is shown by "back" as it was left, also if the answer that led away clears the cache', async t => {

    const hosts = await runHosts(t);
    const page = await visitor(t);
    strictEqual(await isKept(page, hosts, { meanwhile: () => fetched(page, pageAt(hosts.sibling, '')) }), true);
    // Playwright can't use the first page any more.
    strictEqual(await isKept(await visitor(t), hosts, { next: CLEARS }), true);

  });

  it('is loaded again in Firefox if it is no-store', async t => {

    const hosts = await runHosts(t);
    const page = await visitor(t);
    strictEqual(await isKept(page, hosts, { left: NO_STORE }), !isFirefox(page));

  });

  it('is loaded again after a later answer that clears the cache', async t => {

    const hosts = await runHosts(t);
    const page = await visitor(t);
    strictEqual(await isKept(page, hosts, { meanwhile: () => fetched(page, pageAt(hosts.sibling, '', CLEARS)) }), false);

  });

});

describe('A form that is loaded again', () => {

  it('has in Firefox what was typed, and what a script put into a hidden field', async t => {

    const hosts = await runHosts(t);
    const page = await visitor(t);
    const kept = isFirefox(page);
    deepStrictEqual(await reloaded(page, hosts), kept ? { typed: 'by hand', hidden: 'by script' } : { typed: '', hidden: 'served' });

  });

  it('has what was served if it is no-store, or autocomplete="off"', async t => {

    const hosts = await runHosts(t);
    const page = await visitor(t);
    deepStrictEqual(await reloaded(page, hosts, { header: NO_STORE }), { typed: '', hidden: 'served' });
    deepStrictEqual(await reloaded(page, hosts, { attribute: 'autocomplete="off"' }), { typed: '', hidden: 'served' });

  });

});

/** Goes to a page, to another one, and back. Returns whether the first page was shown from memory. */
async function isKept(page: Page, hosts: Hosts, { left, next, meanwhile }: Visit = {}): Promise<boolean> {

  // The page says so itself, to the application: playwright hears no more of a page that Firefox has kept.
  const report = `<script>addEventListener('pageshow', ({ persisted }) => {
    fetch('${hosts.app}/blank?' + persisted, { mode: 'no-cors' }).then(() => { document.title = 'Reported'; });
  })</script>`;
  hosts.seen.length = 0;
  await page.goto(pageAt(hosts.sibling, report, left));
  // A page that still waits for an answer is not kept.
  await page.waitForFunction(`document.title === 'Reported'`);
  await page.goto(pageAt(hosts.sibling, 'Another page', next));
  await meanwhile?.();
  page.goBack().catch(() => {});
  await until('the page is shown again', () => hosts.seen.length === 2);
  return hosts.seen[1]?.url?.startsWith('/blank?true') ?? false;

}

/** Lets a script of a page load another one. */
function fetched(page: Page, address: string): Promise<unknown> {

  return page.evaluate(`fetch('${address}').then(answer => answer.text())`);

}

/** Fills a form, loads its page again, and returns what the form has then. */
async function reloaded(page: Page, { sibling }: Hosts, { header, attribute = '' }: { header?: Header; attribute?: string } = {}): Promise<unknown> {

  await page.goto(pageAt(sibling, `<form ${attribute}><input id="typed"><input id="hidden" type="hidden" value="served"></form>`, header));
  await page.locator('#typed').fill('by hand');
  await page.evaluate(`document.querySelector('#hidden').value = 'by script'`);
  await page.reload();
  return { typed: await page.locator('#typed').inputValue(), hidden: await page.locator('#hidden').inputValue() };

}
