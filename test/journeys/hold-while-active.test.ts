import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { call, foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { type PokeReceiver, startPokeReceiver } from '../support/poke-receiver.ts'
import { startProcess } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'
import { SLEEP_MS, untilSyncsSleep, untilSyncsWait } from '../support/waiting-syncs.ts'

const GRACE_MS = 60_000

/** Alice's phone, whose pusher holds pokes for a minute; her laptop; and Bob, who sends messages. */
async function createFixture(t: TestContext, url: string) {
  const gateway = await startPokeReceiver(t)
  const phone = await registerUser(url, 'alice')
  const laptop = await loginUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const roomId = await bob.createRoom()
  await phone.post(`/join/${encodeURIComponent(roomId)}`)
  await phone.post(
    '/pushers/set',
    foundingPusher(gateway.url, { 'org.belfry.hold_while_active_ms': GRACE_MS }),
  )
  const { next_batch: since } = (await laptop.get('/sync?set_presence=offline')) as { next_batch: string }
  return { gateway, phone, laptop, bob, roomId, since }
}

/** A long poll of the laptop. */
function watch(laptop: TestUser, since: string, more = '') {
  return laptop.get(`/sync?since=${since}&timeout=${SLEEP_MS}${more}`) as Promise<{ next_batch: string }>
}

const statusOf = async (user: TestUser) => {
  const { pushers } = (await user.get('/pushers')) as { pushers: Record<string, unknown>[] }
  return pushers[0]?.['org.belfry.status'] as { queued: number; held_until: number | null }
}
const untilHeld = (user: TestUser) => eventually(async () => (await statusOf(user)).held_until ?? undefined)
const untilDone = (user: TestUser) => eventually(async () => (await statusOf(user)).queued === 0)
const eventsOf = (gateway: PokeReceiver) => gateway.pokes.flatMap((poke) => poke.event_id ?? [])

test('the phone gets no poke while its user reads the room on the laptop', async (t) => {
  const clock = createManualClock(Date.now())
  const { url } = await startTestServer(t, { environment: { clock } })
  const { gateway, phone, laptop, bob, roomId, since } = await createFixture(t, url)

  const seen = watch(laptop, since)
  await untilSyncsSleep(clock, 1)
  const eventId = await bob.say(roomId, 'are you there?')
  await seen
  assert.equal(await untilHeld(phone), clock.now() + GRACE_MS)
  const report = await call(`${url}/_belfry/v1/pushers`, { token: phone.token })
  const [pusher] = report.body['pushers'] as Record<string, unknown>[]
  assert.equal(pusher?.['hold_while_active_ms'], GRACE_MS)
  assert.equal(pusher?.['held_until'], clock.now() + GRACE_MS)
  await laptop.read(roomId, eventId)
  await untilDone(phone)
  clock.advance(GRACE_MS)
  assert.equal((await statusOf(phone)).held_until, null)
  assert.deepEqual(eventsOf(gateway), [])
})

test('the phone gets a poke after the hold if the event was not read on the laptop', async (t) => {
  const clock = createManualClock(Date.now())
  const { url } = await startTestServer(t, { environment: { clock } })
  const { gateway, phone, laptop, bob, roomId, since } = await createFixture(t, url)
  const seen = watch(laptop, since)
  await untilSyncsSleep(clock, 1)
  const eventId = await bob.say(roomId, 'are you there?')
  const watching = watch(laptop, (await seen).next_batch)
  await untilSyncsSleep(clock, 1)
  const until = await untilHeld(phone)
  clock.advance(until - clock.now() - 1)
  await watching
  assert.deepEqual(eventsOf(gateway), [])
  clock.advance(1)
  await gateway.waitFor((poke) => poke.event_id === eventId)
})

test('the phone gets a poke soon after the laptop has stopped syncing', async (t) => {
  const clock = createManualClock(Date.now())
  const { url } = await startTestServer(t, { environment: { clock } })
  const { gateway, phone, laptop, bob, roomId, since } = await createFixture(t, url)
  const seen = watch(laptop, since)
  await untilSyncsSleep(clock, 1)
  const eventId = await bob.say(roomId, 'are you there?')
  await seen
  await untilHeld(phone)
  clock.advance(15_000)
  await gateway.waitFor((poke) => poke.event_id === eventId)
})

test('the phone gets a poke at once if no laptop syncs, or if it syncs with set_presence offline or unavailable', async (t) => {
  const { url } = await startTestServer(t)
  const { gateway, phone, laptop, bob, roomId, since } = await createFixture(t, url)
  const alone = await bob.say(roomId, 'nobody else')
  await gateway.waitFor((poke) => poke.event_id === alone)
  let { next_batch: token } = await watch(laptop, since, '&set_presence=offline')
  for (const presence of ['offline', 'unavailable']) {
    const away = watch(laptop, token, `&set_presence=${presence}`)
    await untilSyncsWait(url, 1)
    const eventId = await bob.say(roomId, presence)
    await gateway.waitFor((poke) => poke.event_id === eventId)
    token = (await away).next_batch
  }
  await untilDone(phone)
  assert.equal(eventsOf(gateway).length, 3)
})

test('a held poke survives SIGKILL', async (t) => {
  const data = newDataFolder(t)
  const first = await startProcess(t, data)
  const { gateway, phone, laptop, bob, roomId, since } = await createFixture(t, first.url)
  const seen = watch(laptop, since)
  await untilSyncsWait(first.url, 1)
  const eventId = await bob.say(roomId, 'are you there?')
  await seen
  await untilHeld(phone)
  await first.end('SIGKILL')
  assert.deepEqual(eventsOf(gateway), [])
  // Its clock is at the end of the hold.
  await startProcess(t, data, { CLOCK_AHEAD_MS: String(GRACE_MS) })
  await gateway.waitFor((poke) => poke.event_id === eventId)
})
