import { strictEqual } from 'node:assert/strict';
import { type Browser, formsOf } from './browser.js';
import { type Page, site } from './site.js';

/** Pages with a form, and pages that receive it. */
export const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/form': ctx => ctx.getCsrf(),
  '/submit': ctx => { ctx.validateCsrf(); },
  '/new-id': ctx => { ctx.sessionId = null; },
  '/new-id-form': ctx => {
    ctx.sessionId = null;
    return ctx.getCsrf();
  },
  '/end': ctx => { ctx.session = null; },
};

/** The token that a page shows. */
export async function tokenOf(browser: Browser, path = '/form'): Promise<string> {

  const { body } = await browser.get(path);
  strictEqual(typeof body, 'string');
  return body as string;

}

/** Sends a token in a form, and returns the status. */
export async function submit(browser: Browser, token: unknown): Promise<number> {

  return (await browser.post('/submit', { body: { 'csrf-token': token } })).status;

}

/** Removes the cookies of forms, as from a client that carries only the session's. */
export function forgetForms(browser: Browser): void {

  for (const name of formsOf(browser).keys()) browser.cookies.delete(name);

}

/** A session, and the token of its form. */
export async function withForm() {

  const there = site(PAGES);
  await there.browser.get('/create');
  return { ...there, token: await tokenOf(there.browser) };

}
