/** What a call of a contestant costs, in microseconds: one number for each round. */
export class Costs {

  /** @type {number[]} the time of the processor, which other programs change little */
  cpu = [];
  /** @type {number[]} the time that passed */
  elapsed = [];

  add({ cpu, elapsed }) {
    this.cpu.push(cpu);
    this.elapsed.push(elapsed);
  }

}

/**
 * Runs all contestants in turn, round by round, so that what else the machine
 * does falls on all of them.
 *
 * @param contestants functions by name that run one round, and return what it cost
 * @param warmUp the number of rounds before those that count: the compiler is at work
 * @param onRound is given the number of the round that begins, and how many there are
 * @returns what each contestant cost, by name
 */
export async function inTurns(contestants, { rounds, warmUp = 3, onRound = () => {} }) {

  const costs = Object.fromEntries(Object.keys(contestants).map(name => [name, new Costs()]));
  for (let round = -warmUp; round < rounds; round++) {
    onRound(round + warmUp + 1, rounds + warmUp);
    for (const [name, runRound] of Object.entries(contestants)) {
      const cost = await runRound();
      if (round >= 0) costs[name].add(cost);
    }
  }
  return costs;

}

/** Measures `count` calls that may return promises. Returns microseconds a call. */
export async function cost(count, call) {

  const cpuBefore = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) await call(i);
  const elapsed = Number(process.hrtime.bigint() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { cpu: (user + system) / count, elapsed: elapsed / count };

}

/** Subtracts, round by round, what the same work costs without what is measured. */
export function less(numbers, base) {

  return numbers.map((number, round) => number - base[round]);

}

/** Divides the cost of one contestant by that of another, round by round. */
export function ratios(numbers, base) {

  return numbers.map((number, round) => number / base[round]);

}

export function median(numbers) {

  return quantile(numbers, 0.5);

}

/** The first and the third quartile: half of the numbers lie between them. */
export function quartiles(numbers) {

  return [quantile(numbers, 0.25), quantile(numbers, 0.75)];

}

function quantile(numbers, share) {

  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at % 1);

}
