import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, foundingPusher } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import {
  arrival,
  type ArrivalFixture,
  type ArrivalServer,
  type ArrivalStatus,
  createPhone,
  DEADLINE_MS,
  eventPath,
  journey,
  makeHabit,
  pass,
  push,
  startArrivalServer,
  SWEEP_MS,
  untilFetched,
  untilNotSeen,
  untilWaiting,
} from './arrival-fixture.ts'

// Whether a push has arrived, from the fetches of its event by the device.

const DAY_MS = 24 * 3_600_000

type Listed = { state: string; arrived: { at: number; after_ms: number } | null; not_seen: boolean }

/** The device of an event in the list of journeys. */
async function listed({ url, laptop }: ArrivalFixture, eventId: string) {
  const { body } = await call(`${url}/_belfry/v1/journeys`, { token: laptop.token })
  const journeys = body['journeys'] as { event_id: string; devices: Listed[] }[]
  const device = journeys.find(({ event_id: id }) => id === eventId)?.devices[0]
  assert.ok(device)
  return device
}

type GatewayEntry = {
  app_id: string | null
  hour: ArrivalStatus['hour']
  usual_share: number | null
  alarm: { window: string; share: number; usual_share: number; devices: number } | null
}

async function gatewayOf({ url, root }: ArrivalServer, appId: string): Promise<GatewayEntry | undefined> {
  const { status, body } = await call(`${url}/_belfry/v1/gateways`, { token: root.token })
  assert.equal(status, 200)
  return (body['gateways'] as GatewayEntry[]).find((entry) => entry.app_id === appId)
}

