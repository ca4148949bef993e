import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM, isExecutable, programs } from './servers/programs.js';

/**
 * Starts the system's Chromium, without a window and with a fresh profile that is
 * removed when it is closed.
 *
 * @param more arguments of its command line
 * @param keepsPages whether "back" may show a page as it was left, as in an
 * everyday browser
 * @throws {Error} if there is none
 */
export async function launchChromium(more: readonly string[] = [], keepsPages = false): Promise<Browser> {

  const args = [
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', ...more,
  ];
  // Its sandbox refuses to run as root.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const ignoreDefaultArgs = keepsPages ? ['--disable-back-forward-cache'] : [];
  return chromium.launch({ executablePath: executable(), args, ignoreDefaultArgs });

}

function executable(): string {

  const given = process.env.CHROMIUM_PATH;
  if (given && !isExecutable(given)) throw new Error(`CHROMIUM_PATH is ${given}, which can't be executed`);
  return given || programs(CHROMIUM, ...CHROMIUM.programs)[0] as string;

}
