import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Browser } from 'puppeteer-core'
import { keepVapidKey } from '../../src/app.ts'
import { shortHash } from '../../src/lib/short-hash.ts'
import { afterTest } from '../support/after-test.ts'
import { type Autopush, startAutopush } from '../support/autopush.ts'
import { call, registerUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { findFirefox, startFirefox } from '../support/firefox.ts'
import { startTestServer } from '../support/server.ts'
import { startWebApp } from '../support/web-app.ts'

const APP_ID = 'org.example.web'
const TAMPERED = 101
const SHOWN = 100

const firefox = findFirefox()
/** The test has a time limit, because the browser can hang. */
const options = { skip: 'missing' in firefox ? firefox.missing : false, timeout: 240_000 }

/** The functions of `test/support/web-app/app.js`. */
type InPage = {
  logIn(homeServer: string, token: string): void
  enablePushByGateway(options: Record<string, string>): Promise<{ pushkey: string; status: number }>
  enablePush(options: Record<string, string>): Promise<{ pushkey: string; status: number }>
  shownNotifications(): Promise<{ title: string; body: string }[]>
  disablePush(): Promise<boolean>
}

type Step = { step: string; reason: string; status?: number; provider_id?: string }

type Shared = { browser: Browser; autopush: Autopush }

/** A Belfry with a gateway for browsers, Alice and Bob in a room, and Bob's web client in Firefox. */
async function fixture(t: TestContext, { browser, autopush }: Shared) {
  const data = newDataFolder(t)
  const keyFile = join(data, 'vapid.pem')
  const { publicKey } = await keepVapidKey(keyFile)
  const config = join(data, 'belfry.yaml')
  const app = { type: 'webpush', vapid_private_key: keyFile, vapid_contact_email: 'push@belfry.example' }
  writeFileSync(config, JSON.stringify({ gateway: { apps: { [APP_ID]: app } } }))
  const { url } = await startTestServer(t, { flags: ['--config', config] })
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  await alice.put(`/profile/${alice.userId}/displayname`, { displayname: 'Alice' })
  const room = await alice.createRoom({ preset: 'public_chat', name: 'Lunch' })
  await bob.post(`/join/${encodeURIComponent(room)}`)

  // Another origin in each test, with a service worker of its own.
  const webApp = await startWebApp()
  afterTest(t, () => webApp[Symbol.asyncDispose]())
  const page = await browser.newPage()
  afterTest(t, () => page.close())
  await page.goto(webApp.url)
  const inPage = <Name extends keyof InPage>(name: Name, ...args: Parameters<InPage[Name]>) =>
    page.evaluate(
      (called: string, given: unknown[]) =>
        (globalThis as unknown as Record<string, (...all: unknown[]) => unknown>)[called]?.(...given),
      name,
      args,
    ) as Promise<Awaited<ReturnType<InPage[Name]>>>
  await inPage('logIn', url, bob.token)
  const stateInPage = () => page.$eval('#state', (element) => element.textContent)
  const bodies = () => webApp.shown.map(({ body }) => body)
  const pushers = async () => (await bob.get('/pushers'))['pushers'] as Record<string, unknown>[]
  const [requests, receipts] = [autopush.requests.length, autopush.receipts.length]
  /** Of this test. */
  const pushes = {
    statuses: () => autopush.requests.slice(requests).map(({ status }) => status),
    receipts: () => autopush.receipts.slice(receipts),
  }
  return { url, publicKey, alice, bob, room, pushes, webApp, inPage, stateInPage, bodies, pushers }
}

function flipLastByte(body: Buffer): Buffer {
  const last = body.length - 1
  body.writeUInt8(body.readUInt8(last) ^ 1, last)
  return body
}

async function showUntilDisabled(t: TestContext, shared: Shared): Promise<void> {
  const { url, publicKey, alice, bob, room, pushes, webApp, inPage, bodies, pushers } = await fixture(
    t,
    shared,
  )
  const { autopush } = shared
  const receiptFor = (code: number) => eventually(() => pushes.receipts().find((one) => one.code === code))

  // Bob's page subscribes and sets the pusher.
  const gatewayUrl = `${url}/_matrix/push/v1/notify`
  const app = { appId: APP_ID, gatewayUrl, applicationServerKey: publicKey }
  const { pushkey, status } = await inPage('enablePushByGateway', app)
  assert.equal(status, 200)

  // The browser shows a message of Alice.
  const event = await alice.say(room, 'Soup today')
  const [shown] = await eventually(() => webApp.shown.length > 0 && webApp.shown)
  assert(shown)
  assert.deepEqual([shown.title, shown.body], ['Alice in Lunch', 'Soup today'])
  assert.equal(shown.payload['event_id'], event)
  assert.equal(shown.payload['session_id'], 'the-only-one')
  await receiptFor(SHOWN)
  assert.deepEqual(await inPage('shownNotifications'), [{ title: 'Alice in Lunch', body: 'Soup today' }])

  // It does not show a message that was changed on the way.
  autopush.tamper(flipLastByte)
  await alice.say(room, 'Soup is poisoned')
  await receiptFor(TAMPERED)
  autopush.tamper(undefined)
  await alice.say(room, 'Soup is fine')
  await eventually(() => webApp.shown.length > 1)
  assert.deepEqual(bodies(), ['Soup today', 'Soup is fine'])

  // Bob disables pushes in the browser, which only tells its push service.
  assert.equal(await inPage('disablePush'), true)
  assert.equal((await pushers()).length, 1)
  const last = await alice.say(room, 'Where is everybody?')
  await eventually(async () => (await pushers()).length === 0)
  assert.deepEqual(pushes.statuses(), [201, 201, 201, 410])
  const { body } = await call(`${url}/_belfry/v1/pushers`, { token: bob.token })
  const [removed] = body['removed'] as Record<string, unknown>[]
  assert.equal(removed?.['app_id'], APP_ID)
  assert.equal(removed['reason'], 'rejected')
  assert.equal(removed['pushkey_hash'], shortHash(pushkey))
  assert.equal(webApp.shown.length, 2)

  // Bob can see the results of the push service for the first and the last message.
  const verdictOn = (eventId: string) =>
    eventually(async () => {
      const path = `/_belfry/v1/journey?event_id=${encodeURIComponent(eventId)}`
      const { pushers: ways } = (await call(url + path, { token: bob.token })).body
      return (ways as { steps: Step[] }[])[0]?.steps.find(({ step }) => step === 'gateway')
    })
  const [good, gone] = [await verdictOn(event), await verdictOn(last)]
  assert.deepEqual([good.reason, good.status], ['delivered', 201])
  assert.match(String(good.provider_id), /^[0-9a-f]{12}$/)
  assert.deepEqual([gone.reason, gone.status], ['rejected', 410])
}

async function confirmPusher(t: TestContext, shared: Shared): Promise<void> {
  const { alice, room, pushes, webApp, inPage, stateInPage, bodies, pushers } = await fixture(t, shared)

  // The server sends the token in a push, and the page returns it.
  const { status } = await inPage('enablePush', { appId: APP_ID })
  assert.equal(status, 201)
  await eventually(async () => (await stateInPage()) === 'on')
  assert.deepEqual(
    (await pushers()).map(({ kind, activated }) => ({ kind, activated })),
    [{ kind: 'webpush', activated: true }],
  )
  assert.equal(webApp.shown.length, 0)

  const event = await alice.say(room, 'Soup today')
  const [shown] = await eventually(() => webApp.shown.length > 0 && webApp.shown)
  assert.equal(shown?.title, 'Alice in Lunch')
  assert.equal((shown.payload['notification'] as Record<string, unknown>)['event_id'], event)

  assert.equal(await inPage('disablePush'), true)
  await alice.say(room, 'Where is everybody?')
  await eventually(async () => (await pushers()).length === 0)
  assert.deepEqual(pushes.statuses(), [201, 201, 410])
  assert.deepEqual(bodies(), ['Soup today'])
}

test('pushes to Firefox', options, async (t) => {
  assert('path' in firefox)
  const autopush = await startAutopush()
  afterTest(t, () => autopush[Symbol.asyncDispose]())
  const browser = await startFirefox(t, { path: firefox.path, pushUrl: autopush.url })
  const shared = { browser, autopush }
  await t.test('the browser of another user shows a message until pushes are disabled in it', (one) =>
    showUntilDisabled(one, shared),
  )
  await t.test(
    'without a gateway, the browser confirms its pusher and gets pushes from the home server',
    (one) => confirmPusher(one, shared),
  )
})
