import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, loginUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { newDataFolder } from '../support/databases.ts'
import { SLEEP_MS, untilSyncsSleep } from '../support/waiting-syncs.ts'
import { createTwoDevices, deviceRule, globalRule, LAPTOP, PHONE, unreadIn } from './two-devices.ts'

const HOUR_MS = 3_600_000
const SILENT: readonly unknown[] = []

type Rule = { rule_id: string; enabled: boolean; actions: unknown[]; 'org.belfry.until'?: number }
type Rulesets = { global: { room: Rule[] }; device?: Record<string, { room: Rule[] }> }
type Sync = { next_batch: string; account_data?: { events: { type: string; content: Rulesets }[] } }

/** Asks the console API. */
async function ask(
  { url }: TestServer,
  { token }: TestUser,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await call(`${url}/_belfry/v1/${path}`, { token, body })
  assert.equal(response.status, 200)
  return response.body
}

const rulesIn = ({ account_data: data }: Sync) =>
  data?.events.find(({ type }) => type === 'm.push_rules')?.content

describe('rules with an end', () => {
  test('a room is muted for an hour: then it notifies again, and a waiting sync is told of the end', async (t) => {
    const clock = createManualClock(Date.parse('2026-07-01T12:00Z'))
    const { server, phone, roomId, say } = await createTwoDevices(t, { environment: { clock } })
    const until = clock.now() + HOUR_MS
    const rule = globalRule('room', roomId)
    await phone.put(rule, { actions: SILENT, 'org.belfry.until': until })
    await phone.put(deviceRule('phone', 'room', roomId), { actions: SILENT, 'org.belfry.until': until })

    // A client that does not know the end changes the rule and another one.
    await phone.put(`${rule}/enabled`, { enabled: false })
    await phone.put(`${rule}/enabled`, { enabled: true })
    await phone.put(`${rule}/actions`, { actions: ['dont_notify'] })
    await phone.put(globalRule('sender', '@nobody:localhost'), { actions: SILENT })
    assert.deepEqual(await phone.get(rule), {
      rule_id: roomId,
      default: false,
      enabled: true,
      actions: ['dont_notify'],
      'org.belfry.until': until,
    })

    const muted = await say(roomId, 'one')
    assert.deepEqual([muted.phone, muted.laptop], [undefined, undefined])
    const journey = await ask(server, phone, `journey?event_id=${encodeURIComponent(muted.eventId)}`)
    const decided = (journey['steps'] as { step: string; rule?: unknown }[]).find(
      ({ step }) => step === 'decided',
    )
    assert.deepEqual(decided?.rule, { kind: 'room', rule_id: roomId, until })
    clock.advance(HOUR_MS - 1000)
    assert.equal((await say(roomId, 'two')).laptop, undefined, 'one second before the end')
    assert.equal((await unreadIn(phone, roomId)).notifications, 0)

    const { next_batch: since } = (await phone.get('/sync')) as Sync
    const waiting = phone.get(`/sync?since=${since}&timeout=${SLEEP_MS}`) as Promise<Sync>
    await untilSyncsSleep(clock, 1)
    clock.advance(1000)
    const told = rulesIn(await waiting)
    assert.deepEqual(told?.global.room, [], 'the rule is gone at its end')
    assert.equal(told?.device, undefined, 'so is the rule of the phone')
    const heard = await say(roomId, 'three')
    assert.ok(heard.phone && heard.laptop)
    assert.equal((await unreadIn(phone, roomId)).notifications, 1, 'the muted messages do not count')
  })

  test('a mute that ends while the server is down has ended after the start', async (t) => {
    const data = newDataFolder(t)
    const before = createManualClock(Date.parse('2026-07-01T12:00Z'))
    const { server, phone, bob, roomId } = await createTwoDevices(t, { data, environment: { clock: before } })
    const until = before.now() + HOUR_MS
    await phone.put(globalRule('room', roomId), { actions: SILENT, 'org.belfry.until': until })
    const { next_batch: since } = (await phone.get('/sync')) as Sync
    await server.close()

    const clock = createManualClock(until + 1)
    const again = await startTestServer(t, { data, environment: { clock } })
    const alice = await loginUser(again.url, 'alice')
    const sender = await loginUser(again.url, 'bob')
    assert.equal(sender.userId, bob.userId)
    await sender.say(roomId, 'after')
    assert.equal((await unreadIn(alice, roomId)).notifications, 1)
    const synced = (await alice.get(`/sync?since=${since}`)) as Sync
    assert.deepEqual(rulesIn(synced)?.global.room, [])
  })

  test('an end in the past and a zone that does not exist are refused', async (t) => {
    const clock = createManualClock(Date.parse('2026-07-01T12:00Z'))
    const { phone, roomId } = await createTwoDevices(t, { environment: { clock } })
    const refused = async (path: string, body: object) => {
      const response = await phone.try('PUT', path, body)
      return [response.status, response.body['errcode']]
    }
    const room = globalRule('room', roomId)
    const invalid = [400, 'M_INVALID_PARAM']
    assert.deepEqual(await refused(room, { actions: [], 'org.belfry.until': clock.now() }), invalid)
    assert.deepEqual(await refused(room, { actions: [], 'org.belfry.until': 'x' }), [400, 'M_BAD_JSON'])
    const conditions = [{ kind: 'time_and_day', timezone: 'Mars/Base', intervals: [{}] }]
    assert.deepEqual(await refused(globalRule('override', 'a'), { conditions, actions: [] }), invalid)
  })
})

