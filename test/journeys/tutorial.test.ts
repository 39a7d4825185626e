import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { call } from '../support/client.ts'
import { temporaryFolder } from '../support/databases.ts'
import { findFirefox } from '../support/firefox.ts'
import { firefox, follow, inbox, TUTORIAL, type Way, wayOf } from '../support/tutorial.ts'

// From the file of a release, test/scripts/npm-package.test.ts follows the tutorial.

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(`${ROOT}${file}`, 'utf8')

/** The present checkout, with new data. */
function inClone(t: TestContext): Way {
  const { command, called } = wayOf('a clone')
  const [, start = ''] = /^git clone \S+ && cd belfry && (.*)$/.exec(command) ?? []
  return { command: start, called, cwd: ROOT, env: { ...process.env, BELFRY_DATA: temporaryFolder(t) } }
}

test('the commands of the tutorial start a server, send an invitation and a message that ring, and show why', async (t) => {
  const device = inbox()
  const { url, printed } = await follow(t, inClone(t), device)
  for (const shown of ['"event_id"', 'Browser', 'Lunch'])
    assert.ok(printed.includes(shown), `${shown} in ${printed}`)

  const [diagram = ''] = /^```text\n.*?^```/ms.exec(read('docs/how-it-works.md')) ?? []
  const drawn = [...diagram.matchAll(/\[(\w+)\]/g)].map(([, step]) => step)
  assert.deepEqual(
    drawn,
    await stepsOf(url, { token: device.token(), printed }),
    'the steps in the diagram of docs/how-it-works.md',
  )
})

/** The steps of an event, first those of all devices, then those of its only device. */
async function stepsOf(
  url: string,
  { token, printed }: { token: string; printed: string },
): Promise<string[]> {
  const [, event = ''] = /"event_id":"([^"]+)"/.exec(printed) ?? []
  const { body } = await call(`${url}/_belfry/v1/journey?event_id=${encodeURIComponent(event)}`, { token })
  const { steps, pushers } = body as { steps: { step: string }[]; pushers: { steps: { step: string }[] }[] }
  return [...steps, ...(pushers[0]?.steps ?? [])].map(({ step }) => step)
}

const browser = findFirefox()
/** The test has a time limit, because the browser can hang. */
const options = { skip: 'missing' in browser ? browser.missing : false, timeout: 180_000 }

test(
  'the tutorial, followed from a clone, makes a browser ring for the invitation and the message',
  options,
  async (t) => {
    assert('path' in browser)
    const { printed } = await follow(t, inClone(t), await firefox(t, browser.path))
    for (const shown of ['"event_id"', 'This browser', 'Lunch', 'arrived after'])
      assert.ok(printed.includes(shown), `${shown} in ${printed}`)
  },
)

test('the words of the console that the tutorial names are on its buttons and pages', () => {
  const words = read('src/console/words/en.ftl')
  const named = [...TUTORIAL.matchAll(/\*\*(.+?)\*\*/g)].map(([, word]) => word)
  assert.ok(named.length >= 4)
  for (const word of named) assert.match(words, new RegExp(`= ${word}$`, 'm'))
})
