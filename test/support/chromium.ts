import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, launch } from 'puppeteer-core'
import { afterTest } from './after-test.ts'

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of Debian's package `chromium`, or the reason why it is missing. */
export function findChromium(): { path: string } | { missing: string } {
  const path = CANDIDATES.find(isExecutable)
  return path === undefined ? { missing: 'Chromium (chromium) is not installed' } : { path }
}

/** Starts a headless Chromium with a new profile. It ends with the test. */
export async function startChromium(t: TestContext, path: string): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'belfry-chromium-'))
  afterTest(t, () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))
  const browser = await launch({
    executablePath: path,
    headless: true,
    // Other tests can slow down the machine.
    timeout: 60_000,
    env: { PATH: process.env['PATH'], HOME: home, TMPDIR: home },
    userDataDir: join(home, 'profile'),
    // The sandbox needs rights that a test machine may not give; /dev/shm can be small.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--lang=en'],
  })
  const child = browser.process()
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
