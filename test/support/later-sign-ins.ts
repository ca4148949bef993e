import { mock, type TestContext } from 'node:test';

/** Makes each sign-in one second later than the last, since their order counts. */
export function clock(t: TestContext): () => void {

  let now = 1_800_000_000_000;
  mock.timers.enable({ apis: ['Date'], now });
  t.after(() => mock.timers.reset());
  return () => mock.timers.setTime(now += 1000);

}
