import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { shortHash } from '../../src/lib/short-hash.ts'
import { afterTest } from '../support/after-test.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { checkedResponses } from '../support/response-check.ts'
import { call, foundingPusher, loginUser, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type PokeReceiver, startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { deviceRule, globalRule } from './two-devices.ts'

// Why an event caused a notification or not, requested after later changes.

type Step = { step: string; reason: string; text: string; at: number | null } & Record<string, unknown>
type Journey = {
  notifies: boolean | null
  read: boolean
  traced: boolean
  steps: Step[]
  pushers: ({ state: string; reason: string; pushkey_hash: string; steps: Step[] } & Record<
    string,
    unknown
  >)[]
}
type SyncFixture = {
  server: TestServer
  gateway: PokeReceiver
  alice: TestUser
  bob: TestUser
  /** A public room with alice, bob and carol. */
  roomId: string
}

const KEY = 'alices-phone'
const journeyUrl = (url: string, query: Record<string, string>) =>
  `${url}/_belfry/v1/journey?${new URLSearchParams(query).toString()}`

async function journey(
  { server }: Pick<SyncFixture, 'server'>,
  user: TestUser,
  eventId: string,
): Promise<Journey> {
  const { status, body } = await call(journeyUrl(server.url, { event_id: eventId }), { token: user.token })
  assert.equal(status, 200, JSON.stringify(body))
  return body as unknown as Journey
}

/** Waits until the event has the given state for the user's only pusher. */
async function arrived(fixture: SyncFixture, eventId: string, state: string): Promise<Journey> {
  await eventually(async () => (await journey(fixture, fixture.alice, eventId)).pushers[0]?.state === state)
  return journey(fixture, fixture.alice, eventId)
}

const words = (steps: readonly Step[] = []) => steps.map(({ step, reason }) => `${step}: ${reason}`)
const ofPusher = ({ pushers }: Journey) => words(pushers[0]?.steps)

async function createSyncFixture(t: TestContext, env: Record<string, string> = {}): Promise<SyncFixture> {
  const server = await startTestServer(t, { env })
  const gateway = await startPokeReceiver(t)
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const carol = await registerUser(server.url, 'carol')
  await alice.post('/pushers/set', foundingPusher(gateway.url, { pushkey: KEY, instance_handle: 'phone' }))
  const roomId = await bob.createRoom({ preset: 'public_chat', name: 'The office' })
  for (const member of [alice, carol]) await member.post(`/join/${encodeURIComponent(roomId)}`)
  return { server, gateway, alice, bob, roomId }
}

describe('the journey of a notification', () => {
  test('lists every step of a sent event with its time and reason', async (t) => {
    const fixture = await createSyncFixture(t)
    const before = Date.now()
    const eventId = await fixture.bob.say(fixture.roomId, 'hello, a secret')
    const report = await arrived(fixture, eventId, 'sent')
    assert.deepEqual(words(report.steps), ['stored: stored', 'decided: notifies', 'counted: unread'])
    assert.deepEqual(report.steps[1]?.['rule'], { kind: 'underride', rule_id: '.m.rule.message' })
    assert.deepEqual(ofPusher(report), ['waiting: queued', 'attempt: taken', 'sent: sent'])
    const [pusher] = report.pushers
    assert.equal(pusher?.pushkey_hash, shortHash(KEY))
    assert.deepEqual(
      [pusher?.['app_id'], pusher?.['device_display_name'], pusher?.['removed_at']],
      ['org.example.app.ios', "Alice's phone", null],
    )
    const attempt = pusher?.steps[1]
    assert.deepEqual([attempt?.['attempt'], attempt?.['status'], attempt?.['error']], [1, 200, null])
    assert.ok(typeof attempt?.['ms'] === 'number')
    for (const { at, text } of [...report.steps, ...(pusher?.steps ?? [])]) {
      assert.ok(at !== null && at >= before && at <= Date.now())
      assert.match(text, /^[A-Z].+\.$/)
    }
    assert.deepEqual([report.notifies, report.read, report.traced], [true, false, true])
    const all = JSON.stringify(report)
    for (const secret of [KEY, 'secret', fixture.gateway.url, '127.0.0.1'])
      assert.ok(!all.includes(secret), secret)
  })

  test('lists an attempt that was refused with 503 and the next one that succeeded', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway } = fixture
    gateway.respondWith(() => (gateway.pokes.length === 1 ? { status: 503 } : {}))
    const report = await arrived(fixture, await fixture.bob.say(fixture.roomId, 'hello'), 'sent')
    assert.deepEqual(ofPusher(report), ['waiting: queued', 'attempt: failed', 'attempt: taken', 'sent: sent'])
    const [, first, second] = report.pushers[0]?.steps ?? []
    assert.deepEqual([first?.['attempt'], first?.['status'], first?.['error']], [1, 503, 'status 503'])
    assert.match(first?.text ?? '', /\(status 503\)/)
    assert.deepEqual([second?.['attempt'], second?.['status']], [2, 200])
  })

  test('returns the error and the time of the next attempt while the gateway fails', async (t) => {
    const fixture = await createSyncFixture(t)
    fixture.gateway.respondWith({ status: 503, headers: { 'retry-after': '600' } })
    const eventId = await fixture.bob.say(fixture.roomId, 'hello')
    await eventually(async () => ofPusher(await journey(fixture, fixture.alice, eventId)).length === 3)
    const report = await journey(fixture, fixture.alice, eventId)
    assert.deepEqual(ofPusher(report), ['waiting: queued', 'attempt: failed', 'waiting: gateway failing'])
    assert.equal(report.pushers[0]?.state, 'waiting')
    const last = report.pushers[0]?.steps.at(-1)
    assert.equal(last?.['error'], 'status 503')
    assert.ok(Number(last?.['next_attempt_at']) > Date.now() + 500_000)
    // Events behind it in the queue have the same reason.
    const behind = await journey(fixture, fixture.alice, await fixture.bob.say(fixture.roomId, 'dong'))
    assert.deepEqual(ofPusher(behind), ['waiting: queued', 'waiting: gateway failing'])
  })

  test('keeps the name and hash of a pusher that was removed after a rejection, and lists its dropped events', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway, bob, roomId, alice } = fixture
    const hold = Promise.withResolvers<void>()
    gateway.respondWith(async () => {
      await hold.promise
      return { body: { rejected: [KEY] } }
    })
    const eventId = await bob.say(roomId, 'hello')
    const waiting = await bob.say(roomId, 'dong')
    hold.resolve()
    const report = await arrived(fixture, eventId, 'rejected')
    assert.deepEqual(ofPusher(report), ['waiting: queued', 'attempt: rejected', 'rejected: rejected'])
    assert.deepEqual((await alice.get('/pushers'))['pushers'], [])
    assert.equal(report.pushers[0]?.pushkey_hash, shortHash(KEY))
    assert.ok(Number(report.pushers[0]?.['removed_at']) > 0)
    assert.deepEqual(ofPusher(await journey(fixture, alice, waiting)), [
      'waiting: queued',
      'cleared: pusher removed',
    ])
    const later = await journey(fixture, alice, await bob.say(roomId, 'without pushers'))
    assert.deepEqual(later.pushers, [])
    assert.equal(words(later.steps).at(-1), 'not queued: no pushers')
  })

  test('lists a permanent refusal of the long and the short form', async (t) => {
    const fixture = await createSyncFixture(t)
    fixture.gateway.respondWith({ status: 400 })
    const report = await arrived(fixture, await fixture.bob.say(fixture.roomId, 'hello'), 'dropped')
    assert.deepEqual(ofPusher(report), [
      'waiting: queued',
      'attempt: refused, shorter next',
      'attempt: refused',
      'dropped: refused for good',
    ])
    assert.deepEqual(
      report.pushers[0]?.steps.map(({ attempt, status }) => [attempt, status]),
      [
        [undefined, undefined],
        [1, 400],
        [2, 400],
        [undefined, undefined],
      ],
    )
  })

  test('lists an event that was read before it could be sent', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway, alice, bob, roomId } = fixture
    const failed = Promise.withResolvers<void>()
    gateway.respondWith(() => {
      failed.resolve()
      return { status: 503 }
    })
    const eventId = await bob.say(roomId, 'hello')
    await failed.promise
    await alice.read(roomId, eventId)
    gateway.respondWith({})
    const report = await arrived(fixture, eventId, 'skipped')
    assert.equal(ofPusher(report).at(-1), 'skipped: read')
    assert.equal(report.read, true)
  })

  test('lists the collapsed events of a room after an outage', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway, alice, bob, roomId } = fixture
    // The first attempt ends when all messages are queued: the next one finds the whole backlog, at any speed.
    let fail = () => {}
    const queued = new Promise<void>((resolve) => (fail = resolve))
    gateway.respondWith(async () => {
      await queued
      return { status: 503 }
    })
    const sent: string[] = []
    for (let n = 0; n < 25; n++) sent.push(await bob.say(roomId, `message ${n}`))
    gateway.respondWith({})
    fail()
    const newest = await arrived(fixture, String(sent.at(-1)), 'sent')
    assert.equal(ofPusher(newest).at(-1), 'sent: sent')
    const reasons = await Promise.all(
      sent.slice(0, -1).map(async (id) => ofPusher(await journey(fixture, alice, id)).at(-1)),
    )
    assert.equal(new Set(reasons).size, 1)
    assert.equal(reasons[0], 'skipped: collapsed')
  })

  test('lists an event that a device rule suppresses and that counts as unread, with the rule', async (t) => {
    const fixture = await createSyncFixture(t)
    const { alice, bob, roomId } = fixture
    const until = Date.now() + 3_600_000
    await alice.put(deviceRule('phone', 'room', roomId), { actions: [], 'org.belfry.until': until })
    const report = await arrived(fixture, await bob.say(roomId, 'hello'), 'skipped')
    const rule = { scope: 'device', kind: 'room', rule_id: roomId, until }
    assert.deepEqual(report.pushers[0]?.steps.at(-1)?.['rule'], rule)
    assert.deepEqual(words(report.steps).slice(1), ['decided: notifies', 'counted: unread'])
    assert.deepEqual(ofPusher(report), ['waiting: queued', 'skipped: suppressed by a device rule'])
  })

  test('returns the rule that did not notify of a muted message, a notice or a reaction, after the rules have changed', async (t) => {
    const fixture = await createSyncFixture(t)
    const { alice, bob, roomId } = fixture
    const rule = globalRule('room', roomId)
    await alice.put(rule, { actions: [] })
    const muted = await bob.say(roomId, 'hello')
    await alice.delete(rule)
    const notice = await bob.say(roomId, 'bot speaking', { msgtype: 'm.notice' })
    const why = async (eventId: string) => {
      const report = await journey(fixture, alice, eventId)
      assert.equal(report.notifies, false)
      assert.deepEqual(ofPusher(report), ['not queued: does not notify'])
      return [words(report.steps).at(-1), report.steps.at(-1)?.['rule']]
    }
    assert.deepEqual(await why(muted), ['decided: does not notify', { kind: 'room', rule_id: roomId }])
    assert.deepEqual(await why(notice), [
      'decided: does not notify',
      { kind: 'override', rule_id: '.m.rule.suppress_notices' },
    ])
    const topic = `/rooms/${encodeURIComponent(roomId)}/state/m.room.topic`
    const quiet = String((await bob.put(topic, { topic: 'bells' }))['event_id'])
    assert.deepEqual(await why(quiet), ['decided: no rule matched', null])
  })

  test('returns the reason for own events, an ignored sender and a user who joined later', async (t) => {
    const fixture = await createSyncFixture(t)
    const { server, alice, bob, roomId } = fixture
    const decided = async (user: TestUser, eventId: string) =>
      words((await journey(fixture, user, eventId)).steps).find((word) => word.startsWith('decided'))
    assert.equal(await decided(alice, await alice.say(roomId, 'mine')), 'decided: own event')
    const before = await bob.say(roomId, 'before')
    await alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: { [bob.userId]: {} },
    })
    const ignored = await bob.say(roomId, 'ignored')
    await alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: {},
    })
    assert.equal(await decided(alice, ignored), 'decided: sender is ignored')
    const dora = await registerUser(server.url, 'dora')
    await dora.post(`/join/${encodeURIComponent(roomId)}`)
    assert.equal(await decided(dora, before), 'decided: not a member')
    const report = await journey(fixture, dora, await bob.say(roomId, 'after'))
    assert.deepEqual(words(report.steps).at(-1), 'not queued: no pushers')
  })

  test('returns the reason for a disabled pusher, one that was disabled, and one that was set later', async (t) => {
    const fixture = await createSyncFixture(t)
    const { alice, bob, roomId, gateway } = fixture
    const set = (more: Record<string, unknown>) =>
      alice.post(
        '/pushers/set',
        foundingPusher(gateway.url, { pushkey: KEY, instance_handle: 'phone', ...more }),
      )
    await set({ enabled: false })
    const off = await bob.say(roomId, 'off')
    assert.deepEqual(ofPusher(await journey(fixture, alice, off)), ['not queued: pusher disabled'])
    await set({ enabled: true })
    assert.deepEqual(ofPusher(await journey(fixture, alice, off)), ['not queued: pusher disabled'])
    await set({ pushkey: 'late', instance_handle: 'tablet' })
    const { pushers } = await journey(fixture, alice, off)
    assert.deepEqual(pushers.map(({ reason }) => reason).toSorted(), [
      'pusher disabled',
      'set after the event',
    ])
    gateway.respondWith({ status: 503 })
    const waiting = await bob.say(roomId, 'waits')
    await set({ enabled: false })
    const own = (await journey(fixture, alice, waiting)).pushers.find(
      (one) => one.pushkey_hash === shortHash(KEY),
    )
    assert.deepEqual([own?.state, own?.reason], ['cleared', 'pusher disabled'])
  })

  test('lists an event that was redacted while it was queued', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway, bob, roomId } = fixture
    const failed = Promise.withResolvers<void>()
    gateway.respondWith(() => {
      failed.resolve()
      return { status: 503 }
    })
    const eventId = await bob.say(roomId, 'oops')
    await failed.promise
    await bob.put(`/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(eventId)}/r`, {})
    gateway.respondWith({})
    const report = await arrived(fixture, eventId, 'skipped')
    assert.equal(ofPusher(report).at(-1), 'skipped: redacted')
    assert.deepEqual(words(report.steps), [
      'stored: stored',
      'decided: notifies',
      'counted: unread',
      'retracted: redacted',
    ])
  })

  test('lists the step of the app in the gateway of this server', async (t) => {
    const fixture = await createSyncFixture(t)
    const { server, alice, bob, roomId } = fixture
    await alice.post('/pushers/set', {
      ...foundingPusher(`${server.url}/_matrix/push/v1/notify`, { pushkey: KEY, instance_handle: 'inbox' }),
      app_id: 'org.belfry.inbox',
    })
    const eventId = await bob.say(roomId, 'hello')
    const inbox = async () =>
      (await journey(fixture, alice, eventId)).pushers.find(
        (pusher) => pusher['app_id'] === 'org.belfry.inbox',
      )
    await eventually(async () => {
      const found = await inbox()
      return found?.state === 'sent' && found.steps.some(({ step }) => step === 'gateway')
    })
    assert.deepEqual(words((await inbox())?.steps), [
      'waiting: queued',
      'gateway: delivered',
      'attempt: taken',
      'sent: sent',
    ])
    const phone = (await journey(fixture, alice, eventId)).pushers.find(
      (pusher) => pusher['app_id'] !== 'org.belfry.inbox',
    )
    assert.ok(
      !words(phone?.steps).some((word) => word.startsWith('gateway')),
      'the other app has nothing of it',
    )
  })

  test('checks the requester and the event', async (t) => {
    const fixture = await createSyncFixture(t)
    const { server, alice, bob, roomId } = fixture
    const eventId = await bob.say(roomId, 'hello')
    const hidden = await bob.createRoom({ preset: 'private_chat' })
    const secret = await bob.say(hidden, 'psst')
    const ask = (query: Record<string, string>, token: string | undefined = alice.token) =>
      call(journeyUrl(server.url, query), { token })
    const unseen = await ask({ event_id: secret })
    const unknown = await ask({ event_id: '$no-such-event' })
    assert.deepEqual([unseen.status, unseen.body['errcode']], [404, 'M_NOT_FOUND'])
    assert.deepEqual(unseen.body, unknown.body)
    const errcode = async (query: Record<string, string>) => {
      const { status, body } = await ask(query)
      return [status, body['errcode']]
    }
    assert.deepEqual(await errcode({}), [400, 'M_MISSING_PARAM'])
    assert.deepEqual(await errcode({ event_id: 'x' }), [400, 'M_INVALID_PARAM'])
    assert.deepEqual(await errcode({ event_id: eventId, user_id: 'nobody' }), [400, 'M_INVALID_PARAM'])
    assert.deepEqual(await errcode({ event_id: eventId, user_id: bob.userId }), [403, 'M_FORBIDDEN'])
    assert.deepEqual(await errcode({ event_id: eventId, user_id: alice.userId }), [200, undefined])
    assert.equal((await call(journeyUrl(server.url, { event_id: eventId }))).status, 401)
  })

  test('returns the steps of sending after the user left, without the decision of the rules', async (t) => {
    const fixture = await createSyncFixture(t)
    const { alice, bob, roomId } = fixture
    const eventId = await bob.say(roomId, 'hello')
    await arrived(fixture, eventId, 'sent')
    await alice.post(`/rooms/${encodeURIComponent(roomId)}/leave`)
    const report = await journey(fixture, alice, eventId)
    assert.equal(words(report.steps)[1], 'decided: not kept')
    assert.deepEqual([report.notifies, ofPusher(report).at(-1)], [null, 'sent: sent'])
  })

  test('records nothing if trace is disabled, and returns what other tables contain', async (t) => {
    const fixture = await createSyncFixture(t, { BELFRY_TRACE_ENABLED: 'false' })
    const { alice, bob, roomId, gateway } = fixture
    const eventId = await bob.say(roomId, 'hello')
    await gateway.waitFor((poke) => poke.event_id === eventId)
    const report = await arrived(fixture, eventId, 'not queued')
    assert.deepEqual([report.traced, report.notifies], [false, true])
    assert.deepEqual(ofPusher(report), ['not queued: not recorded'])
    const notice = await journey(fixture, alice, await bob.say(roomId, 'x', { msgtype: 'm.notice' }))
    assert.equal(words(notice.steps)[1], 'decided: not kept')
  })

  test('lets an administrator read journeys of all users without pushkeys', async (t) => {
    const data = newDataFolder(t)
    const flags = ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'silent']
    const belfry = await createBelfry(loadConfig({ argv: [...flags, '--open-registration'], env: {} }), {
      onResponse: checkedResponses(t),
      passwordCost: CHEAP,
    })
    afterTest(t, () => belfry.close())
    await belfry.accounts.add({ name: 'root', password: PASSWORD, admin: true })
    const { url } = await belfry.listen()
    const [root, alice, bob] = [
      await loginUser(url, 'root'),
      await registerUser(url, 'alice'),
      await registerUser(url, 'bob'),
    ]
    const gateway = `${url}/_matrix/push/v1/notify`
    await alice.post('/pushers/set', foundingPusher(gateway, { pushkey: KEY, instance_handle: 'phone' }))
    const room = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
    await alice.post(`/join/${encodeURIComponent(room)}`)
    const eventId = await bob.say(room, 'psst')
    const ask = (query: Record<string, string>) => call(journeyUrl(url, query), { token: root.token })
    const report = await ask({ event_id: eventId, user_id: alice.userId })
    assert.equal(report.status, 200)
    assert.deepEqual([report.body['user_id'], report.body['notifies']], [alice.userId, true])
    assert.ok(!JSON.stringify(report.body).includes(KEY))
    // For their own journeys, administrators are like other users.
    assert.equal((await ask({ event_id: eventId })).status, 404)
    const nobody = await ask({ event_id: eventId, user_id: '@nobody:localhost' })
    assert.deepEqual([nobody.status, nobody.body['error']], [404, 'There is no such user'])
    const listed = (userId?: string) =>
      call(
        `${url}/_belfry/v1/journeys${userId === undefined ? '' : `?user_id=${encodeURIComponent(userId)}`}`,
        {
          token: root.token,
        },
      )
    const list = await listed(alice.userId)
    assert.deepEqual([list.status, list.body['total']], [200, 1])
    assert.ok(JSON.stringify(list.body).includes(eventId))
    for (const secret of [KEY, 'psst']) assert.ok(!JSON.stringify(list.body).includes(secret), secret)
    assert.deepEqual((await listed()).body['journeys'], [])
    assert.equal((await listed('@nobody:localhost')).status, 404)
  })
})
