import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Page } from 'puppeteer-core'
import { keepVapidKey } from '../../src/app.ts'
import { shortHash } from '../../src/lib/short-hash.ts'
import { startAutopush } from '../support/autopush.ts'
import { call, registerUser } from '../support/client.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { findFirefox, startFirefox } from '../support/firefox.ts'
import { startTestServer } from '../support/server.ts'
import { startWebApp } from '../support/web-app.ts'

const APP_ID = 'org.example.web'
const TAMPERED = 101
const SHOWN = 100

const firefox = findFirefox()
const skip = 'missing' in firefox ? firefox.missing : false

/** What `test/support/web-app/app.js` offers. */
type InPage = {
  enablePush(options: Record<string, string>): Promise<{ keys: { p256dh: string }; status: number }>
  shownNotifications(): Promise<{ title: string; body: string }[]>
  disablePush(): Promise<boolean>
}

type Step = { step: string; reason: string; status?: number; provider_id?: string }

/** A Belfry with a gateway for browsers, and the page of a web client in a Firefox. */
async function house(t: TestContext, path: string) {
  const data = temporaryFolder(t)
  const keyFile = join(data, 'vapid.pem')
  const { publicKey } = await keepVapidKey(keyFile)
  const config = join(data, 'belfry.yaml')
  const app = { type: 'webpush', vapid_private_key: keyFile, vapid_contact_email: 'push@belfry.example' }
  writeFileSync(config, JSON.stringify({ gateway: { apps: { [APP_ID]: app } } }))
  const server = await startTestServer(t, { flags: ['--config', config] })
  const autopush = await startAutopush()
  t.after(() => autopush[Symbol.asyncDispose]())
  const webApp = await startWebApp()
  t.after(() => webApp[Symbol.asyncDispose]())
  const browser = await startFirefox(t, { path, pushUrl: autopush.url })
  const page = await browser.newPage()
  await page.goto(webApp.url)
  return { homeServer: server.url, publicKey, autopush, webApp, page }
}

async function enablePush(page: Page, options: Record<string, string>) {
  return page.evaluate((given) => (globalThis as unknown as InPage).enablePush(given), options)
}

test(
  'a message by one user is shown by the browser of another, until it is closed to pushes',
  { skip },
  async (t) => {
    assert('path' in firefox)
    const { homeServer, publicKey, autopush, webApp, page } = await house(t, firefox.path)
    const [alice, bob] = [await registerUser(homeServer, 'alice'), await registerUser(homeServer, 'bob')]
    await alice.put(`/profile/${alice.userId}/displayname`, { displayname: 'Alice' })
    const room = await alice.createRoom({ preset: 'public_chat', name: 'Lunch' })
    await bob.post(`/join/${encodeURIComponent(room)}`)
    const receiptFor = (code: number) => eventually(() => autopush.receipts.find((one) => one.code === code))

    // Bob's page subscribes and sets the pusher.
    const { keys, status } = await enablePush(page, {
      homeServer,
      token: bob.token,
      appId: APP_ID,
      gatewayUrl: `${homeServer}/_matrix/push/v1/notify`,
      applicationServerKey: publicKey,
    })
    assert.equal(status, 200)

    // What Alice says is shown.
    const event = await alice.say(room, 'Soup today')
    const [shown] = await eventually(() => webApp.shown.length > 0 && webApp.shown)
    assert(shown)
    assert.deepEqual([shown.title, shown.body], ['Alice in Lunch', 'Soup today'])
    assert.equal(shown.payload['event_id'], event)
    assert.equal(shown.payload['session_id'], 'the-only-one')
    await receiptFor(SHOWN)
    assert.deepEqual(await page.evaluate(() => (globalThis as unknown as InPage).shownNotifications()), [
      { title: 'Alice in Lunch', body: 'Soup today' },
    ])

    // What somebody on the way has changed is not.
    autopush.tamper((body) => {
      const last = body.length - 1
      body.writeUInt8(body.readUInt8(last) ^ 1, last)
      return body
    })
    await alice.say(room, 'Soup is poisoned')
    await receiptFor(TAMPERED)
    autopush.tamper(undefined)
    await alice.say(room, 'Soup is fine')
    await eventually(() => webApp.shown.length > 1)
    assert.deepEqual(
      webApp.shown.map(({ body }) => body),
      ['Soup today', 'Soup is fine'],
    )

    // Bob switches it off in the browser, which tells nobody but its push service.
    assert.equal(await page.evaluate(() => (globalThis as unknown as InPage).disablePush()), true)
    const pushers = async () => (await bob.get('/pushers'))['pushers'] as unknown[]
    assert.equal((await pushers()).length, 1)
    const last = await alice.say(room, 'Where is everybody?')
    await eventually(async () => (await pushers()).length === 0)
    assert.deepEqual(
      autopush.requests.map((request) => request.status),
      [201, 201, 201, 410],
    )
    const { body } = await call(`${homeServer}/_belfry/v1/pushers`, { token: bob.token })
    const [removed] = body['removed'] as Record<string, unknown>[]
    assert.equal(removed?.['app_id'], APP_ID)
    assert.equal(removed['reason'], 'rejected')
    assert.equal(removed['pushkey_hash'], shortHash(keys.p256dh))
    assert.equal(webApp.shown.length, 2)

    // Bob can see what the push service made of the first message and of the last.
    const verdictOn = (eventId: string) =>
      eventually(async () => {
        const path = `/_belfry/v1/journey?event_id=${encodeURIComponent(eventId)}`
        const { pushers: ways } = (await call(homeServer + path, { token: bob.token })).body
        return (ways as { steps: Step[] }[])[0]?.steps.find(({ step }) => step === 'gateway')
      })
    const [good, gone] = [await verdictOn(event), await verdictOn(last)]
    assert.deepEqual([good.reason, good.status], ['delivered', 201])
    assert.match(String(good.provider_id), /^[0-9a-f]{12}$/)
    assert.deepEqual([gone.reason, gone.status], ['rejected', 410])
  },
)
