import { provide } from '../support/servers/install.js';
import { MARIADB, POSTGRES, PS, REDIS } from '../support/servers/programs.js';
import { FAULTS, problems, suffer } from './faults.js';

/*
 * Runs every fault on every store and prints the effects. Arguments choose among
 * them: those whose names contain all of the given words.
 */

await provide([REDIS, POSTGRES, MARIADB, PS]);

const words = process.argv.slice(2).map(word => word.toLowerCase());
const columns = [
  'fault', 'store', 'requests', '200', '409', '503', 'broken', 'longest ms', 'changes', 'lost', 'miscounted', 'undone',
  'ended', 'came back', 'signed out', 'stray cookies', 'stalest ms',
];
console.log(`| ${columns.join(' | ')} |`);
console.log(`|${columns.map((_, index) => index < 2 ? '---' : '---:').join('|')}|`);

let failed = false;
for (const fault of FAULTS) {
  for (const target of fault.targets) {
    const title = `${fault.name} ${target}`.toLowerCase();
    if (!words.every(word => title.includes(word))) continue;
    const tally = await suffer(fault, target);
    const of = (status: number) => tally.statuses.get(status) ?? 0;
    const row = [
      fault.name, target, tally.requests, of(200), of(409), of(503), of(0), Math.round(tally.longest), tally.changes, tally.lost,
      tally.miscounted, tally.undone, tally.ended, tally.cameBack, tally.signedOut, tally.strayCookies, Math.round(tally.stalest),
    ];
    console.log(`| ${row.join(' | ')} |`);
    const others = [...tally.statuses.keys()].filter(status => ![0, 200, 409, 503].includes(status));
    for (const problem of [...problems(fault, tally), ...others.map(status => `status ${status}`)]) {
      console.log(`^ ${problem}`);
      failed = true;
    }
  }
}
process.exit(failed ? 1 : 0);
