/**
 * Returns the attribute `error.type` for an error of a store: the code of the error or
 * of its causes, or else the name. Never a message, which may contain an id.
 */
export function errorType(error: unknown): string {

  const chain = causesOf(error);
  // The code of this package's own error says nothing if a driver's code is below it.
  for (const { code } of chain.toReversed()) {
    if (typeof code === 'number' || (typeof code === 'string' && /^[\w.-]{1,64}$/.test(code))) return String(code);
  }
  const name = chain.at(-1)?.name;
  return typeof name === 'string' && /^[\w.-]{1,64}$/.test(name) ? name : '_OTHER';

}

interface Named { readonly name?: unknown; readonly code?: unknown; readonly cause?: unknown }

const MOST_CAUSES = 5;

function causesOf(error: unknown): Named[] {

  const chain: Named[] = [];
  for (let each = error; typeof each === 'object' && each !== null && chain.length < MOST_CAUSES; each = (each as Named).cause) chain.push(each);
  return chain;

}
