import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { launch, type Browser } from 'puppeteer-core'
import { afterTest } from './after-test.ts'

/** Where Debian's package `firefox-esr` puts it; or the reason why there is none. */
export function findFirefox(): { path: string } | { missing: string } {
  const folders = (process.env['PATH'] ?? '').split(':')
  const candidates = ['/usr/bin/firefox-esr', ...folders.map((folder) => join(folder, 'firefox-esr'))]
  const path = candidates.find(isExecutable)
  return path === undefined ? { missing: 'Firefox (firefox-esr) is not installed' } : { path }
}

/** A headless Firefox with a new profile and a home of its own, which takes its pushes from `pushUrl`. Ends with the test. */
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
    // The machine may be busy with the other tests.
    timeout: 60_000,
    env: { PATH: process.env['PATH'], HOME: home, TMPDIR: home, MOZ_CRASHREPORTER_DISABLE: '1' },
    userDataDir: join(home, 'profile'),
    extraPrefsFirefox: {
      'dom.push.enabled': true,
      'dom.push.serverURL': pushUrl,
      'dom.push.testing.allowInsecureServerURL': true,
      'dom.push.connection.enabled': true,
      'dom.push.userAgentID': '',
      // How soon it comes again to a push service that has hung up.
      'dom.push.retryBaseInterval': 100,
      // Without these, `subscribe` waits for somebody to answer the prompt, and `showNotification` for a desktop.
      'permissions.default.desktop-notification': 1,
      'alerts.useSystemBackend': false,
      'network.proxy.type': 0,
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
