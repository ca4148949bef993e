import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM } from '../servers/programs.js';
import { type BrowserOptions, executable } from './launch.js';

/** Starts the system's Chromium, without a window and with a fresh profile that is removed when it is closed. */
export async function launchChromium({ keepsPages = false, anyHostIsLocal = false }: BrowserOptions = {}): Promise<Browser> {

  const args = [
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ];
  if (anyHostIsLocal) args.push('--host-resolver-rules=MAP * 127.0.0.1', '--disable-features=HttpsUpgrades');
  // Its sandbox refuses to run as root.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const ignoreDefaultArgs = keepsPages ? ['--disable-back-forward-cache'] : [];
  return chromium.launch({ executablePath: executable('CHROMIUM_PATH', CHROMIUM), args, ignoreDefaultArgs });

}
