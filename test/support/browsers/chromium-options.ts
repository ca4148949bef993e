import type { LaunchOptions } from 'playwright-core';
import type { Need } from '../servers/programs.js';
import { type BrowserOptions, executable } from './launch.js';

/** How a program of Chromium starts, without a window and with a fresh profile that is removed when it is closed. */
export function chromiumOptions(program: Need, { keepsPages = false, anyHostIsLocal = false }: BrowserOptions): LaunchOptions {

  const args = [
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ];
  if (anyHostIsLocal) args.push('--host-resolver-rules=MAP * 127.0.0.1', '--disable-features=HttpsUpgrades');
  // Its sandbox refuses to run as root.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const ignoreDefaultArgs = keepsPages ? ['--disable-back-forward-cache'] : [];
  return { executablePath: executable('CHROMIUM_PATH', program), args, ignoreDefaultArgs };

}
