import { unreadable } from '../shared/unreadable.js';

/**
 * Reads what a statement has answered: a text, or its bytes.
 *
 * @returns null if a column is NULL: then the concatenation of all columns is NULL, too
 * @throws {Error} if a driver has turned it into something else
 */
export function asText(answer: unknown): string | null {

  if (typeof answer === 'string' || answer === null) return answer;
  if (answer instanceof Uint8Array) return Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString();
  throw new Error(`Rows come back in another form: instead of a text, the column has a value of the type ${typeof answer}. A wrapper or a setting of the pool changes them`);

}

/** @throws {SessionStoreError} if a column is NULL, which no store has written */
export function withoutNull(answers: ReadonlyArray<string | null>): string[] {

  if (answers.includes(null)) throw unreadable();
  return answers as string[];

}
