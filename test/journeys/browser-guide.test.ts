import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { startAutopush } from '../support/autopush.ts'
import { call, PASSWORD, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { findFirefox, startFirefox } from '../support/firefox.ts'
import { startTestServer } from '../support/server.ts'

// Runs docs/browser-pushers.md in a real browser, as printed.

const GUIDE = new URL('../../docs/browser-pushers.md', import.meta.url)
const APP_ID = 'org.example.web'
const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript', html: 'text/html; charset=utf-8' }
/**
 * A headless browser shows no notification to click on. The synthetic event is not trusted, so the browser
 * does not let it focus the page, but it calls the handler of the guide.
 */
const CLICK = `
self.addEventListener('message', async ({ data }) => {
  const [notification] = await self.registration.getNotifications({ tag: data.click })
  self.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
})`

const firefox = findFirefox()
/** The test has a time limit, because the browser can hang. */
const options = { skip: 'missing' in firefox ? firefox.missing : false, timeout: 180_000 }

/** The files printed in the guide, by name. */
function printedFiles(): Map<string, { type: string; text: string }> {
  const blocks = readFileSync(GUIDE, 'utf8').matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)
  return new Map([...blocks].map(([, type = '', name = '', text = '']) => [name, { type, text }]))
}

async function startApp(t: TestContext): Promise<string> {
  const files = printedFiles()
  assert.deepEqual([...files.keys()].toSorted(), ['index.html', 'push.js', 'worker.js'])
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost')
    const name = pathname === '/' ? 'index.html' : pathname.slice(1)
    const file = files.get(name)
    if (file === undefined) return response.writeHead(404).end()
    const text = name === 'worker.js' ? file.text + CLICK : file.text
    return response.writeHead(200, { 'content-type': TYPES[file.type] }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(t, () => {
    server.close()
    server.closeAllConnections()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}/`
}

type Shown = { title: string; body: string; tag: string }

async function createFixture(t: TestContext) {
  assert('path' in firefox)
  const { url } = await startTestServer(t)
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  await alice.put(`/profile/${alice.userId}/displayname`, { displayname: 'Alice' })
  const room = await alice.createRoom({ preset: 'public_chat', name: 'Lunch' })
  await bob.post(`/join/${encodeURIComponent(room)}`)
  const autopush = await startAutopush()
  afterTest(t, () => autopush[Symbol.asyncDispose]())
  const app = await startApp(t)
  const browser = await startFirefox(t, { path: firefox.path, pushUrl: autopush.url })
  const page = await browser.newPage()
  await page.goto(app)
  const signIn = async () => {
    await page.type('[name=server]', url)
    await page.type('[name=user]', 'bob')
    await page.type('[name=password]', PASSWORD)
    await page.click('#sign-in button')
  }
  const state = () => page.$eval('#state', (element) => element.textContent)
  // Expressions are strings, because code of the page uses DOM types that this project does not include.
  const inPage = (expression: string) => page.evaluate(`(async () => ${expression})()`)
  const shown = () =>
    inPage(`(await (await navigator.serviceWorker.ready).getNotifications())
      .map(({ title, body, tag }) => ({ title, body, tag }))`) as Promise<Shown[]>
  const shownAs = (title: string, body: string) =>
    eventually(async () => (await shown()).find((one) => one.title === title && one.body === body))
  const pushers = async () =>
    (await bob.get('/pushers'))['pushers'] as { pushkey: string; activated: boolean; data: { url: string } }[]
  const confirmed = () =>
    eventually(async () => {
      const found = await pushers()
      return found.length === 1 && found[0]?.activated === true && found[0]
    })
  return { url, alice, bob, room, autopush, page, inPage, signIn, state, shownAs, shown, pushers, confirmed }
}

test('the guide for browsers works as printed, from signing in to signing out', options, async (t) => {
  const { url, alice, bob, room, autopush, page, inPage, signIn, state, shownAs, shown, pushers, confirmed } =
    await createFixture(t)

  // After signing in, the pusher is set, and the worker confirms it.
  await signIn()
  const pusher = await confirmed()
  await eventually(async () => (await state()) === 'Signed in.')

  // A message, an invitation and a test push are shown, each with a text.
  const event = await alice.say(room, 'Soup today')
  const { tag } = await shownAs('Alice in Lunch', 'Soup today')
  assert.equal(tag, event)
  const { body: result } = await call(`${url}/_matrix/client/unstable/org.matrix.msc4173/pushers/push`, {
    token: bob.token,
    body: { app_id: APP_ID, pushkey: pusher.pushkey },
  })
  assert.equal(result['status'], 'ok')
  await shownAs('New message', '')
  await alice.createRoom({ invite: [bob.userId] })
  await shownAs('Alice', 'invites you')
  assert.ok((await shown()).every((one) => !JSON.stringify(one).includes('undefined')))

  // A click opens the room.
  await inPage(`navigator.serviceWorker.controller.postMessage({ click: ${JSON.stringify(event)} })`)
  await eventually(async () => decodeURIComponent(String(await inPage('location.hash'))) === `#/room/${room}`)
  await eventually(async () => (await shown()).every((one) => one.tag !== event))

  // Reading elsewhere sends no push, because each push would have to show a notification.
  const before = autopush.requests.length
  await bob.post(`/rooms/${room}/receipt/m.read/${encodeURIComponent(event)}`, {})
  await alice.say(room, 'And bread')
  await shownAs('Alice in Lunch', 'And bread')
  assert.equal(autopush.requests.length, before + 1)

  // A new visit sets the pusher again without a change.
  await page.reload({ waitUntil: 'networkidle0' })
  const { pushkey, data } = await confirmed()
  assert.deepEqual([pushkey, data], [pusher.pushkey, pusher.data])
  assert.equal(autopush.requests.length, before + 1, 'no token was sent')

  // After the push service has lost the browser, the worker sets a new pusher and removes the old one.
  autopush.forgetBrowsers()
  const renewed = await eventually(async () => {
    const found = await confirmed()
    return found.data.url !== pusher.data.url && found
  })
  assert.notEqual(renewed.pushkey, pusher.pushkey)
  await alice.say(room, 'Coffee')
  await shownAs('Alice in Lunch', 'Coffee')

  // After signing out, there is no pusher, no subscription and no session.
  await page.click('#sign-out')
  await eventually(async () => (await state()) === 'Signed out.')
  assert.deepEqual(await pushers(), [])
  const subscription = await inPage(
    '(await navigator.serviceWorker.ready).pushManager.getSubscription().then((found) => found?.endpoint ?? null)',
  )
  assert.equal(subscription, null)
  const { devices } = (await bob.get('/devices')) as { devices: unknown[] }
  assert.equal(devices.length, 1, 'only the device of the test')
})
