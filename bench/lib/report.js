import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { median, quartiles } from './rounds.js';
import { processorTimes, stolenSince } from './stolen-time.js';
import { textTable } from './table.js';

/**
 * @typedef {object} Figure a number that a part of the bench has found
 * @property {string} group what is done, such as `read`; a row of the table
 * @property {string} name who does it, such as `floor`; a column of the table
 * @property {string} unit
 * @property {number} value the median of the rounds
 * @property {[number, number]} [spread] the first and the third quartile of the rounds
 * @property {number} [elapsed] the median of the time that passed, if `value` is time of the processor
 * @property {number} [commands] the number of commands that a server executes
 * @property {number} [trips] the number of round trips in which they are sent, if that is another: a script has several commands
 * @property {number} [ratio] how many times the value of `to` it is
 * @property {string} [to] the name of a figure of the same group
 * @property {number} [goal] what the ratio is to be at most; without a ratio, what the value is to be at least
 */

const begin = processorTimes();

/** Makes a figure of the numbers of all rounds. */
export function figure(group, name, unit, numbers, more = {}) {

  return { group, name, unit, value: rounded(median(numbers)), spread: quartiles(numbers).map(rounded), ...more };

}

/**
 * Prints the figures of a part. `make bench` keeps them, too: in the folder that it
 * names, and with what they depend on.
 *
 * @param {string} title what is measured
 * @param {Figure[]} figures in the order of the table
 * @param versions of the packages that were measured, by name
 */
export function report(title, figures, versions = {}) {

  console.log(`\n${title}\n\n${textTable(figures)}\n`);
  const folder = process.env.BENCH_RESULTS;
  if (!folder) return;
  const part = basename(process.argv[1], '.js');
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}`;
  const date = new Date().toISOString().slice(0, 10);
  const stolen = stolenSince(begin);
  const result = { part, title, date, machine, ...(stolen !== null && { stolen }), node: process.version, versions, figures };
  writeFileSync(join(folder, `${part}.json`), `${JSON.stringify(result, null, 2)}\n`);

}

/** To three digits that count: more of them are noise. */
export function rounded(number) {

  return Number(number.toPrecision(3));

}
