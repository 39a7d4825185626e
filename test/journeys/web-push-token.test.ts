import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { keepVapidKey } from '../../src/app.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type PushService, type PushServiceOptions, startPushService } from '../support/push-service.ts'
import { startTestServer } from '../support/server.ts'

// Pushers must survive a push service that does not accept the token of this server: 30 browsers, through the
// server's gateway and without it.

const DIRECT = 'org.example.direct'
const BY_GATEWAY = 'org.example.gateway'
const BROWSERS = 15
const JUMP_MS = 13 * 3_600_000

type Health = {
  status: string
  web_push: { state: string; contact?: string; troubles: { reason: string }[] }
  gateway: { apps: Record<string, { state: string; troubles: { reason: string }[] }> }
}

async function createFixture(t: TestContext, options: PushServiceOptions = {}) {
  const data = newDataFolder(t)
  const keyFile = join(data, 'vapid.pem')
  await keepVapidKey(keyFile)
  const config = join(data, 'belfry.yaml')
  const app = { type: 'webpush', vapid_private_key: keyFile, vapid_contact_email: 'push@belfry.example' }
  writeFileSync(config, JSON.stringify({ gateway: { apps: { [BY_GATEWAY]: app } } }))
  const lines: { level: string; msg: string; reason?: string }[] = []
  const log = createLog({
    level: 'info',
    stream: { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
  })
  let skew = 0
  const clock = { now: () => Date.now() + skew, sleep: systemClock.sleep.bind(systemClock) }
  const { url } = await startTestServer(t, { data, flags: ['--config', config], environment: { clock, log } })
  const service = await startPushService(options)
  afterTest(t, () => service[Symbol.asyncDispose]())
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  const room = await alice.createRoom({ preset: 'public_chat' })
  await bob.post(`/join/${encodeURIComponent(room)}`)
  for (let at = 0; at < BROWSERS; at++) await setBoth(bob, service, url)
  const tokens = () => texts(service).flatMap((payload) => payload['ack_token'] ?? [])
  await eventually(() => tokens().length === BROWSERS)
  for (const token of tokens()) await bob.post('/pushers/ack', { app_id: DIRECT, ack_token: token })
  const pushers = async () => (await bob.get('/pushers'))['pushers'] as { 'org.belfry.status': Status }[]
  const health = async () => (await call(`${url}/health`)).body as unknown as Health
  const removed = async () => (await call(`${url}/_belfry/v1/pushers`, { token: bob.token })).body['removed']
  const pushesWith = (body: string) =>
    texts(service).filter((payload) => JSON.stringify(payload).includes(body)).length
  return {
    alice,
    room,
    service,
    lines,
    pushers,
    health,
    removed,
    pushesWith,
    jump: (ms: number) => (skew += ms),
  }
}

type Status = { state: string; last_error: string | null }

const texts = ({ received }: PushService) =>
  received.map(({ text }) => JSON.parse(text ?? '{}') as Record<string, string>)

/** Two pushers of one browser: one sent by the server itself, one through its gateway. */
async function setBoth(user: TestUser, service: PushService, url: string): Promise<void> {
  const [direct, other] = [service.subscribe(), service.subscribe()]
  const set = (fields: object) =>
    user.try(
      'POST',
      '/pushers/set',
      foundingPusher('', { append: true, instance_handle: undefined, ...fields }),
    )
  const one = await set({
    kind: 'webpush',
    app_id: DIRECT,
    pushkey: direct.keys.p256dh,
    data: { url: direct.endpoint, auth: direct.keys.auth },
  })
  assert.equal(one.status, 201, JSON.stringify(one.body))
  const data = { url: `${url}/_matrix/push/v1/notify`, endpoint: other.endpoint, auth: other.keys.auth }
  const two = await set({
    app_id: BY_GATEWAY,
    pushkey: other.keys.p256dh,
    data: { ...data, events_only: true },
  })
  assert.equal(two.status, 200, JSON.stringify(two.body))
}

suite('a push service that refuses the token of this server', () => {
  test('removes no pusher, is reported to the operator, and gets everything after it accepts the token', async (t) => {
    const { alice, room, service, lines, pushers, health, removed, pushesWith } = await createFixture(t)
    assert.deepEqual((await health()).web_push.state, 'ok')
    await alice.say(room, 'before')
    await eventually(() => pushesWith('before') === 2 * BROWSERS)

    service.respondWith({ status: 403, body: '{"reason":"BadJwtToken"}' })
    await alice.say(room, 'refused')
    const well = await eventually(async () => {
      const { web_push: own, gateway } = await health()
      const app = gateway.apps[BY_GATEWAY]
      return own.state === 'failing' && app?.state === 'failing' && { own, app }
    })
    assert.deepEqual(
      well.own.troubles.map(({ reason }) => reason),
      ['BadJwtToken'],
    )
    assert.deepEqual(
      well.app.troubles.map(({ reason }) => reason),
      ['BadJwtToken'],
    )
    await eventually(async () =>
      (await pushers()).some((one) => one['org.belfry.status'].last_error === 'vapid token refused'),
    )
    assert.equal((await pushers()).length, 2 * BROWSERS)
    assert.deepEqual(await removed(), [])
    const alarms = lines.filter(({ level, reason }) => level === 'error' && reason === 'BadJwtToken')
    assert.ok(alarms.some(({ msg }) => msg.includes("refuses this server's VAPID token")))
    assert.ok(alarms.some(({ msg }) => msg.includes('check its configuration')))

    const accepted = new Set<string>()
    service.respondWith(({ endpoint, text }) => {
      if (text?.includes('refused') === true) accepted.add(endpoint)
      return { status: 201 }
    })
    await eventually(() => accepted.size === 2 * BROWSERS)
    await eventually(async () => (await health()).web_push.state === 'ok')
    assert.deepEqual(await removed(), [])
  })

  for (const hours of [13, -13])
    test(`all browsers get pushes after the machine's clock was set by ${hours} h`, async (t) => {
      const refuse = () => ({ status: 403, body: 'permission denied: invalid JWT provided' })
      const { alice, room, pushers, removed, pushesWith, jump } = await createFixture(t, { refuse })
      jump(Math.sign(hours) * JUMP_MS)
      await alice.say(room, 'after the jump')
      await eventually(() => pushesWith('after the jump') === 2 * BROWSERS)
      assert.equal((await pushers()).length, 2 * BROWSERS)
      assert.deepEqual(await removed(), [])
    })

  test('a subscription for another key is removed, and no other', async (t) => {
    const { alice, room, service, pushers, removed, pushesWith } = await createFixture(t)
    await alice.say(room, 'before')
    await eventually(() => pushesWith('before') === 2 * BROWSERS)
    const [victim] = service.received.slice(-1).map(({ endpoint }) => endpoint)
    const mismatch = { status: 400, body: '{"reason":"VapidPkHashMismatch"}' }
    service.respondWith(({ endpoint }) => (endpoint === victim ? mismatch : { status: 201 }))
    await alice.say(room, 'after')
    await eventually(async () => (await pushers()).length === 2 * BROWSERS - 1)
    assert.deepEqual(
      ((await removed()) as { reason: string }[]).map(({ reason }) => reason),
      ['rejected'],
    )
  })
})
