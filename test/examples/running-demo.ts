import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Application, type Context } from '@curveball/core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { createApp, type DemoOptions as AppOptions } from '../../examples/demo/app.js';
import { newContext } from '../support/browsers/in-browsers.js';

export interface DemoOptions extends AppOptions {
  port?: number;
  /** Runs before everything else, for instance to hold a request back. */
  first?: (ctx: Context, next: () => Promise<void>) => Promise<void>;
  /** Pages that the demo does not have. Browsers request others, such as its icon, by themselves. */
  pages?: { readonly [path: string]: (ctx: Context) => Promise<void> | void };
}

export interface RunningDemo {
  port: number;
  origin: string;
  stop(): Promise<void>;
}

/** Starts the demo on a free port, and stops it after the test. */
export async function runDemo(t: TestContext, options: DemoOptions = {}): Promise<RunningDemo> {

  const { port: wanted = 0, first, pages = {}, ...appOptions } = options;
  const demo = createApp(appOptions);
  demo.use((ctx, next) => (pages[ctx.path] ?? next)(ctx));
  const app = new Application();
  if (first) app.use(first);
  app.use(ctx => demo.handle(ctx));

  const server = app.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  t.after(stop);
  const { port } = server.address() as AddressInfo;
  return { port, origin: `http://127.0.0.1:${port}`, stop };

}

/** A visitor with no cookies yet, at the demo's front door. */
export async function visit(t: TestContext, { origin }: RunningDemo, options?: BrowserContextOptions): Promise<Page> {

  const context = await newContext(t, options);
  const page = await context.newPage();
  await page.goto(origin);
  return page;

}

/** The same visitor's second tab. */
export async function secondTab(page: Page): Promise<Page> {

  const tab = await page.context().newPage();
  await tab.goto(page.url());
  return tab;

}

export async function signIn(page: Page, name = 'Ada'): Promise<void> {

  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: `Hello, ${name}` }).waitFor();

}

export async function signOut(page: Page): Promise<void> {

  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();

}

/** Returns the user who is signed in, by a new request for the front page; '' for none. */
export async function whoIsSignedIn(page: Page): Promise<string> {

  const tab = await secondTab(page);
  const name = await tab.locator('body').getAttribute('data-name');
  await tab.close();
  return name ?? '';

}
