import { it } from 'mocha';
import { tests } from './suite.mjs';

for (const [name, run] of Object.entries(tests())) it(name, run);
