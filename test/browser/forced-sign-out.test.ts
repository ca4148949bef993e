import { deepStrictEqual, notDeepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, type TestContext } from 'node:test';
import { MemoryStore } from '../../src/index.js';
import { inEachBrowser } from '../support/browsers/in-each-browser.js';
import { type Hosts, pageAt, runHosts } from './support/hosts.js';
import { form, type VictimOptions } from './support/victim.js';
import { signedIn, statusOf, submitted, visitor, whoIsSignedIn } from './support/visitor.js';

/*
 * Another site can't read a cookie, but it can get rid of it: it makes the browser
 * send a request without the cookie, and the session that the application starts
 * for this "new visitor" replaces the visitor's own.
 */

const it = inEachBrowser({ anyHostIsLocal: true });

const STRICT = { cookieOptions: { sameSite: 'strict' } } as const;

/** A signed-in visitor, and pages of another site that the visitor opens. */
async function scene(t: TestContext, options: VictimOptions) {

  const store = new MemoryStore();
  const hosts = await runHosts(t, { store, ...options });
  const page = await signedIn(t, hosts);
  const cookies = () => page.context().cookies(hosts.app);
  const before = await cookies();
  return { hosts, page, store, before, cookies };

}

/** Links and forms of another site, to a page that writes to the session of every visitor. */
const ways: Record<string, { options: VictimOptions; go(there: { hosts: Hosts; page: Awaited<ReturnType<typeof signedIn>> }): Promise<number> }> = {

  'a form, which comes without a Lax cookie': {
    options: {},
    async go({ hosts, page }) {
      await page.goto(pageAt(hosts.attacker, form(`${hosts.app}/act`)));
      return submitted(page);
    },
  },

  'a link, which comes without a Strict cookie': {
    options: STRICT,
    async go({ hosts, page }) {
      await page.goto(pageAt(hosts.attacker, `<a href="${hosts.app}/act">Go</a>`));
      return statusOf(page, '/act', () => page.getByRole('link', { name: 'Go' }).click());
    },
  },

};

for (const [way, { options, go }] of Object.entries(ways)) {

  describe(`Another site that sends a visitor by ${way},`, () => {

    it('does not sign the visitor out of an application with csrf()', async t => {

      const there = await scene(t, options);
      strictEqual(await go(there), way.startsWith('a form') ? 403 : 200);
      deepStrictEqual(await there.cookies(), there.before);
      strictEqual(there.store.store.size, 1);
      strictEqual(await whoIsSignedIn(there.hosts, there.page.context()), 'ada');

    });

    it('does not sign the visitor out of an application with the option user: its answer sets no cookie', async t => {

      const there = await scene(t, { protected: false, ...options });
      strictEqual(await go(there), 200);
      deepStrictEqual(await there.cookies(), there.before);
      strictEqual(there.store.store.size, 1);
      strictEqual(await whoIsSignedIn(there.hosts, there.page.context()), 'ada');

    });

    it('signs the visitor out of an application with neither', async t => {

      const there = await scene(t, { protected: false, user: undefined, ...options });
      strictEqual(await go(there), 200);
      notDeepStrictEqual(await there.cookies(), there.before);
      strictEqual(await whoIsSignedIn(there.hosts, there.page.context()), 'nobody');

    });

  });

}

describe('Another site that signs a visitor in, as an identity provider does by a form,', () => {

  it('is not refused without csrf(): the sign-in gets its cookie', async t => {

    const hosts = await runHosts(t, { protected: false });
    const page = await visitor(t);
    await page.goto(pageAt(hosts.attacker, form(`${hosts.app}/sign-in`)));
    strictEqual(await statusOf(page, '/sign-in', () => page.getByRole('button', { name: 'Go' }).click()), 200);
    strictEqual(await whoIsSignedIn(hosts, page.context()), 'ada');

  });

});
