import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { deferred } from '../support/events.js';
import { OauthProvider } from '../support/oauth-provider.js';
import { often } from '../support/often.js';
import { type Answer, AppProcess, type AppSettings } from '../support/processes/app-process.js';
import { SERVED_STORES } from '../support/processes/served-stores.js';

const TRIALS = often(100);

/** How many trials run at a time: they use different sessions. */
const AT_ONCE = 4;

/** How many sessions a process has locked when it is killed. */
const LOCKED = often(40);

const STORES: { readonly [name: string]: { address: () => string; encrypted?: boolean } } = {
  ...Object.fromEntries(Object.entries(SERVED_STORES).map(([name, address]) => [name, { address }])),
  'an encrypted PostgreSQL': { address: SERVED_STORES.PostgreSQL, encrypted: true },
};

interface Refreshed { readonly access: string; readonly isOurs: boolean; readonly took: number }

const refreshed = ({ status, body }: Answer): Refreshed => {
  assert.equal(status, 200, body);
  return JSON.parse(body);
};

/** Waits until the provider is asked. A request that is answered before that would never ask. */
const asked = async (arrived: Promise<void>, answer: Promise<Answer>) => {
  const early = await Promise.race([arrived, answer]);
  if (early) assert.fail(`answered before it asked the provider: ${early.status} ${early.body}`);
};

for (const [name, { address, encrypted }] of Object.entries(STORES)) {

  describe(`ctx.exclusive() in two processes on ${name}`, () => {

    const apps: AppProcess[] = [];
    const provider = new OauthProvider();
    let port = 0;
    let settings: AppSettings;

    const { onRequest } = provider;
    afterEach(() => { provider.onRequest = onRequest; });
    before(async () => {
      port = await provider.open();
      settings = { store: address(), ...(encrypted ? { encrypted } : {}) };
      for (let index = 0; index < 2; index++) apps.push(await AppProcess.start(settings));
    });
    after(async () => {
      provider.close();
      await Promise.all(apps.map(app => app.kill()));
    });

    const begin = async () => {
      const tokens = provider.tokens();
      const id = await (apps[0] as AppProcess).create();
      await (apps[0] as AppProcess).send(`/tokens?key=${encodeURIComponent(JSON.stringify(tokens))}`, id);
      const refresh = (app: AppProcess, more = '') => app.send(`/refresh?provider=${port}&expired=${tokens.access}${more}`, id);
      return { id, refresh };
    };

    it('refreshes an access token once, although ten requests need it', async t => {

      const waits: number[] = [];
      const before = provider.refreshes;
      let trials = 0;
      const work = async () => {
        while (trials++ < TRIALS) {
          const { refresh } = await begin();
          const answers = (await Promise.all(Array.from({ length: 10 }, (_, index) => refresh(apps[index % 2] as AppProcess)))).map(refreshed);
          assert.equal(new Set(answers.map(({ access }) => access)).size, 1);
          assert.equal(answers.filter(({ isOurs }) => isOurs).length, 1);
          waits.push(...answers.filter(({ isOurs }) => !isOurs).map(({ took }) => took));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      assert.deepEqual([provider.refreshes - before, provider.reuses], [TRIALS, 0]);
      waits.sort((a, b) => a - b);
      const at = (part: number) => Math.round(waits[Math.floor(part * (waits.length - 1))] as number);
      t.diagnostic(`${name}: ${TRIALS} refreshes for ${TRIALS * 10} requests; those who waited for a refresh of ${OauthProvider.SLOW} ms took ${at(0.5)} ms (median), ${at(1)} ms at most`);

    });

    it('goes on when the process that has the locks is killed, as soon as its leases are over', async () => {

      const sessions = await Promise.all(Array.from({ length: LOCKED }, begin));
      const arrived = deferred();
      let asking = 0;
      provider.onRequest = () => {
        if (++asking === LOCKED) arrived.resolve();
        return new Promise(() => {});
      };
      const [survivor] = apps as [AppProcess];
      const dying = await AppProcess.start(settings);
      apps.push(dying);
      const lost = sessions.map(({ refresh }) => refresh(dying, '&lease=2'));
      await Promise.all(lost.map(each => asked(arrived.promise, each)));
      provider.onRequest = onRequest;
      const waiting = sessions.map(({ refresh }) => refresh(survivor, '&lease=2'));
      await dying.kill();
      assert.deepEqual((await Promise.all(lost)).filter(({ status }) => status !== 0), []);
      const answers = await Promise.all(waiting);
      // The provider has seen the tokens before: no lock can help a process that died between the two.
      assert.deepEqual(answers.filter(({ status }) => status !== 500), []);
      assert.equal(provider.reuses, answers.length);
      assert.deepEqual(answers.filter(({ took }) => took > 5000), []);
      provider.reuses = 0;

    });

    it('is refused to a process that stood still for longer than its lease, and nothing of it is stored', async () => {

      const { id, refresh } = await begin();
      const [arrived, held] = [deferred(), deferred()];
      provider.onRequest = () => {
        arrived.resolve();
        return held.promise;
      };
      const frozen = await AppProcess.start(settings);
      apps.push(frozen);
      const lost = refresh(frozen, '&lease=1');
      await asked(arrived.promise, lost);
      frozen.freeze();
      provider.onRequest = onRequest;
      const before = await (apps[1] as AppProcess).read(id);
      // The provider refuses the token, which it has seen before, but the lock was free.
      assert.equal((await refresh(apps[1] as AppProcess, '&lease=1')).status, 500);
      provider.reuses = 0;
      held.resolve();
      frozen.thaw();
      const { status, body } = await lost;
      assert.deepEqual([status, /lock of the session was lost/.test(body)], [503, true], body);
      assert.deepEqual(await (apps[1] as AppProcess).read(id), before);

    });

  });

}
