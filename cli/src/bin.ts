#!/usr/bin/env node
import { main } from './main.js';

// They are for applications. What they are about, `doctor` reports.
process.removeAllListeners('warning');
// Whoever reads has seen enough, as in `… list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`Error: The output can't be written: ${error.message}\n`);
  process.exit(1);
});
// What is under way is not given up because no one can read how it goes.
process.stderr.on('error', () => {});
process.exitCode = await main(process.argv.slice(2), process);
