import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { call, foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { afterTest } from '../support/after-test.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startPushService } from '../support/push-service.ts'
import { startTestServer } from '../support/server.ts'
import {
  createPhone,
  eventPath,
  makeHabit,
  pass,
  push,
  startArrivalServer,
  untilFetched,
  untilNotSeen,
  untilWaiting,
} from './arrival-fixture.ts'
import { deviceRule, globalRule } from './two-devices.ts'

type Remedy = { label: string; method: string; path: string; body: Record<string, unknown> | null }
type Finding = {
  code: string
  severity: string
  text: string
  rule: { scope: string; kind: string; rule_id: string } | null
  room: { room_id: string; name: string | null } | null
  rooms: { room_ids: string[]; total: number } | null
  pusher: { device_display_name: string } | null
  since: number | null
  remedies: Remedy[]
}
type Diagnosis = { total: number; checked: { pushers: number }; findings: Finding[] }

const ringing = ['notify', { set_tweak: 'sound', value: 'default' }]
const inRoom = (roomId: string) => ({ kind: 'event_match', key: 'room_id', pattern: roomId })
const DAY_MS = 24 * 3_600_000

async function diagnosisOf(url: string, { token }: TestUser): Promise<Diagnosis> {
  const { status, body } = await call(`${url}/_belfry/v1/doctor`, { token })
  assert.equal(status, 200, JSON.stringify(body))
  return body as unknown as Diagnosis
}

const ofType = (type: string) => ({ kind: 'event_match', key: 'type', pattern: type })

test('the doctor finds what keeps notifications from arriving, and each remedy corrects it', async (t) => {
  const server = await startTestServer(t)
  const gateway = await startPokeReceiver(t)
  const bob = await registerUser(server.url, 'bob')

  const doctor = (user: TestUser) => diagnosisOf(server.url, user)
  const codes = async (user: TestUser) => (await doctor(user)).findings.map(({ code }) => code)
  /** The only finding with this code. */
  const findingOf = async (user: TestUser, code: string): Promise<Finding> => {
    const { findings } = await doctor(user)
    const [found, ...others] = findings.filter((one) => one.code === code)
    assert.ok(found, `${code} is not among ${findings.map((one) => one.text).join(' · ')}`)
    assert.deepEqual(others, [])
    return found
  }
  /** Sends the remedy, and expects the finding to be gone. */
  const apply = async (user: TestUser, { code, remedies }: Finding, at = 0) => {
    const remedy = remedies[at]
    assert.ok(remedy, code)
    const { method, path, body } = remedy
    const answer = await call(`${server.url}${path}`, {
      method,
      token: user.token,
      ...(body === null ? {} : { body }),
    })
    assert.equal(answer.status, 200, `${remedy.label}: ${JSON.stringify(answer.body)}`)
    assert.ok(!(await codes(user)).includes(code), `${remedy.label} does not correct it`)
  }
  const pusherOf = (name: string, more: Record<string, unknown> = {}) =>
    foundingPusher(gateway.url, { pushkey: `key-${name}`, instance_handle: `handle-${name}`, ...more })
  /** A user with a phone that nothing is wrong with. */
  const userWithPhone = async (name: string) => {
    const user = await registerUser(server.url, name)
    await user.post('/pushers/set', pusherOf(name))
    assert.deepEqual(await codes(user), [])
    return user
  }
  const roomWith = async (user: TestUser, options: Record<string, unknown> = {}) => {
    const roomId = await bob.createRoom({ preset: 'public_chat', ...options })
    await user.post(`/join/${encodeURIComponent(roomId)}`)
    return roomId
  }
  const step = (title: string, run: (t: TestContext) => Promise<void>) => t.test(title, run)

  await step('a user without a pusher', async () => {
    const user = await registerUser(server.url, 'nopusher')
    assert.equal((await findingOf(user, 'no pusher')).severity, 'problem')
  })

  await step('notifications that are switched off', async () => {
    const user = await userWithPhone('master')
    await user.put(`${globalRule('override', '.m.rule.master')}/enabled`, { enabled: true })
    await apply(user, await findingOf(user, 'notifications are off'))
  })

  await step('a pusher that is disabled', async () => {
    const user = await userWithPhone('disabled')
    await user.post('/pushers/set', pusherOf('disabled', { enabled: false }))
    await apply(user, await findingOf(user, 'pusher is disabled'))
    const { pushers } = (await user.get('/pushers')) as { pushers: { device_id: string }[] }
    assert.equal(pushers[0]?.device_id, user.deviceId, 'the pusher stays with its device')
  })

  await step('a pusher whose gateway fails', async (step) => {
    const dead = await startPokeReceiver(step)
    dead.respondWith({ status: 503 })
    const user = await registerUser(server.url, 'failing')
    await user.post('/pushers/set', pusherOf('failing', { data: { url: dead.url } }))
    await bob.say(await roomWith(user), 'hello')
    await eventually(async () => (await codes(user)).includes('pusher is retrying'))
    const found = await findingOf(user, 'pusher is retrying')
    assert.match(found.text, /has failed since 20.* \(status 503\)/)
    assert.equal(found.pusher?.device_display_name, "Alice's phone")
    assert.equal(typeof found.since, 'number')
    assert.match(found.remedies[0]?.path ?? '', /pushers\/push$/)
  })

  await step('a pusher that its gateway rejected', async (step) => {
    const user = await registerUser(server.url, 'rejected')
    const rejecting = await startPokeReceiver(step)
    rejecting.respondWith({ body: { rejected: ['key-rejected'] } })
    await user.post('/pushers/set', pusherOf('rejected', { data: { url: rejecting.url } }))
    await bob.say(await roomWith(user), 'hello')
    await eventually(async () => (await codes(user)).includes('pusher was removed'))
    await user.post('/pushers/set', pusherOf('rejected'))
    assert.deepEqual(await codes(user), [])
  })

  await step('a pusher that its app has not confirmed', async (step) => {
    const service = await startPushService()
    afterTest(step, () => service[Symbol.asyncDispose]())
    const user = await registerUser(server.url, 'unconfirmed')
    const { endpoint, keys } = service.subscribe()
    const data = { url: endpoint, auth: keys.auth }
    const body = pusherOf('unconfirmed', { kind: 'webpush', pushkey: keys.p256dh, data })
    assert.equal((await user.try('POST', '/pushers/set', body)).status, 201)
    const found = await findingOf(user, 'pusher is not confirmed')
    assert.deepEqual([found.severity, found.remedies], ['warning', []])
    assert.match(found.text, /has not confirmed the pusher of Alice's phone/)
    assert.equal(found.pusher?.device_display_name, "Alice's phone")
    const { text } = await eventually(() => service.received[0])
    const { ack_token } = JSON.parse(text ?? '') as { ack_token: string }
    await user.post('/pushers/ack', { app_id: pusherOf('').app_id, ack_token })
    assert.deepEqual(await codes(user), [])
  })

  await step('a handle that two devices share', async () => {
    for (const [at, name] of ['copied', 'emptied'].entries()) {
      const user = await userWithPhone(name)
      await user.put(deviceRule(`handle-${name}`, 'content', 'lunch'), { pattern: 'lunch', actions: [] })
      const tablet = await loginUser(server.url, name)
      await tablet.post('/pushers/set', pusherOf(name, { pushkey: 'tablet', device_display_name: 'Tablet' }))
      const found = await findingOf(user, 'handle is shared')
      assert.equal(found.pusher?.device_display_name, 'Tablet')
      await apply(user, found, at)
      const { pushers } = (await user.get('/pushers')) as {
        pushers: { pushkey: string; instance_handle: string; device_id: string }[]
      }
      const moved = pushers.find(({ pushkey }) => pushkey === 'tablet')
      assert.equal(moved?.device_id, tablet.deviceId)
      const { content } = (await user.get(
        `/pushrules/device/${encodeURIComponent(moved?.instance_handle ?? '')}/`,
      )) as { content?: unknown[] }
      assert.equal(content?.length ?? 0, name === 'copied' ? 1 : 0)
    }
  })

  await step('rules for a handle that no pusher has', async () => {
    const user = await userWithPhone('unheld')
    await user.put(deviceRule('old-phone', 'content', 'lunch'), { pattern: 'lunch', actions: [] })
    assert.match((await findingOf(user, 'device rules without a pusher')).text, /old-phone/)
  })

  await step('a rule that silences calls', async () => {
    const user = await userWithPhone('calls')
    await user.put(globalRule('override', 'quiet'), { conditions: [ofType('m.call.*')], actions: [] })
    const found = await findingOf(user, 'calls cannot ring')
    assert.match(found.text, /Calls cannot ring on Alice's phone, because of the override rule quiet/)
    assert.equal(found.rule?.rule_id, 'quiet')
    await apply(user, found)
    await user.put(`${globalRule('underride', '.m.rule.call')}/actions`, { actions: ['notify'] })
    assert.deepEqual(await codes(user), [], 'the rule of the device still rings')
  })

  await step('calls without a sound, and a disabled rule for calls', async () => {
    const user = await userWithPhone('callsound')
    await user.put(`${globalRule('underride', '.m.rule.call')}/actions`, { actions: ['notify'] })
    assert.match((await findingOf(user, 'calls cannot ring')).text, /without a sound/)
    await user.put(`${globalRule('underride', '.m.rule.call')}/actions`, { actions: ringing })
    assert.deepEqual(await codes(user), [])
    await user.put(`${globalRule('underride', '.m.rule.call')}/enabled`, { enabled: false })
    await apply(user, await findingOf(user, 'calls cannot ring'))
  })

  await step('a muted direct room, in which calls do not ring', async () => {
    const user = await userWithPhone('dm')
    const roomId = await roomWith(user, { name: 'Bob and I' })
    await user.put(globalRule('room', roomId), { actions: [] })
    await user.put(globalRule('override', roomId), { conditions: [inRoom(roomId)], actions: [] })
    const found = await findingOf(user, 'calls in a room cannot ring')
    assert.deepEqual(found.room, { room_id: roomId, name: 'Bob and I' })
    assert.equal(found.severity, 'hint')
    await apply(user, found)
    const twice = await findingOf(user, 'room is muted twice')
    assert.match(twice.text, /muted by the override rule .* and by the room rule/)
    await apply(user, twice)
  })

  await step('mentions in an encrypted room that only shows mentions', async () => {
    const user = await userWithPhone('hidden')
    const roomId = await roomWith(user, {
      initial_state: [{ type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
    })
    await user.put(globalRule('room', roomId), { actions: [] })
    assert.ok(!(await codes(user)).includes('mentions in encrypted rooms are hidden'))
    const rule = globalRule('override', '.org.matrix.msc4028.encrypted_event')
    await user.put(`${rule}/enabled`, { enabled: false })
    const found = await findingOf(user, 'mentions in encrypted rooms are hidden')
    assert.deepEqual(found.rooms, { room_ids: [roomId], total: 1 })
    await apply(user, found, 0)
    await user.put(`${rule}/enabled`, { enabled: false })
    await apply(user, await findingOf(user, 'mentions in encrypted rooms are hidden'), 1)
  })

  await step('rules that can never match', async () => {
    const user = await userWithPhone('dead')
    const roomId = await roomWith(user)
    await user.put(globalRule('override', 'moon'), {
      conditions: [{ kind: 'org.example.moon' }],
      actions: ringing,
    })
    await apply(user, await findingOf(user, 'rule has an unknown condition'))
    await user.put(globalRule('override', 'both'), {
      conditions: [ofType('m.a'), ofType('m.b')],
      actions: ringing,
    })
    await apply(user, await findingOf(user, 'rule contradicts itself'))
    await user.put(globalRule('override', 'later'), {
      conditions: [ofType('m.room.message'), inRoom(roomId)],
      actions: ringing,
    })
    await user.put(globalRule('override', 'first'), { conditions: [inRoom(roomId)], actions: ringing })
    const found = await findingOf(user, 'rule is shadowed')
    assert.equal(found.rule?.rule_id, 'later')
    await apply(user, found)
  })

  await step('a rule for a room that was left', async () => {
    const user = await userWithPhone('leaver')
    const roomId = await roomWith(user)
    await user.put(globalRule('room', roomId), { actions: [] })
    await user.put(deviceRule('handle-leaver', 'room', roomId), { actions: ringing })
    await user.post(`/rooms/${encodeURIComponent(roomId)}/leave`)
    const { findings } = await doctor(user)
    const left = findings.filter(({ code }) => code === 'rule for a room that was left')
    assert.deepEqual(
      left.map(({ rule }) => rule?.scope),
      ['global', 'device'],
    )
  })

  await step('the notifications of another user', async () => {
    const user = await userWithPhone('private')
    const path = `${server.url}/_belfry/v1/doctor?user_id=${encodeURIComponent(user.userId)}`
    assert.equal((await call(path, { token: bob.token })).status, 403)
  })
})

test('the doctor finds a phone that has fetched none of its events for three days, until it fetches again', async (t) => {
  const server = await startArrivalServer(t)
  const fixture = await createPhone(server)
  const { phone, laptop, url } = fixture
  // The laptop asks, because a request of the phone shows that the phone works.
  const findings = async () => (await diagnosisOf(url, laptop)).findings
  await makeHabit(fixture)
  assert.deepEqual(await findings(), [])

  pass(fixture, 2 * DAY_MS)
  const missed = await push(fixture)
  await untilWaiting(fixture)
  await phone.get('/account/whoami')
  await untilNotSeen(fixture, missed)
  assert.deepEqual(await findings(), [], 'a device may be offline for a weekend')

  pass(fixture, DAY_MS)
  const [found, ...others] = await findings()
  assert.deepEqual(others, [])
  assert.deepEqual([found?.code, found?.severity], ['pushes do not arrive', 'problem'])
  assert.match(found?.text ?? '', /Alice's phone .* has fetched none of the last 1 events/)
  assert.equal(found?.pusher?.device_display_name, "Alice's phone")
  assert.ok((found?.since ?? Infinity) < fixture.clock.now() - 3 * DAY_MS)
  const remedy = found?.remedies[0]
  assert.equal(remedy?.method, 'POST')
  const before = server.gateway.pokes.length
  const { status } = await call(`${url}${remedy.path}`, { token: laptop.token, body: remedy.body ?? {} })
  assert.equal(status, 200)
  await eventually(() => server.gateway.pokes.length > before)

  const fetched = await push(fixture)
  await phone.get(eventPath(fixture, fetched))
  await untilFetched(fixture, fetched)
  assert.deepEqual(await findings(), [])
})
