/** The code of the error that none is installed, as Node.js has it. */
export const NO_DRIVER = 'ERR_MODULE_NOT_FOUND';

/** A driver that may be installed. */
export interface Candidate {
  /** As it is installed from the registry; of Node.js's own, as it is imported. */
  readonly name: string;
  /**
   * Imports it by a literal name within a `try`: bundlers then find it, and do
   * not insist on one that is not installed.
   *
   * @returns nothing where it is not installed
   */
  // biome-ignore lint/suspicious/noExplicitAny: drivers are described where they are used
  load(): Promise<any>;
}

/** A driver that is installed. */
export interface Driver {
  readonly name: string;
  /** All that it exports. */
  // biome-ignore lint/suspicious/noExplicitAny: drivers are described where they are used
  readonly exports: any;
}

/**
 * Loads the first of some packages that is installed.
 *
 * @throws {Error} that names the first, where none is
 */
export async function loadDriver(...candidates: [Candidate, ...Candidate[]]): Promise<Driver> {

  for (const { name, load } of candidates) {
    const module = await load();
    // Node.js gives all exports as the default; others that import, such as tsx, give some packages without one.
    if (module) return { name, exports: module.default ?? module };
  }
  const [first, ...others] = candidates.map(({ name }) => name).filter(name => !name.startsWith('node:'));
  const instead = others.length > 0 ? ` (or ${others.join(' or ')})` : '';
  throw Object.assign(new Error(`No driver is installed: npm install ${first}${instead}`), { code: NO_DRIVER });

}

/**
 * Answers for a driver that could not be imported.
 *
 * @throws the error, unless it says that this very package is not installed
 */
export function noneIfMissing(error: unknown, name: string): undefined {

  const { code, message } = error as NodeJS.ErrnoException;
  // The second is what require() says, into which tools turn an import.
  const isNotFound = code === NO_DRIVER || code === 'MODULE_NOT_FOUND';
  if (code !== 'ERR_UNKNOWN_BUILTIN_MODULE' && !(isNotFound && message.includes(`'${name}`))) throw error;

}
