import assert from 'node:assert/strict';
import { test } from '../support/exploring.js';
import type { SessionStore } from '../../src/base/store.js';
import { change, count, destroy, keyOf, regenerate, signIn } from '../support/actions.js';
import { Crowd } from '../support/crowd.js';
import { outOfTime } from '../support/explore.js';
import { pausesFrom } from '../support/pauses.js';
import { SharedMapStore } from '../support/four-method-world.js';
import { timelessStore } from '../support/worlds.js';

/*
 * Many requests at once, in the order that the pauses of a seeded generator bring
 * about: the same on every run of the tests.
 */

const TRIALS = 200;

const STORES: { readonly [kind: string]: (pause: () => Promise<void>) => SessionStore } = {
  'the memory store': timelessStore,
  'a store of four methods': pause => new SharedMapStore(new Map(), pause),
};

for (const [kind, makeStore] of Object.entries(STORES)) {

  const inEachTrial = (trial: (crowd: Crowd) => Promise<void>) => outOfTime(async restart => {
    for (let seed = 1; seed <= TRIALS; seed++) {
      restart();
      const pause = pausesFrom(seed);
      await trial(await Crowd.gather(makeStore(pause), pause));
    }
  });

  test(`twenty keys that are written at once are all kept by ${kind}`, () => inEachTrial(async crowd => {

    const answers = await crowd.sendAll(20, change);
    assert.ok(answers.every(({ status }) => status === 200));
    const values = await crowd.values();
    for (const { name } of answers) assert.equal(values?.[keyOf(name)], name);

  }));

  test(`twenty updates at once count twenty in ${kind}`, () => inEachTrial(async crowd => {

    const answers = await crowd.sendAll(20, count);
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal((await crowd.values())?.count, 20);

  }));

  test(`a sign-out amid slow requests is final in ${kind}`, () => inEachTrial(async crowd => {

    const [signOut, ...others] = await Promise.all([
      crowd.send(destroy), ...Array.from({ length: 5 }, () => crowd.send(change)),
      ...Array.from({ length: 5 }, () => crowd.send(count)),
    ]);
    assert.equal(signOut.status, 200);
    assert.equal(signOut.cookie, 'clear');
    for (const { status, cookie } of others) {
      assert.ok(status === 200 || status === 409, String(status));
      assert.equal(cookie, undefined);
    }
    assert.equal(await crowd.values(), null);

  }));

  test(`a regeneration amid changes keeps acknowledged changes in ${kind}`, () => inEachTrial(async crowd => {

    const [moved, ...others] = await Promise.all([
      crowd.send(regenerate), ...Array.from({ length: 10 }, () => crowd.send(change)),
    ]);
    assert.equal(moved.status, 200);
    assert.equal(await crowd.values(), null);
    const values = await crowd.values(moved.cookie);
    for (const { name, status } of others) {
      assert.ok(status === 200 || status === 409, String(status));
      assert.equal(values?.[keyOf(name)], status === 200 ? name : undefined);
    }

  }));

  test(`of two regenerations of one id one wins in ${kind}`, () => inEachTrial(async crowd => {

    // Sent before the other can have moved the session, so that both find it.
    const answers = await crowd.sendTogether([signIn, signIn]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
    const winner = answers.find(({ status }) => status === 200);
    const loser = answers.find(({ status }) => status === 409);
    assert.equal(loser?.cookie, undefined);
    assert.equal(await crowd.values(), null);
    assert.equal((await crowd.values(winner?.cookie))?.kept, 'yes');

  }));

  test(`a poll that writes during a sign-in gets 409 and no cookie from ${kind}`, () => inEachTrial(async crowd => {

    const signingIn = crowd.send(signIn);
    const polls = await Promise.all(Array.from({ length: 3 }, () => crowd.send(change)));
    const { status, cookie } = await signingIn;
    assert.equal(status, 200);
    polls.push(await crowd.send(change));
    assert.equal(polls[3].status, 409);
    const values = await crowd.values(cookie);
    for (const poll of polls) {
      assert.equal(poll.cookie, undefined);
      assert.equal(values?.[keyOf(poll.name)], poll.status === 200 ? poll.name : undefined);
    }

  }));

}
