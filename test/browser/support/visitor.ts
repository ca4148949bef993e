import type { TestContext } from 'node:test';
import type { BrowserContext, Frame, Page } from 'playwright-core';
import { newContext } from '../../support/browsers/in-browsers.js';
import type { Hosts } from './hosts.js';

/** A visitor who has no cookies yet. */
export async function visitor(t: TestContext): Promise<Page> {

  const context = await newContext(t, { ignoreHTTPSErrors: true });
  return context.newPage();

}

/** A signed-in visitor. */
export async function signedIn(t: TestContext, { app }: Hosts): Promise<Page> {

  const page = await visitor(t);
  await page.goto(`${app}/sign-in`);
  return page;

}

/** Returns the user whom the application sees, by a new request. */
export async function whoIsSignedIn({ app }: Hosts, context: BrowserContext): Promise<string | null> {

  const page = await context.newPage();
  await page.goto(app);
  const name = await page.locator('p').textContent();
  await page.close();
  return name;

}

/** Does something on a page, and returns the status of the answer to a path. */
export async function statusOf(page: Page, path: string, act: () => Promise<unknown>): Promise<number> {

  const answer = page.waitForResponse(response => new URL(response.url()).pathname === path);
  await act();
  return (await answer).status();

}

/** Presses the button of a form to `/act`, and returns the status of the answer. */
export function submitted(page: Page, frame: Page | Frame = page): Promise<number> {

  return statusOf(page, '/act', () => frame.getByRole('button', { name: 'Go' }).click());

}

/** Lets a script of a page send a request to `/act`, with the browser's cookies for it; returns the status. */
export function fetched(page: Page, host: string, method = 'POST'): Promise<number> {

  const options = JSON.stringify({ method, mode: 'no-cors', credentials: 'include' });
  return statusOf(page, '/act', () => page.evaluate(`fetch(${JSON.stringify(`${host}/act`)}, ${options}).catch(() => {})`));

}

/** Opens a WebSocket from a page, and returns the first message, or the code with which it was closed. */
export function socketOf(page: Page, host: string): Promise<string | number> {

  const address = JSON.stringify(host.replace(/^http/, 'ws'));
  return page.evaluate(`new Promise(resolve => {
    const socket = new WebSocket(${address});
    socket.onmessage = ({ data }) => resolve(data);
    socket.onclose = ({ code }) => resolve(code);
  })`);

}
