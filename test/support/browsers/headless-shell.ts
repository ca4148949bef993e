import { type Browser, chromium } from 'playwright-core';
import { HEADLESS_SHELL } from '../servers/programs.js';
import { chromiumOptions } from './chromium-options.js';
import type { BrowserOptions } from './launch.js';

/**
 * Starts Chromium's engine without the browser around it, where a visitor costs less than half of the
 * processor's time, or Chromium itself if the system has no such program. The engine alone keeps no
 * pages for "back".
 */
export function launchHeadlessShell(options: Omit<BrowserOptions, 'keepsPages'> = {}): Promise<Browser> {

  return chromium.launch(chromiumOptions(HEADLESS_SHELL, options));

}