describe('digests', () => {
  test('sum up once what quiet hours and a mute have held back, without what was read', async (t) => {
    const clock = createManualClock(Date.parse('2026-07-01T20:30Z'))
    const goTo = (time: string) => clock.advance(Date.parse(time) - clock.now())
    const { gateway, phone, laptop, bob, roomId, openRoom, say } = await createTwoDevices(t, {
      environment: { clock },
    })
    const [other, readRoom] = [await openRoom(), await openRoom()]
    await phone.put(deviceRule('phone', 'override', 'quiet'), {
      conditions: [{ kind: 'time_and_day', intervals: [{ time_of_day: ['22:00', '07:00'] }] }],
      actions: SILENT,
      'org.belfry.digest': true,
    })
    await phone.put(globalRule('room', other), {
      actions: SILENT,
      'org.belfry.until': Date.parse('2026-07-02T08:00Z'),
      'org.belfry.digest': true,
    })
    await say(roomId, 'before')
    goTo('2026-07-01T22:30Z')
    await say(roomId, 'one')
    const newest = await say(roomId, 'two')
    const muted = await say(other, 'three')
    const read = await say(readRoom, 'four')
    assert.deepEqual([newest.phone, read.phone, muted.laptop], [undefined, undefined, undefined])
    await laptop.read(readRoom, read.eventId)

    const digests = () =>
      gateway.pokes.flatMap(({ event_id: eventId, content, devices: [device] }) =>
        content?.['org.belfry.digest'] === undefined
          ? []
          : [[device?.pushkey, eventId, content['org.belfry.digest'], device?.tweaks]],
      )
    goTo('2026-07-02T07:01Z')
    await eventually(() => digests().length === 1)
    const ofNight = [PHONE, newest.eventId, { count: 2, rooms: [{ room_id: roomId, count: 2 }] }, undefined]
    assert.deepEqual(digests(), [ofNight])

    goTo('2026-07-02T08:00Z')
    await eventually(() => digests().length === 3)
    const ofMute = { count: 1, rooms: [{ room_id: other, count: 1 }] }
    const sorted = (rows: readonly unknown[][]) => rows.map((row) => JSON.stringify(row)).toSorted()
    assert.deepEqual(
      sorted(digests().slice(1)),
      sorted([
        [LAPTOP, muted.eventId, ofMute, undefined],
        [PHONE, muted.eventId, ofMute, undefined],
      ]),
    )
    await eventually(async () => ((await phone.get('/pushrules/')) as Rulesets).global.room.length === 0)
    goTo('2026-07-03T07:01Z')
    await bob.say(roomId, 'last')
    await say(roomId, 'day')
    assert.equal(digests().length, 3, 'nothing was held back in the next night')
  })
})

