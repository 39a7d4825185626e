import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from '../support/after-test.ts'
import { call } from '../support/client.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(`${ROOT}${file}`, 'utf8')
const TUTORIAL = read('docs/tutorial.md')
const PRINTED_URL = 'http://127.0.0.1:8008'

/** The command of the tutorial that starts a server, in the present checkout, with a free port and new data. */
async function start(t: TestContext, command: string): Promise<{ url: string; proof: Promise<string> }> {
  const env = { ...process.env, BELFRY_LISTEN: '127.0.0.1:0', BELFRY_DATA: temporaryFolder(t) }
  const child = spawn('bash', ['-c', `exec ${command}`], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  afterTest(t, async () => {
    // The group: npm does not pass every signal on.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await ended
  })
  const url = Promise.withResolvers<string>()
  const proof = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, found] = /^belfry listening on (\S+)$/.exec(line) ?? []
    if (found !== undefined) url.resolve(found)
    if (line.startsWith('Push works')) proof.resolve(line)
  })
  return { url: await url.promise, proof: proof.promise }
}

/** Does what the console does for **Ring this browser**, with an inbox as the device (test/console/ring-browser.test.ts has a real browser). */
async function setPusher(url: string): Promise<{ token: string; received: () => Promise<string[]> }> {
  const { body } = await call(`${url}/_matrix/client/v3/register`, {
    body: { username: 'alice', password: 'alices-secret', auth: { type: 'm.login.dummy' } },
  })
  const token = String(body['access_token'])
  await call(`${url}/_matrix/client/v3/pushers/set`, {
    token,
    body: {
      pushkey: 'browser',
      kind: 'http',
      app_id: 'org.belfry.inbox',
      app_display_name: 'Inbox',
      device_display_name: 'Browser',
      lang: 'en',
      data: { url: `${url}/_matrix/push/v1/notify` },
    },
  })
  const received = async () => {
    const inbox = await call(`${url}/_belfry/v1/inbox/browser`, { token })
    const entries = inbox.body['notifications'] as { notification: { type?: string } }[]
    return entries.flatMap(({ notification: { type } }) => type ?? [])
  }
  return { token, received }
}

test('the commands of the tutorial start a server, send an invitation and a message that ring, and show why', async (t) => {
  const [install, ...blocks] = [...TUTORIAL.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
  assert.ok(install !== undefined && blocks.length === 3)
  const [clone = '', command = ''] = install.trim().split('\n')
  assert.match(clone, /^git clone \S+ && cd belfry\b/)
  const { url, proof } = await start(t, command)
  assert.ok(TUTORIAL.includes((await proof).replace(/[\d.]+ ms/, '80.5 ms')))
  const { token, received } = await setPusher(url)

  const script = blocks.join('\n').replaceAll(PRINTED_URL, url)
  const env = { ...process.env, BELFRY_URL: url }
  // The notifications must have arrived before the commands that show them.
  const [before = '', after = ''] = script.split('export BELFRY_TOKEN')
  const shell = spawn('bash', ['-eu'], { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'inherit'] })
  const output = text(shell.stdout)
  shell.stdin.write(before)
  await eventually(async () => (await received()).join() === 'm.room.member,m.room.message')
  shell.stdin.end(`export BELFRY_TOKEN${after}`)
  const [printed] = await Promise.all([output, once(shell, 'close')])
  assert.equal(shell.exitCode, 0, printed)
  for (const shown of ['"event_id"', 'Browser', 'Lunch'])
    assert.ok(printed.includes(shown), `${shown} in ${printed}`)

  const [diagram = ''] = /^```text\n.*?^```/ms.exec(read('docs/how-it-works.md')) ?? []
  const drawn = [...diagram.matchAll(/\[(\w+)\]/g)].map(([, step]) => step)
  assert.deepEqual(
    drawn,
    await stepsOf(url, { token, printed }),
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

test('the words of the console that the tutorial names are on its buttons and pages', () => {
  const words = read('src/console/words/en.ftl')
  const named = [...TUTORIAL.matchAll(/\*\*(.+?)\*\*/g)].map(([, word]) => word)
  assert.ok(named.length >= 2)
  for (const word of named) assert.match(words, new RegExp(`= ${word}$`, 'm'))
})
