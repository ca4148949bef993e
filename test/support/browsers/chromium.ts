import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM } from '../servers/programs.js';
import { chromiumOptions } from './chromium-options.js';
import type { BrowserOptions } from './launch.js';

/** Starts the system's Chromium. */
export function launchChromium(options: BrowserOptions = {}): Promise<Browser> {

  return chromium.launch(chromiumOptions(CHROMIUM, options));

}
