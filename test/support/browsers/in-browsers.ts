import { after, type TestContext, test } from 'node:test';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchHeadlessShell } from './headless-shell.js';
import type { BrowserOptions } from './launch.js';

type Launch = (options: BrowserOptions) => Promise<Browser>;

/** Defines a test for each browser. */
export type BrowserTest = (name: string, body: (t: TestContext) => Promise<void>) => void;

/** Milliseconds for one test: what a page does not do, a test may wait for without end. */
const LONGEST = 120_000;

const launched = new Map<string, Promise<Browser>>();
let browser: Browser;

/**
 * Returns a function that defines tests, each of which runs in all of these
 * browsers. A browser is started by the first test of a file that runs in it.
 */
export function inBrowsers(browsers: { readonly [name: string]: Launch }, options: BrowserOptions = {}): BrowserTest {

  after(async () => {
    // One that could not be started has failed its tests already.
    for (const each of await Promise.allSettled(launched.values())) if (each.status === 'fulfilled') await each.value.close();
  });
  return (title, body) => {
    for (const [name, launch] of Object.entries(browsers)) {
      test(`${title} (${name})`, { timeout: LONGEST }, async t => {
        if (!launched.has(name)) launched.set(name, launch(options));
        // The tests of a file run one after the other.
        browser = await launched.get(name) as Browser;
        await body(t);
      });
    }
  };

}

/** For tests that are about the server, and would show nothing more in a second browser. */
export function inHeadlessShell(): BrowserTest {

  return inBrowsers({ 'headless Chromium': launchHeadlessShell });

}

/** A visitor of their own, in the browser of this test. */
export async function newContext(t: TestContext, options?: BrowserContextOptions): Promise<BrowserContext> {

  const context = await browser.newContext(options);
  t.after(() => context.close());
  return context;

}

/** Whether a page is in Firefox, and not in Chromium. */
export function isFirefox(page: Page): boolean {

  return page.context().browser()?.browserType().name() === 'firefox';

}
