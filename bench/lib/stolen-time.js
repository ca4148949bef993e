import { readFileSync } from 'node:fs';

/** The columns of a line of /proc/stat: proc_stat(5). */
const [IDLE, WAITING, STOLEN, GUEST] = [3, 4, 7, 8];

/** @returns the time of all processors since the machine started, by what it went to; `null` where the system does not say */
export function processorTimes() {

  try {
    return readFileSync('/proc/stat', 'latin1').split('\n', 1)[0].split(/ +/).slice(1, 1 + GUEST).map(Number);
  } catch {
    return null;
  }

}

/**
 * On a virtual machine: how much of the time that its programs asked for its host gave to others, as a part of 1.
 * A figure of a machine that had to wait so is worse than that of one that had not.
 *
 * @param before what `processorTimes()` has said
 */
export function stolenSince(before) {

  const now = processorTimes();
  if (!before || !now) return null;
  const spent = now.map((time, column) => time - before[column]);
  const asked = spent.reduce((sum, time) => sum + time) - spent[IDLE] - spent[WAITING];
  return asked === 0 ? 0 : Number((spent[STOLEN] / asked).toFixed(3));

}