describe('the arrival of a push', () => {
  let shared: ArrivalServer
  test('server', async (t) => {
    shared = await startArrivalServer(t)

    await t.test('is known after the device has fetched the event, with the delay', async () => {
      const fixture = await createPhone(shared)
      assert.equal((await arrival(fixture)).state, 'unknown')
      const first = await push(fixture)
      pass(fixture, 800)
      await fixture.phone.get(eventPath(fixture, first))
      const at = fixture.clock.now()
      const step = await untilFetched(fixture, first)
      assert.deepEqual([step.step, step.reason, step.ms], ['fetched', 'fetched', 800])
      assert.match(step.text, /\(0\.8 s later\)/)
      assert.deepEqual((await listed(fixture, first)).arrived, { at, after_ms: 800 })
      assert.equal((await arrival(fixture)).last_arrived_at, at)
      const second = await push(fixture)
      pass(fixture, 1200)
      await fixture.phone.get(eventPath(fixture, second, 'context'))
      assert.equal((await untilFetched(fixture, second)).ms, 1200)
      await makeHabit(fixture, 4)
      await shared.root.post(`/join/${encodeURIComponent(fixture.roomId)}`)
      // A message in a group has low priority, so its fetch is not expected and does not count.
      const low = await fixture.bob.say(fixture.roomId, 'hello')
      await eventually(async () => (await journey(fixture, low)).state === 'sent')
      await fixture.phone.get(eventPath(fixture, low))
      await untilFetched(fixture, low)
      const { state, usual_ms, hour } = await arrival(fixture)
      assert.deepEqual([state, usual_ms, hour], ['arrives', 800, { arrived: 6, not_seen: 0, share: 1 }])
    })

    await t.test('is known from the connection of sliding sync for notifications', async () => {
      const fixture = await createPhone(shared)
      const [first, second] = [await push(fixture), await push(fixture)]
      const subscription = { timeline_limit: 16, required_state: [] }
      const path = `${fixture.url}/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0`
      const { status } = await call(path, {
        token: fixture.phone.token,
        body: { conn_id: 'notifications', room_subscriptions: { [fixture.roomId]: subscription } },
      })
      assert.equal(status, 200)
      for (const eventId of [first, second]) await untilFetched(fixture, eventId)
    })

    await t.test(
      'is not seen after the app has stopped fetching, when the device was used again',
      async () => {
        const fixture = await createPhone(shared)
        await makeHabit(fixture)
        const eventId = await push(fixture)
        await untilWaiting(fixture)
        assert.equal((await journey(fixture, eventId)).state, 'sent', 'the phone may be off')
        await fixture.phone.get('/account/whoami')
        const found = await untilNotSeen(fixture, eventId)
        assert.equal(found.reason, 'not fetched')
        const { arrived, not_seen: isNotSeen, state: listedState } = await listed(fixture, eventId)
        assert.deepEqual([arrived, isNotSeen, listedState], [null, true, 'sent'])
        const { state, not_seen, waiting } = await arrival(fixture)
        assert.deepEqual([state, not_seen, waiting], ['not seen', 1, 0])
      },
    )

    await t.test('is fetched late by a device that was offline', async () => {
      const fixture = await createPhone(shared)
      await makeHabit(fixture)
      const eventId = await push(fixture)
      await untilWaiting(fixture)
      await fixture.phone.get(eventPath(fixture, eventId))
      const step = await untilFetched(fixture, eventId)
      assert.match(step.text, /\(\d+ min later\)/)
      assert.equal((await arrival(fixture)).state, 'arrives')
    })

    await t.test('stays unknown for an app that never fetches', async () => {
      const fixture = await createPhone(shared)
      const eventId = await push(fixture)
      pass(fixture, DEADLINE_MS)
      await fixture.phone.get('/account/whoami')
      const other = await createPhone(shared)
      await makeHabit(other)
      await push(other)
      // The sweep has also checked the earlier push.
      await untilWaiting(other)
      const { state, last_arrived_at, not_seen, waiting } = await arrival(fixture)
      assert.deepEqual([state, last_arrived_at, not_seen, waiting], ['unknown', null, 0, 0])
      assert.equal((await journey(fixture, eventId)).state, 'sent')
    })

    await t.test('is not proved by other requests', async () => {
      const fixture = await createPhone(shared)
      const [first, second] = [await push(fixture), await push(fixture)]
      await fixture.laptop.get(eventPath(fixture, first))
      // The console shows the journey to a user who has signed in with the access token of the phone.
      const headers = { 'x-belfry-console': 'http', cookie: `belfry=${fixture.phone.token}` }
      const shown = await fetch(`${fixture.url}/_matrix/client/v3${eventPath(fixture, first)}`, { headers })
      assert.equal(shown.status, 200)
      // The phone is open: it has the events by a sync.
      await fixture.phone.get('/sync?timeout=0')
      await fixture.phone.get(eventPath(fixture, first))
      pass(fixture, DEADLINE_MS / 2)
      // The fetch of another event is stored after those before it.
      await fixture.phone.get(eventPath(fixture, second))
      await untilFetched(fixture, second)
      assert.equal((await journey(fixture, first)).state, 'sent')
    })

    await t.test('is known from a confirmation by the app, also while it syncs', async () => {
      const fixture = await createPhone(shared)
      const eventId = await push(fixture)
      await fixture.phone.get('/sync?timeout=0')
      pass(fixture, 300)
      const body = { app_id: 'org.example.app', 'org.belfry.event_id': eventId }
      await fixture.phone.post('/pushers/ack', body)
      assert.equal((await untilFetched(fixture, eventId)).ms, 300)
      const { status } = await fixture.phone.try('POST', '/pushers/ack', { app_id: 'org.example.app' })
      assert.equal(status, 400)
    })

    await t.test('is unknown for a device with two pushers', async () => {
      const fixture = await createPhone(shared)
      const { phone, gateway } = fixture
      const more = {
        pushkey: 'another',
        instance_handle: 'another',
        data: { url: gateway.url, format: 'event_id_only' },
      }
      await phone.post('/pushers/set', foundingPusher(gateway.url, more))
      const eventId = await push(fixture)
      await phone.get(eventPath(fixture, eventId))
      const other = await createPhone(shared)
      await makeHabit(other, 1)
      assert.equal((await journey(fixture, eventId)).state, 'sent')
    })

    await t.test('raises an alarm when far fewer pushes of an app arrive than usual', async () => {
      const app = 'org.example.broken'
      const phones = [await createPhone(shared, app), await createPhone(shared, app)]
      const [first] = phones
      assert.ok(first)
      for (const phone of phones) await makeHabit(phone, 10)
      pass(first, 1.5 * DAY_MS)
      assert.deepEqual((await gatewayOf(shared, app))?.usual_share, 1)
      for (const phone of phones) for (let count = 0; count < 10; count++) await push(phone)
      for (const phone of phones) await untilWaiting(phone)
      assert.equal((await gatewayOf(shared, app))?.alarm, null)
      for (const { phone } of phones) await phone.get('/account/whoami')
      const found = await eventually(async () => {
        pass(first, SWEEP_MS)
        const entry = await gatewayOf(shared, app)
        return entry?.alarm !== null && entry
      })
      assert.deepEqual(found.alarm, { window: 'hour', share: 0, usual_share: 1, devices: 2 })
      assert.deepEqual(found.hour, { arrived: 0, not_seen: 20, share: 0 })
      const { host } = new URL(shared.gateway.url)
      const { alarms } = await eventually(async () => {
        pass(first, SWEEP_MS)
        const { body } = await call(`${shared.url}/health`)
        assert.equal(body['status'], 'ok', 'a restart would change nothing')
        const { state, alarms } = body['arrivals'] as { state: string; alarms: { app_id: string | null }[] }
        return state === 'failing' && { alarms }
      })
      assert.ok(alarms.some(({ app_id: appId }) => appId === app))
      const line = shared.lines.find(
        (one) => one.includes('fewer pushes arrive than usual') && one.includes(app),
      )
      assert.ok(line?.includes(`"gateway":"${host}"`))
      const metrics = (await call(`${shared.url}/metrics`)).body['text'] as string
      assert.ok(metrics.includes(`belfry_arrival_alarm{gateway="${host}",app="${app}"} 1`))
      assert.ok(metrics.includes(`belfry_arrival_share{gateway="${host}",app="${app}",window="hour"} 0`))
      const { status } = await call(`${shared.url}/_belfry/v1/gateways`, { token: shared.bob.token })
      assert.equal(status, 403)
    })
  })
})
