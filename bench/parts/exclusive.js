/*
 * How long requests wait that need a new access token at the same time: ten in two
 * processes, of one session, with `ctx.exclusive()`. The provider takes 40 ms, and
 * punishes a refresh token that is used twice. Beside it, one request alone.
 *
 * The servers are those of the tests: `make bench` starts them.
 */
import assert from 'node:assert/strict';
import { OauthProvider } from '../../build/test/support/oauth-provider.js';
import { AppProcess } from '../../build/test/support/processes/app-process.js';
import { SERVED_STORES } from '../../build/test/support/processes/served-stores.js';
import { figure, report } from '../lib/report.js';

const ROUNDS = 60;
const WARM_UP = 5;
const REQUESTS = 10;

const provider = new OauthProvider();
const port = await provider.open();
const figures = [];
for (const [name, address] of Object.entries(SERVED_STORES)) {
  const settings = { store: address() };
  const apps = await Promise.all([AppProcess.start(settings), AppProcess.start(settings)]);
  const took = { 'one alone': [], 'the one that refreshes': [], 'those who wait': [], 'the last of them': [] };
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const alone = await refresh(apps, 1);
    const together = await refresh(apps, REQUESTS);
    if (round < 0) continue;
    const waits = together.filter(({ isOurs }) => !isOurs).map(each => each.took);
    took['one alone'].push(alone[0].took);
    took['the one that refreshes'].push(together.find(({ isOurs }) => isOurs).took);
    took['those who wait'].push(...waits);
    took['the last of them'].push(Math.max(...waits));
  }
  await Promise.all(apps.map(app => app.kill()));
  for (const [who, numbers] of Object.entries(took)) figures.push(figure(name, who, 'ms', numbers));
}
assert.equal(provider.reuses, 0);
provider.close();
report('Ten requests of one session that need a new access token', figures);

/** So many requests at once with an access token that is over. One of them may refresh it. */
async function refresh(apps, count) {

  const tokens = provider.tokens();
  const before = provider.refreshes;
  const id = await apps[0].create();
  await apps[0].send(`/tokens?key=${encodeURIComponent(JSON.stringify(tokens))}`, id);
  const answers = await Promise.all(Array.from({ length: count }, async (_, index) => {
    const { status, body, took } = await apps[index % 2].send(`/refresh?provider=${port}&expired=${tokens.access}`, id);
    assert.equal(status, 200, body);
    return { ...JSON.parse(body), took };
  }));
  assert.equal(provider.refreshes - before, 1);
  assert.equal(answers.filter(({ isOurs }) => isOurs).length, 1);
  return answers;

}
