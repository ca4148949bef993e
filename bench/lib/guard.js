/** The floor adds next to nothing to a request without a session: ours is compared with what the floor adds to a read. */
const COMPARED_WITH = { anonymous: 'read' };

/**
 * What each kind of request costs, where the floor adds 1. The best rounds are
 * compared: what else the machine does makes a round dearer, and never cheaper.
 *
 * @param cpu the processor's time by kind and by contestant: bare, floor and ours; one number for each round
 */
export function ratiosToFloor(cpu) {

  return Object.fromEntries(Object.keys(cpu).map(kind => [
    kind, added(cpu[kind], 'ours') / added(cpu[COMPARED_WITH[kind] ?? kind], 'floor'),
  ]));

}

function added(cpu, contestant) {

  return Math.min(...cpu[contestant]) - Math.min(...cpu.bare);

}

/** The kinds that are dearer than is allowed. A ratio that is no number is not taken for a good one. */
export function dearer(ratios, { allowed, times }) {

  return Object.keys(ratios).filter(kind => !(ratios[kind] <= allowed[kind] * times));

}
