import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { launch, type Browser } from 'puppeteer-core'
import { afterTest } from './after-test.ts'

/** The path of Debian's package `firefox-esr`, or the reason why it is missing. */
export function findFirefox(): { path: string } | { missing: string } {
  const folders = (process.env['PATH'] ?? '').split(':')
  const candidates = ['/usr/bin/firefox-esr', ...folders.map((folder) => join(folder, 'firefox-esr'))]
  const path = candidates.find(isExecutable)
  return path === undefined ? { missing: 'Firefox (firefox-esr) is not installed' } : { path }
}

/**
 * Starts a headless Firefox with a new profile and home directory, and `pushUrl` as its push service. It ends
 * with the test.
 */
export async function startFirefox(
  t: TestContext,
  { path, pushUrl }: { path: string; pushUrl: string },
): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'belfry-firefox-'))
  const removeHome = () => rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  const browser = await launch({
    browser: 'firefox',
    executablePath: path,
    headless: true,
    // Other tests can slow down the machine.
    timeout: 60_000,
    env: { PATH: process.env['PATH'], HOME: home, TMPDIR: home, MOZ_CRASHREPORTER_DISABLE: '1' },
    userDataDir: join(home, 'profile'),
    extraPrefsFirefox: {
      'dom.push.enabled': true,
      'dom.push.serverURL': pushUrl,
      'dom.push.testing.allowInsecureServerURL': true,
      'dom.push.connection.enabled': true,
      'dom.push.userAgentID': '',
      // The wait before it reconnects to the push service.
      'dom.push.retryBaseInterval': 100,
      // Without these, `subscribe` waits for the permission prompt, and `showNotification` for a desktop.
      'permissions.default.desktop-notification': 1,
      'alerts.useSystemBackend': false,
      'network.proxy.type': 0,
      // No process that waits for a further site, decodes media or holds extensions.
      'dom.ipc.processPrelaunch.enabled': false,
      'media.rdd-process.enabled': false,
      'extensions.webextensions.remote': false,
    },
  }).catch((error: unknown) => {
    removeHome()
    throw error
  })
  const child = browser.process()
  afterTest(t, removeHome)
  // Ends a browser that did not close.
  afterTest(t, () => child?.exitCode === null && child.signalCode === null && child.kill('SIGKILL'))
  afterTest(t, () => browser.close())
  return browser
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
