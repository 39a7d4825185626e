import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'
import type { Page } from 'puppeteer-core'
import { startChromium } from '../support/chromium.ts'
import { call, foundingPusher, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

export const CONSOLE = '/_belfry/console'
export const HOSTILE = `<img src=x onerror="document.title='hacked'"><b>bold</b>`

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** The rules that depend on the theme. */
const COLOURS = ['color-contrast']
/** A small phone (WCAG 2.2, 1.4.10 Reflow), and text of twice the size (1.4.4 Resize Text). */
const WIDTHS = [
  { width: 320, text: '100%' },
  { width: 640, text: '200%' },
  { width: 1280, text: '200%' },
]
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What a request for data gets instead of the response of the server. */
export type Answer = 'server' | 'nothing' | { status: number; body: unknown }

export type ConsoleFixture = {
  url: string
  /** The accounts as the command line administers them. */
  accounts: TestServer['accounts']
  page: Page
  alice: TestUser
  bob: TestUser
  roomId: string
  /** An event that Bob sent, with journeys to the devices of Alice. */
  eventId: string
  /** Replaces the response to requests whose path starts with `path`. */
  answer: (path: string, answer: Answer) => void
  /** Opens a path below the console. */
  open: (path: string) => Promise<void>
  /**
   * Fails if the page, in its light or its dark theme, breaks a rule of WCAG 2.2 AA that axe-core knows, or
   * if it violates its content security policy or has an error.
   */
  check: (about: string) => Promise<void>
  /** Fails if the page is wider than the viewport, or cuts off a text, at one of the `WIDTHS`. */
  checkWidths: (about: string) => Promise<void>
  text: (selector?: string) => Promise<string>
}

/**
 * A server with two users and a browser that shows the console to one of them. Alice has a device that is
 * notified and one that a rule silences. Names and texts contain markup.
 */
export async function startConsole(t: TestContext, chromium: string): Promise<ConsoleFixture> {
  const { url, accounts } = await startTestServer(t)
  const world = await populate(url)
  const browser = await startChromium(t, chromium)
  const page = await browser.newPage()
  page.setDefaultTimeout(30_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.evaluateOnNewDocument(`
    globalThis.violations = []
    addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))
    // The page says "slow" after three seconds; a test need not wait so long.
    const { setTimeout: original } = globalThis
    globalThis.setTimeout = (callback, ms, ...rest) => original(callback, ms === 3000 ? 30 : ms, ...rest)
    const { setInterval: repeated } = globalThis
    globalThis.setInterval = (callback, ms, ...rest) => repeated(callback, Math.min(ms, 200), ...rest)`)
  const answer = await intercept(page)
  const text = (selector = 'body') => page.$eval(selector, (element) => element.textContent ?? '')
  return {
    url,
    accounts,
    page,
    ...world,
    answer,
    text,
    open: async (path) => {
      await page.goto(`${url}${CONSOLE}${path}`)
    },
    async check(about) {
      assert.deepEqual(errors, [], about)
      assert.deepEqual(await page.evaluate('violations'), [], `${about}: content security policy`)
      assert.notEqual(await page.title(), 'hacked', about)
      assert.deepEqual(await accessibilityFaults(page, TAGS), [], `${about}: accessibility`)
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
      assert.deepEqual(await accessibilityFaults(page, COLOURS), [], `${about}, dark: accessibility`)
      await page.emulateMediaFeatures([])
    },
    async checkWidths(about) {
      const before = page.viewport()
      for (const { width, text: size } of WIDTHS) {
        await page.setViewport({ width, height: 700 })
        const shown = await page.evaluate(`{
          const { style } = document.documentElement
          style.fontSize = '${size}'
          const shown = { width: document.documentElement.scrollWidth, cutOff: ${CUT_OFF} }
          style.fontSize = ''
          shown
        }`)
        const at = `${about}, ${width} px, text ${size}: the width, and texts that are cut off`
        assert.deepEqual(shown, { width, cutOff: [] }, at)
      }
      await page.setViewport(before)
    },
  }
}

async function accessibilityFaults(page: Page, runOnly: readonly string[]): Promise<unknown> {
  // Loaded once for each document, because its code has half a megabyte. `preload` loads style sheets and
  // media, which the rules of colours do not need.
  if (!(await page.evaluate(`'axe' in globalThis`))) await page.evaluate(axe)
  return page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, iframes: false, preload: ${runOnly === TAGS}, resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary)))`)
}

/** The elements whose text is larger than they are, and which hide the rest. Texts for screen readers are 1 px wide. */
const CUT_OFF = `[...document.querySelectorAll('body *')]
  .filter((element) => /hidden|clip/.test(getComputedStyle(element).overflow) && element.clientWidth > 1
    && element.textContent.trim() !== ''
    && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1))
  .map((element) => element.outerHTML.slice(0, 200))`

async function populate(url: string) {
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  await bob.put(`/profile/${encodeURIComponent(bob.userId)}/displayname`, { displayname: HOSTILE })
  const roomId = await bob.createRoom({ preset: 'public_chat', name: `${HOSTILE} room` })
  await alice.post(`/join/${encodeURIComponent(roomId)}`)
  const gateway = `${url}/_matrix/push/v1/notify`
  const pusher = (name: string, more: Record<string, unknown> = {}) =>
    alice.post('/pushers/set', {
      ...foundingPusher(gateway),
      app_id: 'org.belfry.inbox',
      pushkey: name,
      instance_handle: name,
      device_display_name: name,
      ...more,
    })
  await pusher('phone', { device_display_name: `${HOSTILE} phone` })
  await pusher('tablet')
  const sender = encodeURIComponent(bob.userId)
  await alice.put(`/pushrules/device/tablet/sender/${sender}`, { actions: [] })
  await alice.put(`/pushrules/global/content/${encodeURIComponent(HOSTILE.replaceAll('/', ''))}`, {
    pattern: 'x',
    actions: ['notify'],
  })
  const eventId = await bob.say(roomId, `${HOSTILE} disk full`)
  const path = `${url}/_belfry/v1/journey?event_id=${encodeURIComponent(eventId)}`
  await eventually(async () => {
    const { body } = await call(path, { token: alice.token })
    const states = (body['pushers'] as { state: string }[]).map(({ state }) => state)
    return states.includes('sent') && states.includes('skipped')
  })
  return { alice, bob, roomId, eventId }
}

/**
 * Requests for data whose path starts with one of the given ones get the given answer. The files of the
 * console come from the server, or from the cache of the browser, without a detour through this process.
 */
async function intercept(page: Page): Promise<ConsoleFixture['answer']> {
  const answers = new Map<string, Answer>()
  const session = await page.createCDPSession()
  // A page that was left answers with an error.
  const send = (...[method, of]: Parameters<typeof session.send<Reply>>) =>
    void session.send(method, of).catch(() => undefined)
  session.on('Fetch.requestPaused', ({ requestId, request }) => {
    const { pathname } = new URL(request.url)
    const found = [...answers].find(([path]) => pathname.startsWith(path))?.[1] ?? 'server'
    if (found === 'server') send('Fetch.continueRequest', { requestId })
    else if (found !== 'nothing')
      send('Fetch.fulfillRequest', {
        requestId,
        responseCode: found.status,
        responseHeaders: [{ name: 'Content-Type', value: 'application/json' }],
        body: Buffer.from(JSON.stringify(found.body)).toString('base64'),
      })
  })
  await session.send('Fetch.enable', { patterns: [{ resourceType: 'Fetch' }] })
  return (path, given) => {
    if (given === 'server') answers.delete(path)
    else answers.set(path, given)
  }
}

type Reply = 'Fetch.continueRequest' | 'Fetch.fulfillRequest'

/** Signs in with the keyboard only. */
export async function signInByKeyboard(page: Page, user = 'alice'): Promise<void> {
  await page.waitForSelector('input[name=username]')
  await page.keyboard.press('Tab')
  await page.keyboard.type(user)
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForSelector('nav')
}
