import { launch, type Page } from 'puppeteer-core'
import { findChromium } from '../test/support/chromium.ts'
import { registerUser } from '../test/support/client.ts'
import type { Benchmark, BenchOptions } from './benchmark.ts'
import { temporaryFolder } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { median } from './support/stats.ts'
import { figure } from './support/table.ts'
import { atMost } from './support/target.ts'

const LOADS = 9
const FIRST_ROW_MS = 300
const JOURNEYS = 20

export const webConsole: Benchmark = {
  name: 'console',
  about: 'from the request for a screen of the web console to its first row, in Chromium',
  method: [
    "A screen of the web console with 20 journeys, in Debian's Chromium: the median of nine loads, with an empty browser cache and with the files in it.",
    'The time begins with the request for the screen and ends with its first row.',
  ],
  async run(options) {
    const chromium = findChromium()
    if ('missing' in chromium) throw new Error(chromium.missing)
    const browser = await launch({ executablePath: chromium.path, args: ['--no-sandbox', '--disable-gpu'] })
    try {
      return report(await measure(await browser.newPage(), options))
    } finally {
      await browser.close()
    }
  },
}

type Times = { first: number; uncached: number; cached: number }

async function measure(page: Page, options: BenchOptions): Promise<Times> {
  using data = temporaryFolder()
  await using server = await launchBelfry(data.path, options)
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const room = await bob.createRoom({ preset: 'public_chat' })
  await alice.post(`/join/${encodeURIComponent(room)}`)
  for (let n = 0; n < JOURNEYS; n++) await bob.say(room, `message ${n}`)
  const base = `${server.url}/_belfry/console`
  // The session first, from a page without the console, so that the first load finds nothing prepared.
  await page.goto(`${server.url}/health`)
  await page.evaluate(`fetch('${base}/session', { method: 'POST', body: '{"scheme":"http"}',
    headers: { authorization: 'Bearer ${alice.token}' } })`)
  await page.evaluateOnNewDocument(OBSERVE)
  const first = await load(page, base)
  await page.setCacheEnabled(false)
  const uncached = await times(() => load(page, base))
  await page.setCacheEnabled(true)
  await load(page, base)
  return { first, uncached, cached: await times(() => load(page, base)) }
}

/** Notes when the first row is in the page, in milliseconds since the start of the navigation. */
const OBSERVE = `new MutationObserver((_changes, observer) => {
  if (document.querySelector('tbody tr') === null) return
  globalThis.firstRowAt = performance.now()
  observer.disconnect()
}).observe(document, { childList: true, subtree: true })`

async function load(page: Page, base: string): Promise<number> {
  await page.goto(`${base}/journeys`)
  await page.waitForFunction('globalThis.firstRowAt !== undefined')
  return Number(await page.evaluate('firstRowAt'))
}

async function times(run: () => Promise<number>): Promise<number> {
  const found: number[] = []
  while (found.length < LOADS) found.push(await run())
  return median(found)
}

function report({ first, uncached, cached }: Times) {
  return {
    tables: [
      {
        title: `The screen Journeys with ${JOURNEYS} rows (median of ${LOADS})`,
        columns: ['', 'first row after ms'],
        rows: [
          ['first load after the start of the server', figure(first)],
          ['empty browser cache', figure(uncached)],
          ['files in the browser cache', figure(cached)],
        ],
      },
    ],
    targets: [
      atMost(`first row within ${FIRST_ROW_MS} ms with an empty browser cache`, {
        value: uncached,
        limit: FIRST_ROW_MS,
        unit: 'ms',
      }),
    ],
    figures: { firstRowMs: { first, uncached, cached } },
  }
}
