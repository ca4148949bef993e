/**
 * How often a race is run: `times` by `make test`, and a tenth of that by
 * `make test-oldest` and `make test-node`, which set SESSION_TEST_RACES to
 * `few`. The outcome depends on servers and processes, and on Node.js only in how
 * it talks to them.
 */
export function often(times: number): number {

  return process.env.SESSION_TEST_RACES === 'few' ? Math.ceil(times / 10) : times;

}
