import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'
import { deviceRule, globalRule } from './two-devices.ts'

// MSC4028: the server cannot read encrypted events, so it sends them to the devices, which decrypt them and
// evaluate the rules.

const RULE = '.org.matrix.msc4028.encrypted_event'

type Explained = {
  notify: boolean
  decided_by: { rule_id: string } | null
  rules: { rule_id: string; verdict: string }[]
  pushers: { poke: boolean; reason: string | null; prio?: string }[]
}
type Journey = {
  notifies: boolean
  steps: { step: string; reason: string; rule?: { rule_id: string } | null }[]
  pushers: { state: string; reason: string }[]
}
type Counts = { notification_count: number; highlight_count: number }

async function setUp(t: TestContext, env: Record<string, string> = {}) {
  const settings = Object.entries(env).map(([name, value]) => [`BELFRY_EXPERIMENTAL_${name}`, value])
  const { url } = await startTestServer(t, { env: Object.fromEntries(settings) })
  const gateway = await startPokeReceiver(t)
  const [alice, bob, carol] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await registerUser(url, 'carol'),
  ]
  const data = { url: gateway.url, format: 'event_id_only' }
  await alice.post('/pushers/set', { ...foundingPusher(gateway.url, { data }), instance_handle: 'phone' })
  const openRoom = async () => {
    const roomId = await bob.createRoom({ preset: 'public_chat', name: 'Office' })
    for (const member of [alice, carol]) await member.post(`/join/${encodeURIComponent(roomId)}`)
    return roomId
  }
  let transactions = 0
  const encrypted = async (roomId: string, more: object = {}, from: TestUser = bob) => {
    const content = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x', ...more }
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/x${transactions++}`
    return String((await from.put(path, content))['event_id'])
  }
  const pokeOf = (eventId: string) => gateway.waitFor((poke) => poke.event_id === eventId)
  const own = async <T>(path: string, query: Record<string, string>): Promise<T> => {
    const response = await call(`${url}/_belfry/v1/${path}?${new URLSearchParams(query).toString()}`, {
      token: alice.token,
    })
    assert.equal(response.status, 200, JSON.stringify(response.body))
    return response.body as T
  }
  const counts = async (roomId: string) => {
    const { rooms } = (await alice.get('/sync?timeout=0')) as {
      rooms: { join: Record<string, { unread_notifications: Counts }> }
    }
    return rooms.join[roomId]?.unread_notifications.notification_count
  }
  const journey = (eventId: string) => own<Journey>('journey', { event_id: eventId })
  const explain = (roomId: string, eventId: string) =>
    own<Explained>('explain', { room_id: roomId, event_id: eventId })
  const settled = (eventId: string) =>
    eventually(async () => ((await journey(eventId)).pushers[0]?.state ?? 'waiting') !== 'waiting')
  return { url, gateway, alice, bob, carol, openRoom, encrypted, pokeOf, counts, journey, explain, settled }
}

const listed = async (user: TestUser) =>
  ((await user.get('/notifications')) as { notifications: { event: { event_id: string } }[] }).notifications
    .map(({ event }) => event.event_id)
    .toReversed()

const verdicts = ({ rules }: Explained, ...ids: string[]) =>
  ids.map((id) => rules.find(({ rule_id }) => rule_id === id)?.verdict)

describe('push for encrypted events', () => {
  test('in a room set to mentions only, an encrypted event wakes the device and does not count as unread', async (t) => {
    const { alice, bob, openRoom, encrypted, pokeOf, counts, journey, explain, settled } = await setUp(t)
    const [loud, quiet] = [await openRoom(), await openRoom()]
    await alice.put(globalRule('room', quiet), { actions: [] })

    const counted = await encrypted(loud)
    const first = await pokeOf(counted)
    assert.deepEqual([first.prio, first.counts, first.room_id], ['high', { unread: 1 }, loud])
    assert.deepEqual(Object.keys(first).sort(), ['counts', 'devices', 'event_id', 'prio', 'room_id'])

    const woken = await encrypted(quiet)
    const poke = await pokeOf(woken)
    assert.deepEqual([poke.prio, poke.counts, poke.room_id], ['high', { unread: 1 }, quiet])
    assert.equal(poke.devices[0]?.tweaks?.['sound'], undefined)
    assert.deepEqual([await counts(loud), await counts(quiet)], [1, 0])
    assert.deepEqual(await listed(alice), [counted])

    await settled(woken)
    const { steps, pushers, notifies } = await journey(woken)
    assert.deepEqual(
      [steps[1]?.reason, steps[1]?.rule?.rule_id, notifies, pushers[0]?.state],
      ['wakes only', RULE, false, 'sent'],
    )
    assert.equal(
      steps.some(({ step }) => step === 'counted'),
      false,
    )
    const explained = await explain(quiet, woken)
    assert.deepEqual([explained.notify, explained.decided_by?.rule_id], [false, RULE])
    assert.deepEqual(verdicts(explained, RULE, quiet, '.m.rule.encrypted'), [
      'wakes only',
      'matched',
      'not reached',
    ])
    assert.deepEqual([explained.pushers[0]?.poke, explained.pushers[0]?.prio], [true, 'high'])
    const usual = await explain(loud, counted)
    assert.deepEqual([usual.notify, usual.decided_by?.rule_id], [true, '.m.rule.encrypted'])
    assert.deepEqual(verdicts(usual, RULE, '.m.rule.encrypted'), ['wakes only', 'matched'])
    // An event in clear text is judged by the server.
    const plain = await bob.say(quiet, 'without a mention')
    await settled(plain)
    assert.equal((await journey(plain)).steps[1]?.reason, 'does not notify')
  })

  test('nothing wakes the device for an encrypted event that is muted, of an ignored user, or excluded by the user or a device rule', async (t) => {
    const { alice, bob, carol, gateway, openRoom, encrypted, journey, settled, pokeOf } = await setUp(t)
    const room = await openRoom()
    await alice.put(globalRule('room', room), { actions: [] })
    await alice.put(globalRule('override', 'not from carol'), {
      conditions: [{ kind: 'event_match', key: 'sender', pattern: carol.userId }],
      actions: [],
    })
    const outcome = async (eventId: string) => {
      await settled(eventId)
      const { steps, pushers } = await journey(eventId)
      return [steps[1]?.reason, pushers[0]?.reason]
    }
    const ofCarol = await encrypted(room, {}, carol)
    assert.deepEqual(await outcome(ofCarol), ['does not notify', 'does not notify'])
    const ignore = (ignored_users: object) =>
      alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, {
        ignored_users,
      })
    await ignore({ [bob.userId]: {} })
    const ofIgnored = await encrypted(room)
    await settled(ofIgnored)
    await ignore({})

    const silenced = deviceRule('phone', 'room', room)
    await alice.put(silenced, { actions: [] })
    assert.deepEqual(await outcome(await encrypted(room)), ['wakes only', 'suppressed by a device rule'])
    await alice.delete(silenced)

    await alice.put(`${globalRule('override', RULE)}/enabled`, { enabled: false })
    assert.deepEqual(await outcome(await encrypted(room)), ['does not notify', 'does not notify'])
    await alice.put(`${globalRule('override', RULE)}/enabled`, { enabled: true })

    const mute = globalRule('override', 'mute')
    const conditions = [{ kind: 'event_match', key: 'room_id', pattern: room }]
    await alice.put(mute, { conditions, actions: [] })
    assert.deepEqual(await outcome(await encrypted(room)), ['does not notify', 'does not notify'])
    await alice.delete(mute)
    await alice.put(`${globalRule('override', '.m.rule.master')}/enabled`, { enabled: true })
    assert.deepEqual(await outcome(await encrypted(room)), ['does not notify', 'does not notify'])
    await alice.put(`${globalRule('override', '.m.rule.master')}/enabled`, { enabled: false })

    const last = await encrypted(room)
    await pokeOf(last)
    assert.deepEqual(
      gateway.pokes.flatMap(({ event_id }) => event_id ?? []),
      [last],
    )
  })

  test('an event that was read, or whose room is read elsewhere, does not wake the device later', async (t) => {
    const { alice, gateway, openRoom, encrypted, pokeOf, journey, settled } = await setUp(t)
    const room = await openRoom()
    await alice.put(globalRule('room', room), { actions: [] })
    const release = Promise.withResolvers<object>()
    gateway.respondWith(() => release.promise)
    const first = await encrypted(room)
    await pokeOf(first)
    const read = await encrypted(room)
    await alice.read(room, read)
    release.resolve({})
    await settled(read)
    assert.deepEqual((await journey(read)).pushers[0]?.reason, 'read')
  })

  test('with experimental.encrypted_events_count, the event counts as unread', async (t) => {
    const { alice, openRoom, encrypted, pokeOf, counts, journey } = await setUp(t, {
      ENCRYPTED_EVENTS_COUNT: 'true',
    })
    const room = await openRoom()
    await alice.put(globalRule('room', room), { actions: [] })
    const event = await encrypted(room)
    assert.deepEqual((await pokeOf(event)).counts, { unread: 1 })
    assert.equal(await counts(room), 1)
    assert.equal((await journey(event)).steps[1]?.reason, 'notifies')
  })

  test('the rule and its flag exist by default, and not with experimental.encrypted_events: false', async (t) => {
    for (const isOn of [true, false]) {
      const env = isOn ? {} : { ENCRYPTED_EVENTS: 'false' }
      const { url, alice, openRoom, encrypted, settled, journey } = await setUp(t, env)
      const { body } = await call(`${url}/_matrix/client/versions`)
      const flags = body['unstable_features'] as Record<string, boolean>
      assert.equal(flags['org.matrix.msc4028'], isOn ? true : undefined)
      const found = await alice.try('GET', globalRule('override', RULE))
      assert.equal(found.status, isOn ? 200 : 404)
      if (isOn) {
        const { global } = (await alice.get('/pushrules/')) as {
          global: { override: { rule_id: string }[] }
        }
        assert.deepEqual(
          global.override.slice(0, 2).map(({ rule_id }) => rule_id),
          ['.m.rule.master', RULE],
        )
        continue
      }
      const room = await openRoom()
      await alice.put(globalRule('room', room), { actions: [] })
      const event = await encrypted(room)
      await settled(event)
      assert.equal((await journey(event)).steps[1]?.reason, 'does not notify')
    }
  })
})
