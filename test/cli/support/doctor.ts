import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { command } from './command.js';

/** On a busy machine any answer may be late: only the test of late answers is about them. */
const PATIENT = ['--slow', '10000'];

export interface Found { name: string; result: string; says: string; todo: string }

/** Runs the doctor, and returns what it has found. */
export async function diagnosed(address: string, slow: readonly string[] = PATIENT): Promise<Found[]> {

  const { code, json, err } = await command(['doctor', '--json', ...slow], { env: { SESSION_STORE: address } });
  strictEqual(err, '');
  const results: Found[] = json[0].results;
  const found = results.filter(({ result }) => result === 'problem' || result === 'warning');
  for (const { says, todo } of found) ok(says && todo);
  strictEqual(code, found.some(({ result }) => result === 'problem') ? 4 : found.length > 0 ? 3 : 0);
  deepStrictEqual(results.filter(({ result }) => result === 'unknown'), []);
  return found;

}

/** Runs the doctor, and returns the names of what it has found. */
export async function findings(address: string, slow: readonly string[] = PATIENT): Promise<string[]> {

  return (await diagnosed(address, slow)).map(({ name }) => name);

}

/** Makes the table at an address. */
export async function made(address: string): Promise<string> {

  strictEqual((await command(['setup', '--store', address])).code, 0);
  return address;

}
