import { launchChromium } from './chromium.js';
import { launchFirefox } from './firefox.js';
import { type BrowserTest, inBrowsers } from './in-browsers.js';
import type { BrowserOptions } from './launch.js';

/** Returns a function that defines tests, each of which runs in Chromium and in Firefox. */
export function inEachBrowser(options?: BrowserOptions): BrowserTest {

  return inBrowsers({ Chromium: launchChromium, Firefox: launchFirefox }, options);

}
