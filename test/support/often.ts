/** The part of the trials that each setting of SESSION_TEST_RACES leaves. */
const PARTS: { readonly [setting: string]: number } = { few: 1 / 10, many: 1 };

/**
 * How often a race is run: a quarter of `times` by `make test`, all of them with
 * `SESSION_TEST_RACES=many`, and a tenth by `make test-oldest` and `make test-node`,
 * which set `few`. The outcome depends on servers and processes, and on Node.js
 * only in how it talks to them.
 */
export function often(times: number): number {

  return Math.ceil(times * (PARTS[process.env.SESSION_TEST_RACES ?? ''] ?? 1 / 4));

}
