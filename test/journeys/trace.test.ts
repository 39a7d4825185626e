import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { shortHash } from '../../src/lib/short-hash.ts'
import { afterTest } from '../support/after-test.ts'
import { checkedAnswers } from '../support/answer-check.ts'
import { call, foundingPusher, loginUser, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type PokeReceiver, startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { deviceRule, globalRule } from './two-devices.ts'

// "Why did my phone ring, or why not?", asked of an event weeks of changes later.

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
  /** Public; alice, bob and carol are in it. */
  delivery: string
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

/** Waits for where the event is to stand for the user's only pusher. */
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
  const delivery = await bob.createRoom({ preset: 'public_chat', name: 'The office' })
  for (const member of [alice, carol]) await member.post(`/join/${encodeURIComponent(delivery)}`)
  return { server, gateway, alice, bob, delivery }
}

describe('the journey of a notification', () => {
  test('sent: every step with its time and its reason', async (t) => {
    const fixture = await createSyncFixture(t)
    const before = Date.now()
    const eventId = await fixture.bob.say(fixture.delivery, 'ding dong, a secret')
    const told = await arrived(fixture, eventId, 'sent')
    assert.deepEqual(words(told.steps), ['stored: stored', 'decided: notifies', 'counted: unread'])
    assert.deepEqual(told.steps[1]?.['rule'], { kind: 'underride', rule_id: '.m.rule.message' })
    assert.deepEqual(ofPusher(told), ['waiting: queued', 'attempt: taken', 'sent: sent'])
    const [pusher] = told.pushers
    assert.equal(pusher?.pushkey_hash, shortHash(KEY))
    assert.deepEqual(
      [pusher?.['app_id'], pusher?.['device_display_name'], pusher?.['removed_at']],
      ['org.example.app.ios', "Alice's phone", null],
    )
    const attempt = pusher?.steps[1]
    assert.deepEqual([attempt?.['attempt'], attempt?.['status'], attempt?.['error']], [1, 200, null])
    assert.ok(typeof attempt?.['ms'] === 'number')
    for (const { at, text } of [...told.steps, ...(pusher?.steps ?? [])]) {
      assert.ok(at !== null && at >= before && at <= Date.now())
      assert.match(text, /^[A-Z].+\.$/)
    }
    assert.deepEqual([told.notifies, told.read, told.traced], [true, false, true])
    const all = JSON.stringify(told)
    for (const secret of [KEY, 'secret', fixture.gateway.url, '127.0.0.1'])
      assert.ok(!all.includes(secret), secret)
  })

  test('refused with 503, then taken', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway } = fixture
    gateway.answer(() => (gateway.pokes.length === 1 ? { status: 503 } : {}))
    const told = await arrived(fixture, await fixture.bob.say(fixture.delivery, 'ding'), 'sent')
    assert.deepEqual(ofPusher(told), ['waiting: queued', 'attempt: failed', 'attempt: taken', 'sent: sent'])
    const [, first, second] = told.pushers[0]?.steps ?? []
    assert.deepEqual([first?.['attempt'], first?.['status'], first?.['error']], [1, 503, 'status 503'])
    assert.match(first?.text ?? '', /\(status 503\)/)
    assert.deepEqual([second?.['attempt'], second?.['status']], [2, 200])
  })

  test('while the gateway fails: what is wrong, and when it is tried again', async (t) => {
    const fixture = await createSyncFixture(t)
    fixture.gateway.answer({ status: 503, headers: { 'retry-after': '600' } })
    const eventId = await fixture.bob.say(fixture.delivery, 'ding')
    await eventually(async () => ofPusher(await journey(fixture, fixture.alice, eventId)).length === 3)
    const told = await journey(fixture, fixture.alice, eventId)
    assert.deepEqual(ofPusher(told), ['waiting: queued', 'attempt: failed', 'waiting: gateway failing'])
    assert.equal(told.pushers[0]?.state, 'waiting')
    const last = told.pushers[0]?.steps.at(-1)
    assert.equal(last?.['error'], 'status 503')
    assert.ok(Number(last?.['next_attempt_at']) > Date.now() + 500_000)
    // What waits behind it says the same.
    const behind = await journey(fixture, fixture.alice, await fixture.bob.say(fixture.delivery, 'dong'))
    assert.deepEqual(ofPusher(behind), ['waiting: queued', 'waiting: gateway failing'])
  })

  test('rejected: the pusher is gone, its name and hash are not, and what waited went with it', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway, bob, delivery, alice } = fixture
    const hold = Promise.withResolvers<void>()
    gateway.answer(async () => {
      await hold.promise
      return { body: { rejected: [KEY] } }
    })
    const eventId = await bob.say(delivery, 'ding')
    const waiting = await bob.say(delivery, 'dong')
    hold.resolve()
    const told = await arrived(fixture, eventId, 'rejected')
    assert.deepEqual(ofPusher(told), ['waiting: queued', 'attempt: rejected', 'rejected: rejected'])
    assert.deepEqual((await alice.get('/pushers'))['pushers'], [])
    assert.equal(told.pushers[0]?.pushkey_hash, shortHash(KEY))
    assert.ok(Number(told.pushers[0]?.['removed_at']) > 0)
    assert.deepEqual(ofPusher(await journey(fixture, alice, waiting)), [
      'waiting: queued',
      'cleared: pusher removed',
    ])
    const later = await journey(fixture, alice, await bob.say(delivery, 'nobody hears'))
    assert.deepEqual(later.pushers, [])
    assert.equal(words(later.steps).at(-1), 'not queued: no pushers')
  })

  test('refused for good, in the long form and in the short one', async (t) => {
    const fixture = await createSyncFixture(t)
    fixture.gateway.answer({ status: 400 })
    const told = await arrived(fixture, await fixture.bob.say(fixture.delivery, 'ding'), 'dropped')
    assert.deepEqual(ofPusher(told), [
      'waiting: queued',
      'attempt: refused, shorter next',
      'attempt: refused',
      'dropped: refused for good',
    ])
    assert.deepEqual(
      told.pushers[0]?.steps.map(({ attempt, status }) => [attempt, status]),
      [
        [undefined, undefined],
        [1, 400],
        [2, 400],
        [undefined, undefined],
      ],
    )
  })

  test('read before it could be sent', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway, alice, bob, delivery } = fixture
    const failed = Promise.withResolvers<void>()
    gateway.answer(() => {
      failed.resolve()
      return { status: 503 }
    })
    const eventId = await bob.say(delivery, 'ding')
    await failed.promise
    await alice.read(delivery, eventId)
    gateway.answer({})
    const told = await arrived(fixture, eventId, 'skipped')
    assert.equal(ofPusher(told).at(-1), 'skipped: read')
    assert.equal(told.read, true)
  })

  test('after an outage: one tells of the room, the others say so', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway, alice, bob, delivery } = fixture
    gateway.answer({ status: 503 })
    const sent: string[] = []
    for (let n = 0; n < 25; n++) sent.push(await bob.say(delivery, `message ${n}`))
    gateway.answer({})
    const newest = await arrived(fixture, String(sent.at(-1)), 'sent')
    assert.equal(ofPusher(newest).at(-1), 'sent: sent')
    const reasons = await Promise.all(
      sent.slice(0, -1).map(async (id) => ofPusher(await journey(fixture, alice, id)).at(-1)),
    )
    assert.equal(new Set(reasons).size, 1)
    assert.equal(reasons[0], 'skipped: collapsed')
  })

  test('silenced by a rule of the device: it counts, and does not ring there', async (t) => {
    const fixture = await createSyncFixture(t)
    await fixture.alice.put(deviceRule('phone', 'room', fixture.delivery), { actions: [] })
    const told = await arrived(fixture, await fixture.bob.say(fixture.delivery, 'ding'), 'skipped')
    assert.deepEqual(words(told.steps).slice(1), ['decided: notifies', 'counted: unread'])
    assert.deepEqual(ofPusher(told), ['waiting: queued', 'skipped: suppressed by a device rule'])
  })

  test('muted, a notice, a reaction: which rule was silent, whatever the rules are now', async (t) => {
    const fixture = await createSyncFixture(t)
    const { alice, bob, delivery } = fixture
    const rule = globalRule('room', delivery)
    await alice.put(rule, { actions: [] })
    const muted = await bob.say(delivery, 'ding')
    await alice.delete(rule)
    const notice = await bob.say(delivery, 'bot speaking', { msgtype: 'm.notice' })
    const why = async (eventId: string) => {
      const told = await journey(fixture, alice, eventId)
      assert.equal(told.notifies, false)
      assert.deepEqual(ofPusher(told), ['not queued: does not notify'])
      return [words(told.steps).at(-1), told.steps.at(-1)?.['rule']]
    }
    assert.deepEqual(await why(muted), ['decided: does not notify', { kind: 'room', rule_id: delivery }])
    assert.deepEqual(await why(notice), [
      'decided: does not notify',
      { kind: 'override', rule_id: '.m.rule.suppress_notices' },
    ])
    const topic = `/rooms/${encodeURIComponent(delivery)}/state/m.room.topic`
    const quiet = String((await bob.put(topic, { topic: 'bells' }))['event_id'])
    assert.deepEqual(await why(quiet), ['decided: no rule matched', null])
  })

  test('nobody asked the rules: own events, an ignored sender, somebody not there yet', async (t) => {
    const fixture = await createSyncFixture(t)
    const { server, alice, bob, delivery } = fixture
    const decided = async (user: TestUser, eventId: string) =>
      words((await journey(fixture, user, eventId)).steps).find((word) => word.startsWith('decided'))
    assert.equal(await decided(alice, await alice.say(delivery, 'mine')), 'decided: own event')
    const before = await bob.say(delivery, 'before')
    await alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: { [bob.userId]: {} },
    })
    const ignored = await bob.say(delivery, 'unheard')
    await alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: {},
    })
    assert.equal(await decided(alice, ignored), 'decided: sender is ignored')
    const dora = await registerUser(server.url, 'dora')
    await dora.post(`/join/${encodeURIComponent(delivery)}`)
    assert.equal(await decided(dora, before), 'decided: not a member')
    const told = await journey(fixture, dora, await bob.say(delivery, 'after'))
    assert.deepEqual(words(told.steps).at(-1), 'not queued: no pushers')
  })

  test('a pusher that is off, that was off, and one that was set later', async (t) => {
    const fixture = await createSyncFixture(t)
    const { alice, bob, delivery, gateway } = fixture
    const set = (more: Record<string, unknown>) =>
      alice.post(
        '/pushers/set',
        foundingPusher(gateway.url, { pushkey: KEY, instance_handle: 'phone', ...more }),
      )
    await set({ enabled: false })
    const off = await bob.say(delivery, 'off')
    assert.deepEqual(ofPusher(await journey(fixture, alice, off)), ['not queued: pusher disabled'])
    await set({ enabled: true })
    assert.deepEqual(ofPusher(await journey(fixture, alice, off)), ['not queued: pusher disabled'])
    await set({ pushkey: 'late', instance_handle: 'tablet' })
    const { pushers } = await journey(fixture, alice, off)
    assert.deepEqual(pushers.map(({ reason }) => reason).toSorted(), [
      'pusher disabled',
      'set after the event',
    ])
    gateway.answer({ status: 503 })
    const waiting = await bob.say(delivery, 'waits')
    await set({ enabled: false })
    const own = (await journey(fixture, alice, waiting)).pushers.find(
      (one) => one.pushkey_hash === shortHash(KEY),
    )
    assert.deepEqual([own?.state, own?.reason], ['cleared', 'pusher disabled'])
  })

  test('redacted while it waited', async (t) => {
    const fixture = await createSyncFixture(t)
    const { gateway, bob, delivery } = fixture
    const failed = Promise.withResolvers<void>()
    gateway.answer(() => {
      failed.resolve()
      return { status: 503 }
    })
    const eventId = await bob.say(delivery, 'oops')
    await failed.promise
    await bob.put(`/rooms/${encodeURIComponent(delivery)}/redact/${encodeURIComponent(eventId)}/r`, {})
    gateway.answer({})
    const told = await arrived(fixture, eventId, 'skipped')
    assert.equal(ofPusher(told).at(-1), 'skipped: redacted')
    assert.deepEqual(words(told.steps), [
      'stored: stored',
      'decided: notifies',
      'counted: unread',
      'retracted: redacted',
    ])
  })

  test('through the gateway of this server: what its app did is a step of its own', async (t) => {
    const fixture = await createSyncFixture(t)
    const { server, alice, bob, delivery } = fixture
    await alice.post('/pushers/set', {
      ...foundingPusher(`${server.url}/_matrix/push/v1/notify`, { pushkey: KEY, instance_handle: 'inbox' }),
      app_id: 'org.belfry.inbox',
    })
    const eventId = await bob.say(delivery, 'ding')
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

  test('who may ask, and for what', async (t) => {
    const fixture = await createSyncFixture(t)
    const { server, alice, bob, delivery } = fixture
    const eventId = await bob.say(delivery, 'ding')
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

  test('after leaving: what the rules made of it is not known, what became of it is', async (t) => {
    const fixture = await createSyncFixture(t)
    const { alice, bob, delivery } = fixture
    const eventId = await bob.say(delivery, 'ding')
    await arrived(fixture, eventId, 'sent')
    await alice.post(`/rooms/${encodeURIComponent(delivery)}/leave`)
    const told = await journey(fixture, alice, eventId)
    assert.equal(words(told.steps)[1], 'decided: not kept')
    assert.deepEqual([told.notifies, ofPusher(told).at(-1)], [null, 'sent: sent'])
  })

  test('off, nothing is recorded, and what is known anyway is told', async (t) => {
    const fixture = await createSyncFixture(t, { BELFRY_TRACE_ENABLED: 'false' })
    const { alice, bob, delivery, gateway } = fixture
    const eventId = await bob.say(delivery, 'ding')
    await gateway.waitFor((poke) => poke.event_id === eventId)
    const told = await arrived(fixture, eventId, 'not queued')
    assert.deepEqual([told.traced, told.notifies], [false, true])
    assert.deepEqual(ofPusher(told), ['not queued: not recorded'])
    const notice = await journey(fixture, alice, await bob.say(delivery, 'x', { msgtype: 'm.notice' }))
    assert.equal(words(notice.steps)[1], 'decided: not kept')
  })

  test('an administrator may ask for anybody, and learns no pushkey', async (t) => {
    const data = temporaryFolder(t)
    const flags = ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'silent']
    const belfry = await createBelfry(loadConfig({ argv: [...flags, '--open-registration'], env: {} }), {
      onAnswer: checkedAnswers(t),
    })
    afterTest(t, () => belfry.close())
    await belfry.accounts.add({ name: 'root', password: PASSWORD, admin: true })
    const { url } = await belfry.listen()
    const [root, alice, bob] = [
      await loginUser(url, 'root'),
      await registerUser(url, 'alice'),
      await registerUser(url, 'bob'),
    ]
    await alice.post('/pushers/set', foundingPusher(`${url}/_matrix/push/v1/notify`, { pushkey: KEY }))
    const room = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
    await alice.post(`/join/${encodeURIComponent(room)}`)
    const eventId = await bob.say(room, 'psst')
    const ask = (query: Record<string, string>) => call(journeyUrl(url, query), { token: root.token })
    const told = await ask({ event_id: eventId, user_id: alice.userId })
    assert.equal(told.status, 200)
    assert.deepEqual([told.body['user_id'], told.body['notifies']], [alice.userId, true])
    assert.ok(!JSON.stringify(told.body).includes(KEY))
    // For themselves they are like anybody else.
    assert.equal((await ask({ event_id: eventId })).status, 404)
    const nobody = await ask({ event_id: eventId, user_id: '@nobody:localhost' })
    assert.deepEqual([nobody.status, nobody.body['error']], [404, 'There is no such user'])
  })
})
