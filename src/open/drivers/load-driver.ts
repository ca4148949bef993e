/** The code of the error that no driver is installed: the code of Node.js for a missing module. */
export const NO_DRIVER = 'ERR_MODULE_NOT_FOUND';

/** A driver that may be installed. */
export interface Candidate {
  /** The name of the package, or of a module of Node.js itself. */
  readonly name: string;
  /**
   * Imports it by a literal name within a `try`: bundlers then find it, and
   * accept that it may not be installed.
   *
   * @returns undefined if it is not installed
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
 * @throws {Error} that names the packages, if none is installed
 */
export async function loadDriver(...candidates: [Candidate, ...Candidate[]]): Promise<Driver> {

  for (const { name, load } of candidates) {
    const module = await load();
    // Node.js gives these packages a default export with all others in it; tools such as tsx give some of them none.
    if (module) return { name, exports: module.default ?? module };
  }
  const [first, ...others] = candidates.map(({ name }) => name).filter(name => !name.startsWith('node:'));
  const instead = others.length > 0 ? ` (or ${others.join(' or ')})` : '';
  throw Object.assign(new Error(`No driver is installed: npm install ${first}${instead}`), { code: NO_DRIVER });

}

/**
 * Returns undefined for the error of an import, if that very package is missing.
 *
 * @throws the error, if it says anything else
 */
export function noneIfMissing(error: unknown, name: string): undefined {

  const { code, message } = error as NodeJS.ErrnoException;
  // The second code is that of require(), into which tools turn an import.
  const isNotFound = code === NO_DRIVER || code === 'MODULE_NOT_FOUND';
  if (code !== 'ERR_UNKNOWN_BUILTIN_MODULE' && !(isNotFound && message.includes(`'${name}`))) throw error;

}
