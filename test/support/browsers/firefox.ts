import { type Browser, firefox } from 'playwright-core';
import { FIREFOX } from '../servers/programs.js';
import { temporaryFolder } from '../servers/server.js';
import { type BrowserOptions, executable } from './launch.js';

/** What an everyday Firefox has, and the profile of a test would change. */
const EVERYDAY = {
  // Cookies that other sites set are kept apart.
  'network.cookie.cookieBehavior': 5,
  'browser.contentblocking.features.standard': 'cookieBehavior5',
};

/** A test asks only its own servers. */
const QUIET = {
  'services.settings.server': 'data:,',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

/** A process for each site and visitor, and one more that is ready for the next, would cost up to half as much again. */
const SPARING = {
  'fission.webContentIsolationStrategy': 0,
  'dom.ipc.processCount': 1,
  'dom.ipc.processPrelaunch.enabled': false,
  'layout.frame_rate': 20,
  'ui.prefersReducedMotion': 1,
};

const ANY_HOST_IS_LOCAL = { 'network.dns.forceResolve': '127.0.0.1', 'network.trr.mode': 5 };

/** Starts the system's Firefox, without a window and with a fresh profile that is removed when it is closed. */
export async function launchFirefox({ keepsPages = false, anyHostIsLocal = false }: BrowserOptions = {}): Promise<Browser> {

  return firefox.launch({
    // Firefox as it is distributed, which playwright drives by WebDriver BiDi.
    channel: 'moz-firefox',
    executablePath: executable('FIREFOX_PATH', FIREFOX),
    firefoxUserPrefs: {
      ...EVERYDAY, ...QUIET, ...SPARING,
      ...(anyHostIsLocal ? ANY_HOST_IS_LOCAL : {}),
      ...(keepsPages ? {} : { 'browser.sessionhistory.max_total_viewers': 0 }),
    },
    // It refuses a home that belongs to another user, and writes to its own.
    env: { ...process.env, HOME: temporaryFolder() },
  });

}
