import { MemoryStore } from '../../src/index.js';
import type { MapStore } from './map-store.js';
import type { RecordingStore } from './recording-store.js';
import { type Page, site } from './site.js';

/** The typical function for `updateSession()`. */
export function count(values: { n?: number }): void {

  values.n = (values.n ?? 0) + 1;

}

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/count': ctx => ctx.updateSession(count),
  '/end': ctx => { ctx.session = null; },
  '/new-id': ctx => { ctx.sessionId = null; },
};

/** A session, and a page that runs the given handler. */
export async function withPage(page: Page, store: MemoryStore | RecordingStore | MapStore = new MemoryStore()) {

  const there = site({ ...PAGES, '/page': page }, { store });
  await there.browser.get('/create');
  const visit = () => there.browser.get('/page');
  const stored = async () => (await there.browser.get('/read')).body;
  return { ...there, visit, stored };

}
