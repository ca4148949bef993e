import { isExecutable, type Need, programs } from '../servers/programs.js';

export interface BrowserOptions {
  /** Whether "back" may show a page as it was left, as in an everyday browser. */
  readonly keepsPages?: boolean;
  /** Whether all names of hosts lead to this computer. */
  readonly anyHostIsLocal?: boolean;
}

/**
 * Finds a browser: where a variable says, or else among the system's programs.
 *
 * @throws {Error} if there is none
 */
export function executable(variable: string, browser: Need): string {

  const given = process.env[variable];
  if (given && !isExecutable(given)) throw new Error(`${variable} is ${given}, which can't be executed`);
  return given || programs(browser, ...browser.programs)[0] as string;

}
