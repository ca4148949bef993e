import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { afterEach, describe, type TestContext } from 'node:test';
import type { IncomingMessage } from 'node:http';
import { MemoryStore } from '../../src/index.js';
import { isFirefox } from '../support/browsers/in-browsers.js';
import { inEachBrowser } from '../support/browsers/in-each-browser.js';
import { type Hosts, pageAt, redirectAt, runHosts } from './support/hosts.js';
import { form } from './support/victim.js';
import { fetched, signedIn, socketOf, submitted, visitor } from './support/visitor.js';

/*
 * What a browser really sends about the origin of a request, and what csrf()
 * decides. test/csrf/csrf-middleware.test.ts tests headers that neither
 * browser sends.
 */

const it = inEachBrowser({ anyHostIsLocal: true });

/** A signed-in visitor of the application. */
async function scene(t: TestContext, options: Parameters<typeof runHosts>[1] = {}) {

  const store = new MemoryStore();
  const hosts = await runHosts(t, { store, ...options });
  return { hosts, store, page: await signedIn(t, hosts) };

}

/** The headers of the last request to the application that say where it comes from. */
function said({ seen }: Hosts): Pick<IncomingMessage['headers'], 'origin' | 'cookie'> & { site: unknown } {

  const { origin, cookie, 'sec-fetch-site': site } = seen.at(-1)?.headers ?? {};
  return { origin, site, cookie: cookie?.split('=')[0] };

}

describe('csrf() accepts', () => {

  it('a form and a script of the application', async t => {

    const { hosts, page } = await scene(t);
    await page.goto(`${hosts.app}/form`);
    strictEqual(await submitted(page), 200);
    deepStrictEqual(said(hosts), { origin: hosts.app, site: 'same-origin', cookie: 'CB' });
    await page.goto(hosts.app);
    for (const method of ['POST', 'HEAD']) strictEqual(await fetched(page, hosts.app, method), 200);

  });

  it('a form of a page without referrer, which hides its origin even from its own server', async t => {

    const { hosts, page } = await scene(t);
    await page.goto(`${hosts.app}/form-without-referrer`);
    strictEqual(await submitted(page), 200);
    deepStrictEqual(said(hosts), { origin: 'null', site: 'same-origin', cookie: 'CB' });

  });

  it('a form of an application without TLS, for which browsers send only the origin', async t => {

    const hosts = await runHosts(t);
    const page = await visitor(t);
    await page.goto(`${hosts.plainApp}/form`);
    strictEqual(await submitted(page), 200);
    deepStrictEqual(said(hosts), { origin: hosts.plainApp, site: undefined, cookie: undefined });
    // Now with the cookie that the last answer set.
    await page.goto(`${hosts.plainApp}/form`);
    strictEqual(await submitted(page), 200);
    deepStrictEqual(said(hosts), { origin: hosts.plainApp, site: undefined, cookie: 'CB' });

  });

  it('a WebSocket of the application, for which Chromium sends only the origin, and Firefox also the site', async t => {

    const { hosts, page } = await scene(t);
    await page.goto(hosts.app);
    strictEqual(await socketOf(page, hosts.app), 'ada');
    deepStrictEqual(said(hosts), { origin: hosts.app, site: isFirefox(page) ? 'same-origin' : undefined, cookie: 'CB' });

  });

});

describe('csrf() refuses, and changes nothing,', () => {

  let unchanged: (() => void) | undefined;

  afterEach(() => unchanged?.());

  /** The scene, whose only session must be unchanged at the end. */
  async function guarded(t: TestContext, options?: Parameters<typeof runHosts>[1]) {

    const made = await scene(t, options);
    const before = [...made.store.store];
    unchanged = () => deepStrictEqual(withoutTimes([...made.store.store]), withoutTimes(before));
    return made;

  }

  it('a form of another site', async t => {

    const { hosts, page } = await guarded(t);
    await page.goto(pageAt(hosts.attacker, form(`${hosts.app}/act`)));
    strictEqual(await submitted(page), 403);
    // Lax withholds the cookie: without it, the form would be refused, too.
    deepStrictEqual(said(hosts), { origin: hosts.attacker, site: 'cross-site', cookie: undefined });

  });

  it('a form in a sandboxed frame, on any site', async t => {

    const { hosts, page } = await guarded(t);
    for (const host of [hosts.attacker, hosts.sibling]) {
      const inner = form(`${hosts.app}/act`).replaceAll('"', '&quot;');
      await page.goto(pageAt(host, `<iframe sandbox="allow-forms" srcdoc="${inner}"></iframe>`));
      const [, frame] = page.frames();
      strictEqual(await submitted(page, frame), 403);
      deepStrictEqual([said(hosts).origin, said(hosts).site], ['null', 'cross-site']);
    }

  });

  it('one of its own forms that another site submits', async t => {

    const { hosts, page } = await guarded(t);
    const detour = redirectAt(hosts.attacker, `${hosts.app}/act`);
    await page.goto(`${hosts.app}/form?${new URLSearchParams({ to: detour })}`);
    strictEqual(await submitted(page), 403);
    deepStrictEqual([said(hosts).origin, said(hosts).site], ['null', 'cross-site']);

  });

  it('a form and a script of a sibling host, which come with the cookie', async t => {

    const { hosts, page } = await guarded(t, { cookieOptions: { sameSite: 'strict' } });
    await page.goto(pageAt(hosts.sibling, form(`${hosts.app}/act`)));
    strictEqual(await fetched(page, hosts.app), 403);
    deepStrictEqual(said(hosts), { origin: hosts.sibling, site: 'same-site', cookie: 'CB' });
    strictEqual(await submitted(page), 403);
    deepStrictEqual(said(hosts), { origin: hosts.sibling, site: 'same-site', cookie: 'CB' });

  });

  it('a form of the same host without TLS, which anyone on the network can have written', async t => {

    const { hosts, page } = await guarded(t);
    await page.goto(pageAt(hosts.network, form(`${hosts.app}/act`)));
    strictEqual(await submitted(page), 403);
    deepStrictEqual([said(hosts).origin, said(hosts).site], [hosts.network, 'cross-site']);

  });

  it('a WebSocket of a sibling host, which comes even with a Strict cookie, and one of another site', async t => {

    const { hosts, page } = await guarded(t, { cookieOptions: { sameSite: 'strict' } });
    await page.goto(pageAt(hosts.sibling, ''));
    strictEqual(await socketOf(page, hosts.app), 1008);
    deepStrictEqual(said(hosts), { origin: hosts.sibling, site: isFirefox(page) ? 'same-site' : undefined, cookie: 'CB' });
    await page.goto(pageAt(hosts.attacker, ''));
    strictEqual(await socketOf(page, hosts.app), 1008);

  });

});

/** The sessions in a `Map`, without their expiry. */
function withoutTimes(entries: Array<[string, object]>): unknown {

  return entries.map(([id, entry]) => [id, { ...entry, expire: undefined }]);

}
