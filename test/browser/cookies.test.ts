import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe } from 'node:test';
import { inEachBrowser } from '../support/browsers/in-each-browser.js';
import { cookieAt, runHosts } from './support/hosts.js';
import { signedIn, statusOf, visitor, whoIsSignedIn } from './support/visitor.js';

/*
 * A sibling host, or an attacker on the network without TLS, can set cookies for
 * our host. Only a real browser shows which of them reach an application.
 */

const it = inEachBrowser({ anyHostIsLocal: true });

const PREFIXED = { cookieName: '__Host-CB', cookieOptions: { secure: true } };

describe('A cookie with the prefix __Host-', () => {

  it('can\'t be set by a sibling host', async t => {

    const hosts = await runHosts(t, PREFIXED);
    const page = await signedIn(t, hosts);
    const before = await page.context().cookies(hosts.app);
    deepStrictEqual(before.map(({ name, secure, httpOnly, sameSite, expires }) => ({ name, secure, httpOnly, sameSite, expires })), [
      { name: '__Host-CB', secure: true, httpOnly: true, sameSite: 'Lax', expires: -1 },
    ]);
    for (const attributes of ['Domain=victim.test; Path=/; Secure', 'Domain=victim.test; Path=/act; Secure', 'Domain=app.victim.test; Path=/; Secure', 'Path=/; Secure']) {
      await page.goto(cookieAt(hosts.sibling, `__Host-CB=${'x'.repeat(43)}; ${attributes}`));
      await page.goto(cookieAt(hosts.sibling, `__host-cb=${'x'.repeat(43)}; ${attributes}`));
      deepStrictEqual(await page.context().cookies(hosts.app), before, attributes);
    }
    strictEqual(await whoIsSignedIn(hosts, page.context()), 'ada');

  });

  it('can\'t be overwritten from the network without TLS, nor is it sent there', async t => {

    const hosts = await runHosts(t, PREFIXED);
    const page = await signedIn(t, hosts);
    const before = await page.context().cookies(hosts.app);
    for (const attributes of ['Path=/', 'Path=/; Secure', 'Path=/act']) {
      await page.goto(cookieAt(hosts.network, `__Host-CB=${'x'.repeat(43)}; ${attributes}`));
      deepStrictEqual(await page.context().cookies(hosts.app), before, attributes);
    }
    strictEqual(await whoIsSignedIn(hosts, page.context()), 'ada');
    const overNetwork = hosts.seen.filter(({ headers }) => headers.host === new URL(hosts.network).host);
    ok(overNetwork.length >= 3);
    deepStrictEqual(overNetwork.map(({ headers }) => headers.cookie), overNetwork.map(() => undefined));

  });

});

describe('A cookie without a prefix', () => {

  it('can be set by a sibling host and, with a longer path, is sent before ours: one with an unknown id is passed over', async t => {

    const hosts = await runHosts(t);
    const page = await signedIn(t, hosts);
    const [{ value }] = await page.context().cookies(hosts.app);
    const tossed = 'x'.repeat(value.length);
    await page.goto(cookieAt(hosts.sibling, `CB=${tossed}; Domain=victim.test; Path=/form; Secure`));
    await page.goto(`${hosts.app}/form`);
    strictEqual(hosts.seen.at(-1)?.headers.cookie, `CB=${tossed}; CB=${value}`);

    // On that path, too, the visitor writes as Ada.
    await page.goto(cookieAt(hosts.sibling, `CB=${tossed}; Domain=victim.test; Path=/act; Secure`));
    strictEqual((await page.goto(`${hosts.app}/act`))?.status(), 200);
    strictEqual(hosts.seen.at(-1)?.headers.cookie, `CB=${tossed}; CB=${value}`);
    deepStrictEqual((await page.context().cookies(hosts.app)).map(cookie => cookie.value), [value]);
    strictEqual(await whoIsSignedIn(hosts, page.context()), 'ada');

  });

  it('can carry a session of the sibling\'s own, which is why the prefix exists', async t => {

    const hosts = await runHosts(t);
    const mallory = await visitor(t);
    await mallory.goto(`${hosts.app}/act`);
    const [{ value: planted }] = await mallory.context().cookies(hosts.app);
    const page = await signedIn(t, hosts);
    const [{ value }] = await page.context().cookies(hosts.app);
    notStrictEqual(planted, value);
    await page.goto(cookieAt(hosts.sibling, `CB=${planted}; Domain=victim.test; Path=/act; Secure`));
    await page.goto(`${hosts.app}/act`);
    strictEqual(hosts.seen.at(-1)?.headers.cookie, `CB=${planted}; CB=${value}`);
    strictEqual(await whoIsSignedIn(hosts, page.context()), 'ada');

  });

});

describe('The answer to a sign-out', () => {

  const kept = ['keeps its message and its form with clearSiteData, if that spares the cookies', ['cache', 'storage'], true] as const;
  const lost = ['loses both if that names the cookies: browsers also drop those of the same answer', ['cookies'], false] as const;

  for (const [title, clearSiteData, isKept] of [kept, lost]) {

    it(title, async t => {

      const hosts = await runHosts(t, { clearSiteData });
      const page = await signedIn(t, hosts);
      await page.goto(`${hosts.app}/sign-out`);
      strictEqual((await page.context().cookies(hosts.app)).some(({ name }) => name === 'CB'), false);
      strictEqual(await statusOf(page, '/guarded', () => page.getByRole('button', { name: 'Go' }).click()), isKept ? 200 : 403);
      for (const message of isKept ? ['Bye', ''] : ['']) {
        await page.goto(`${hosts.app}/messages`);
        strictEqual(await page.locator('p').textContent(), message);
      }

    });

  }

});
