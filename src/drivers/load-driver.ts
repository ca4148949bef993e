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
      return { name, exports: (await import(name)).default };
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
  return code === 'ERR_UNKNOWN_BUILTIN_MODULE' || (code === NO_DRIVER && message.includes(`'${packageOf(name)}'`));

}

/** The package that a module is of. */
function packageOf(name: string): string {

  return name.replace(/\/.*/, '');

}
