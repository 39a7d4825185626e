import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { keepVapidKey } from '../../src/app.ts'
import { afterTest } from '../support/after-test.ts'
import { foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type BrowserSubscription, startPushService } from '../support/push-service.ts'
import { startTestServer } from '../support/server.ts'

const WEB = 'org.example.web'
const PHONE = 'org.example.android.fdroid'

/** A Belfry whose gateway serves browsers and UnifiedPush phones, and Alice and Bob in a room. */
async function fixture(t: TestContext) {
  const data = newDataFolder(t)
  const vapid = join(data, 'vapid.pem')
  const { publicKey } = await keepVapidKey(vapid)
  const config = join(data, 'belfry.yaml')
  const web = { type: 'webpush', vapid_private_key: vapid, vapid_contact_email: 'push@belfry.example' }
  const apps = { [WEB]: web, 'org.example.android.*': { type: 'unifiedpush' } }
  writeFileSync(config, JSON.stringify({ gateway: { apps } }))
  const { url } = await startTestServer(t, { flags: ['--config', config] })
  const service = await startPushService()
  afterTest(t, () => service[Symbol.asyncDispose]())
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  const room = await alice.createRoom({ preset: 'public_chat', name: 'Lunch' })
  await bob.post(`/join/${encodeURIComponent(room)}`)
  const setPusher = (user: TestUser, more: object) =>
    user.post('/pushers/set', { ...foundingPusher(`${url}/_matrix/push/v1/notify`), append: true, ...more })
  const setBrowser = async (user: TestUser, { endpoint, keys }: BrowserSubscription, more: object = {}) => {
    const gateway = `${url}/_matrix/push/v1/notify`
    const pusherData = { url: gateway, endpoint, auth: keys.auth, events_only: true, ...more }
    await setPusher(user, { app_id: WEB, pushkey: keys.p256dh, instance_handle: keys.auth, data: pusherData })
  }
  const payloadsFor = ({ endpoint }: BrowserSubscription) =>
    service.received
      .filter((push) => push.endpoint === endpoint)
      .map(({ text }) => JSON.parse(text ?? '{}') as Record<string, unknown>)
  return { url, publicKey, service, alice, bob, room, setPusher, setBrowser, payloadsFor }
}

const pushkeysOf = async (user: TestUser) =>
  ((await user.get('/pushers'))['pushers'] as { pushkey: string }[]).map(({ pushkey }) => pushkey)

test('each browser gets its own encrypted push; a browser that is gone loses its pusher, the other keeps it', async (t) => {
  const { publicKey, service, alice, bob, room, setBrowser, payloadsFor } = await fixture(t)
  const [laptop, desk] = [service.subscribe(publicKey), service.subscribe(publicKey)]
  await setBrowser(bob, laptop)
  await setBrowser(bob, desk)
  const event = await alice.say(room, 'Soup today')
  for (const browser of [laptop, desk]) {
    const [payload] = await eventually(() => payloadsFor(browser).length > 0 && payloadsFor(browser))
    assert.equal(payload?.['event_id'], event)
    assert.deepEqual(payload['content'], { msgtype: 'm.text', body: 'Soup today' })
    assert.equal(payload['room_name'], 'Lunch')
  }
  assert.equal(new Set(service.received.map(({ headers }) => headers.authorization)).size, 1)

  service.unsubscribe(laptop)
  await alice.say(room, 'With bread')
  await eventually(async () => (await pushkeysOf(bob)).length === 1)
  assert.deepEqual(await pushkeysOf(bob), [desk.keys.p256dh])
  await eventually(() => payloadsFor(desk).length === 2)
})

test('a push service with Retry-After gets the push later, and no pusher is removed', async (t) => {
  const { publicKey, service, alice, bob, room, setBrowser, payloadsFor } = await fixture(t)
  const browser = service.subscribe(publicKey)
  await setBrowser(bob, browser)
  service.respondWith({ status: 429, headers: { 'retry-after': '1' } })
  const event = await alice.say(room, 'Soup today')
  await eventually(() => service.received.length === 1)
  service.respondWith(undefined)
  await eventually(() => payloadsFor(browser).length === 2)
  assert.deepEqual(
    payloadsFor(browser).map((payload) => payload['event_id']),
    [event, event],
  )
  const topics = service.received.map(({ headers }) => headers['topic'])
  assert.equal(topics[0], topics[1])
  assert.deepEqual(await pushkeysOf(bob), [browser.keys.p256dh])
})

test('a subscription for another VAPID key removes its pusher only after the key of this server was accepted once', async (t) => {
  const { publicKey, service, alice, bob, room, setBrowser, payloadsFor } = await fixture(t)
  const other = service.subscribe('BOtherKey')
  await setBrowser(bob, other)
  await alice.say(room, 'One')
  await eventually(() => payloadsFor(other).length === 1)
  assert.deepEqual(await pushkeysOf(bob), [other.keys.p256dh])

  const good = service.subscribe(publicKey)
  await setBrowser(alice, good)
  await bob.say(room, 'Two')
  // The configuration error delays sending to the origin, then it is retried.
  await eventually(() => payloadsFor(good).length === 1)
  await alice.say(room, 'Three')
  await eventually(async () => (await pushkeysOf(bob)).length === 0)
})

test('a UnifiedPush phone gets the notification at its endpoint', async (t) => {
  const { alice, bob, room, setPusher, url } = await fixture(t)
  const received: { path: string | undefined; body: unknown }[] = []
  let status = 200
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      received.push({ path: request.url, body })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(t, () => server.close())
  const pushkey = `http://127.0.0.1:${(server.address() as AddressInfo).port}/upAbc?up=1`
  await setPusher(bob, { app_id: PHONE, pushkey, data: { url: `${url}/_matrix/push/v1/notify` } })
  const event = await alice.say(room, 'Soup today')
  await eventually(() => received.length > 0)
  const [{ path, body } = { path: '', body: {} }] = received
  assert.equal(path, '/upAbc?up=1')
  const { notification } = body as { notification: Record<string, unknown> }
  assert.equal(notification['event_id'], event)
  assert.equal(notification['devices'], undefined)

  status = 410
  await alice.say(room, 'With bread')
  await eventually(async () => (await pushkeysOf(bob)).length === 0)
})