describe('quiet hours', () => {
  test('silence the phone only, by the time zone of the user, except for favourites and calls', async (t) => {
    // Clocks in Berlin go from 02:00 to 03:00 on 29 March 2026.
    const clock = createManualClock(Date.parse('2026-03-28T20:30Z'))
    const goTo = (time: string) => clock.advance(Date.parse(time) - clock.now())
    const { server, gateway, phone, laptop, bob, roomId, openRoom, say } = await createTwoDevices(t, {
      environment: { clock },
    })
    const favourite = await openRoom()
    const profile = `/profile/${phone.userId}/m.tz`
    await phone.put(profile, { 'm.tz': 'Europe/Berlin' })
    const quiet = {
      conditions: [
        { kind: 'time_and_day', intervals: [{ time_of_day: ['22:00', '07:00'] }] },
        { kind: 'org.belfry.room_tag', tag: 'm.favourite', tagged: false },
      ],
      actions: SILENT,
    }
    await phone.put(deviceRule('phone', 'override', 'quiet'), quiet)
    await phone.put(deviceRule('phone', 'override', 'calls'), {
      conditions: [{ kind: 'event_match', key: 'type', pattern: 'm.call.invite' }],
      actions: ['notify', { set_tweak: 'sound', value: 'ring' }],
    })
    const rings = async (room = roomId) => {
      const { phone: onPhone, laptop: onLaptop } = await say(room, 'hello')
      assert.ok(onLaptop, 'the laptop always rings')
      return onPhone !== undefined
    }

    assert.equal(await rings(), true, '21:30')
    goTo('2026-03-28T21:30Z')
    assert.equal(await rings(), false, '22:30')
    assert.equal(await rings(favourite), false, 'it is not a favourite yet')
    const tags = `/user/${phone.userId}/rooms/${favourite}/tags/m.favourite`
    await laptop.put(tags, { order: 0.5 })
    assert.equal(await rings(favourite), true, 'favourites are let through')
    await laptop.delete(tags)
    assert.equal(await rings(favourite), false)

    const invite = {
      call_id: 'c',
      version: '1',
      lifetime: 60_000,
      party_id: 'p',
      offer: { type: 'offer', sdp: '' },
    }
    await bob.put(`/rooms/${roomId}/send/m.call.invite/call`, invite)
    const ringing = await eventually(() =>
      gateway.pokes.find((poke) => poke.type === 'm.call.invite' && poke.devices[0]?.pushkey === PHONE),
    )
    assert.deepEqual(ringing.devices[0]?.tweaks, { sound: 'ring' }, 'calls are let through')

    goTo('2026-03-29T04:59Z')
    assert.equal(await rings(), false, '06:59, after the change to summer time')
    const dryRun = { event: { type: 'm.room.message', content: { body: 'hello' } }, room_id: roomId }
    const onPhone = async (at?: number) => {
      const { pushers } = await ask(server, phone, 'explain', { ...dryRun, ...(at !== undefined && { at }) })
      return (
        pushers as { instance_handle: string; reason: string | null; decided_by: Record<string, string> }[]
      ).find((pusher) => pusher.instance_handle === 'phone')
    }
    const explained = await onPhone()
    assert.equal(explained?.reason, 'suppressed by a device rule')
    assert.equal(explained?.decided_by['schedule'], '22:00-07:00 Europe/Berlin')
    assert.equal((await onPhone(Date.parse('2026-03-29T05:01Z')))?.reason, null, 'at a given time')

    goTo('2026-03-29T05:01Z')
    assert.equal(await rings(), true, '07:01')
    await phone.put(profile, { 'm.tz': 'America/New_York' })
    assert.equal(await rings(), false, '01:01 where the user is now')
    await phone.delete(profile)
    assert.equal(await rings(), false, '05:01 in UTC')

    goTo('2028-02-29T23:30Z')
    assert.equal(await rings(), false, 'the night of a leap day')
    goTo('2028-03-01T07:30Z')
    assert.equal(await rings(), true, 'the morning after the leap day')
    assert.equal(
      (await unreadIn(phone, roomId)).notifications,
      9,
      'every message, and the call, counts as unread',
    )
  })
})
