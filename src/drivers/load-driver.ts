/** The code of the error that none is installed, as Node.js has it. */
export const NO_DRIVER = 'ERR_MODULE_NOT_FOUND';

/** A driver that is installed. */
export interface Driver {
  readonly name: string;
  /** What it exports by default, which for each of ours is all of it. */
  // biome-ignore lint/suspicious/noExplicitAny: drivers are described where they are used
  readonly exports: any;
}

/**
 * Loads the first of some packages that is installed.
 *
 * @throws {Error} that names the first, where none is
 */
export async function loadDriver(...names: [string, ...string[]]): Promise<Driver> {

  for (const name of names) {
    try {
      return { name, exports: exportsOf(await import(name)) };
    } catch (error) {
      if (!isMissing(error, name)) throw error;
    }
  }
  const [first, ...others] = names.filter(name => !name.startsWith('node:')).map(packageOf);
  const instead = others.length > 0 ? ` (or ${others.join(' or ')})` : '';
  throw Object.assign(new Error(`No driver is installed: npm install ${first}${instead}`), { code: NO_DRIVER });

}

function isMissing(error: unknown, name: string): boolean {

  const { code, message } = error as NodeJS.ErrnoException;
  // The second is what require() says, into which tools turn an import.
  const isNotFound = code === NO_DRIVER || code === 'MODULE_NOT_FOUND';
  return code === 'ERR_UNKNOWN_BUILTIN_MODULE' || (isNotFound && message.includes(`'${packageOf(name)}'`));

}

/** All that a package exports. Node.js gives that as the default; others that import, such as tsx, give some packages without one. */
function exportsOf(module: { readonly default?: unknown }): unknown {

  return module.default ?? module;

}

/** The package that a module is of. */
function packageOf(name: string): string {

  return name.replace(/\/.*/, '');

}
