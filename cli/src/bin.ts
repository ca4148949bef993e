#!/usr/bin/env node
import { main } from './main.js';

// They are for applications. What they are about, `doctor` reports.
process.removeAllListeners('warning');
process.exitCode = await main(process.argv.slice(2), process);
