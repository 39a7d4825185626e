import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { afterTest } from './after-test.ts'
import { startAutopush } from './autopush.ts'
import { call } from './client.ts'
import { eventually } from './eventually.ts'
import { startFirefox } from './firefox.ts'
import { startCommand } from './started-command.ts'

/** The text of docs/tutorial.md. */
export const TUTORIAL = readFileSync(new URL('../../docs/tutorial.md', import.meta.url), 'utf8')
const PRINTED_URL = 'http://127.0.0.1:8008'
const [START = '', CALL = '', INVITE = '', WRITE = '', SHOW = '', ...REST] = [
  ...TUTORIAL.matchAll(/^```sh\n(.*?)^```/gms),
].map(([, block = '']) => block)

/** One of the ways to start in the tutorial: its command, how the other commands are called, and where both run. */
export type Way = { command: string; called: string; cwd: string; env: NodeJS.ProcessEnv }

/**
 * The command that starts a server, and how the others are called, for a way that the tutorial offers, such
 * as `a clone`.
 */
export function wayOf(origin: string): Pick<Way, 'command' | 'called'> {
  const lineOf = (block: string) =>
    new RegExp(`^(.*?) +# ${origin}\\b`, 'm').exec(block)?.[1] ?? assert.fail(`no line for ${origin}`)
  return { command: lineOf(START), called: lineOf(CALL) }
}

/** What makes Alice notice: it is made one of her devices, and waits for the invitation and for the message. */
export type Ringing = {
  ring(url: string): Promise<void>
  invited(): Promise<unknown>
  told(): Promise<unknown>
}

/** Follows the tutorial to its end. Returns the URL of the server and what the commands printed. */
export async function follow(
  t: TestContext,
  way: Way,
  device: Ringing,
): Promise<{ url: string; printed: string }> {
  assert.deepEqual(REST, [])
  const { command, called, cwd } = way
  // The push service of the test is on a loopback port.
  const env = { ...way.env, BELFRY_PUSH_ALLOW_IP_RANGES: '127.0.0.0/8' }
  const { url, proof } = await startCommand(t, { command, cwd, env })
  assert.ok(TUTORIAL.includes(proof.replace(/[\d.]+ ms/, '80.5 ms')))
  await device.ring(url)

  const shell = spawn('bash', ['-eu'], {
    cwd,
    env: { ...way.env, BELFRY_URL: url },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  afterTest(t, () => void shell.kill('SIGKILL'))
  const output = text(shell.stdout)
  const type = (block: string) => shell.stdin.write(`${block.replaceAll(PRINTED_URL, url)}\n`)
  type(called)
  type(INVITE)
  await device.invited()
  type(WRITE)
  await device.told()
  type(SHOW)
  shell.stdin.end()
  const [printed] = await Promise.all([output, once(shell, 'close')])
  assert.equal(shell.exitCode, 0, printed)
  return { url, printed }
}

async function tokenOf(url: string, path: 'login' | 'register', more: object): Promise<string> {
  const body = { password: 'alices-secret', ...more }
  const response = await call(`${url}/_matrix/client/v3/${path}`, { body })
  return String(response.body['access_token'])
}

/** The inbox of Belfry in place of a browser, for machines that have none. */
export function inbox(): Ringing & { token(): string } {
  let [url, token] = ['', '']
  const received = async (types: string) =>
    eventually(async () => {
      const { body } = await call(`${url}/_belfry/v1/inbox/browser`, { token })
      const entries = body['notifications'] as { notification: { type?: string } }[]
      return entries.flatMap(({ notification: { type } }) => type ?? []).join() === types
    })
  return {
    token: () => token,
    async ring(started) {
      url = started
      token = await tokenOf(url, 'register', { username: 'alice', auth: { type: 'm.login.dummy' } })
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
    },
    invited: () => received('m.room.member'),
    told: () => received('m.room.member,m.room.message'),
  }
}

/** A real Firefox, with the steps of the section "Make your browser ring". */
export async function firefox(t: TestContext, path: string): Promise<Ringing> {
  const autopush = await startAutopush()
  afterTest(t, () => autopush[Symbol.asyncDispose]())
  const browser = await startFirefox(t, { path, pushUrl: autopush.url })
  const [, address = ''] = /^1\. Open (\S+) in the browser\.$/m.exec(TUTORIAL) ?? []
  const [, user = '', password = ''] = /user name `(\w+)` and the password `([\w-]+)`/.exec(TUTORIAL) ?? []
  const open = async (url: string) => {
    const page = await browser.newPage()
    await page.goto(address.replace(PRINTED_URL, url))
    return page
  }
  let page = await browser.newPage()
  let [at, sent] = ['', 0]
  const click = async (label: string) => {
    assert.ok(TUTORIAL.includes(`**${label}**`), label)
    const button = `[...document.querySelectorAll('button')].find(({ textContent }) => textContent === '${label}')`
    await page.waitForFunction(`${button} !== undefined`)
    await page.evaluate(`${button}.click()`)
  }
  const shown = async (about: string) =>
    eventually(async () => {
      const all = (await page.evaluate(
        `navigator.serviceWorker.ready.then((registration) => registration.getNotifications()).then((all) => all.map(({ title, body }) => title + ': ' + body))`,
      )) as string[]
      return all.some((one) => one.includes(about))
    })
  return {
    async ring(url) {
      at = url
      page = await open(url)
      await click('Create an account')
      await page.type('input[name=username]', user)
      await page.type('input[name=password]', password)
      await click('Create the account')
      await click('Ring this browser')
      await page.waitForFunction(`document.querySelector('.device-name') !== null`)
      await shown('It rings')
    },
    async invited() {
      await shown('Lunch')
      sent = autopush.requests.length
      await page.close()
    },
    async told() {
      // The page is closed: the service worker alone receives the message.
      await eventually(() => autopush.receipts.length > sent)
      page = await open(at)
      await shown('Soup today')
      // The service worker reports the arrival after it has shown the notification.
      const identifier = { type: 'm.id.user', user }
      const token = await tokenOf(at, 'login', { type: 'm.login.password', identifier })
      await eventually(async () => {
        const { body } = await call(`${at}/_belfry/v1/journeys?limit=1`, { token })
        const [latest] = body['journeys'] as { devices: { arrived: object | null }[] }[]
        return latest?.devices.every(({ arrived }) => arrived !== null)
      })
    },
  }
}
