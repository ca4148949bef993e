import { ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRevokedSince, requestBegan } from '../../src/stores/lib/under-way.js';

const about = { user: 'ada', details: '' };

/** A server that looks at the age of a revocation at a moment between question and answer, in milliseconds each. */
function server(revokedAt: number, before: number, after: number) {

  let asked = 0;
  const age = async () => {
    asked++;
    busy(before);
    const ago = performance.now() - revokedAt;
    busy(after);
    return ago;
  };
  return { age, asked: () => asked };

}

function busy(milliseconds: number): void {

  const until = performance.now() + milliseconds;
  while (performance.now() < until);

}

describe('When a request began', () => {

  it('is as long before the call as it has been under way', () => {

    strictEqual(requestBegan(undefined), undefined);
    strictEqual(requestBegan({ about }), undefined);
    const before = performance.now();
    const began = requestBegan({ about, underWay: 2 }) as number;
    ok(began >= before - 2000 && began <= performance.now() - 2000);

  });

  it('is the same for who asks later, and never later than it was', () => {

    const start = performance.now() - 500;
    const becoming = {
      about,
      get underWay() {
        busy(1);
        return (performance.now() - start) / 1000;
      },
    };
    for (const later of [0, 5]) {
      busy(later);
      const began = requestBegan(becoming) as number;
      ok(began <= start && began > start - 50);
    }

  });

});

describe('A revocation', () => {

  it('refuses who began before it, and nobody who began after it', async () => {

    const revokedAt = performance.now();
    busy(5);
    const { age, asked } = server(revokedAt, 0, 0);
    strictEqual(await isRevokedSince(revokedAt - 1, age), true);
    strictEqual(await isRevokedSince(performance.now(), age), false);
    strictEqual(asked(), 2);
    strictEqual(await isRevokedSince(revokedAt - 1, async () => null), false);

  });

  it('is asked for again while the answer takes longer than what lies between the two', async () => {

    const revokedAt = performance.now();
    busy(20);
    const began = performance.now();
    const slow = server(revokedAt, 0, 40);
    const quick = server(revokedAt, 0, 0);
    let left = 2;
    strictEqual(await isRevokedSince(began, () => left-- > 0 ? slow.age() : quick.age()), false);
    strictEqual(slow.asked(), 2);

  });

  it('refuses whom it can\'t tell from an earlier one', async () => {

    const revokedAt = performance.now();
    busy(2);
    const began = performance.now();
    const { age, asked } = server(revokedAt, 0, 8);
    strictEqual(await isRevokedSince(began, age), true);
    strictEqual(asked(), 4);

  });

  it('is never missed, whenever the server looks', async () => {

    for (const [before, after] of [[4, 0], [0, 4], [2, 2]] as const) {
      const began = performance.now();
      busy(0.1);
      strictEqual(await isRevokedSince(began, server(performance.now(), before, after).age), true);
    }

  });

});
