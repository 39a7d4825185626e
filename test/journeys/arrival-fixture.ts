import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { afterTest } from '../support/after-test.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { call, foundingPusher, loginUser, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { type PokeReceiver, startPokeReceiver } from '../support/poke-receiver.ts'
import { checkedResponses } from '../support/response-check.ts'

// A phone whose app fetches the events that it is notified of, or stops fetching them.

export const DEADLINE_MS = 120_000
export const SWEEP_MS = 10_000

type Step = { step: string; reason: string; text: string; ms?: number }
export type ArrivalStatus = {
  state: string
  last_arrived_at: number | null
  usual_ms: number | null
  not_seen: number
  waiting: number
  hour: { arrived: number; not_seen: number; share: number | null }
}

export type ArrivalFixture = {
  url: string
  clock: ManualClock
  gateway: PokeReceiver
  bob: TestUser
  phone: TestUser
  /** Another device of the same user, which reads the reports. */
  laptop: TestUser
  roomId: string
}

let users = 0

export type ArrivalServer = Pick<ArrivalFixture, 'url' | 'clock' | 'gateway' | 'bob'> & {
  root: TestUser
  lines: string[]
}

export async function startArrivalServer(t: TestContext): Promise<ArrivalServer> {
  const clock = createManualClock(Date.now())
  const gateway = await startPokeReceiver(t)
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const config = loadConfig({
    argv: ['--listen', '127.0.0.1:0', '--data', newDataFolder(t), '--open-registration'],
    env: {
      BELFRY_RATE_LIMITS_ENABLED: 'false',
      BELFRY_PUSH_ALLOW_IP_RANGES: '127.0.0.0/8',
      BELFRY_PRESENCE_ENABLED: 'false',
    },
  })
  const belfry = await createBelfry(config, {
    clock,
    log,
    onResponse: checkedResponses(t),
    passwordCost: CHEAP,
  })
  afterTest(t, () => belfry.close())
  await belfry.accounts.add({ name: 'root', password: PASSWORD, admin: true })
  const { url } = await belfry.listen()
  const [bob, root] = [await registerUser(url, 'bob'), await loginUser(url, 'root')]
  return { url, clock, gateway, bob, root, lines }
}

/** A user with a phone, whose app asks for event ids only. */
export async function createPhone(shared: ArrivalServer, appId = 'org.example.app'): Promise<ArrivalFixture> {
  const { url, gateway, bob } = shared
  const name = `user${++users}`
  const phone = await registerUser(url, name)
  const laptop = await loginUser(url, name)
  const data = { url: gateway.url, format: 'event_id_only' }
  const more = { pushkey: `key of ${name}`, app_id: appId, data }
  await phone.post('/pushers/set', foundingPusher(gateway.url, more))
  const roomId = await bob.createRoom()
  await phone.post(`/join/${encodeURIComponent(roomId)}`)
  const fixture = { ...shared, phone, laptop, roomId }
  pass(fixture, DEADLINE_MS)
  return fixture
}

export const pass = ({ clock }: ArrivalFixture, ms: number) => clock.advance(ms)

/** Sends an event, and waits until its poke is recorded. */
export async function push(fixture: ArrivalFixture): Promise<string> {
  const { bob, roomId } = fixture
  const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/${crypto.randomUUID()}`
  const { event_id: eventId } = await bob.put(path, { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x' })
  await eventually(async () => (await journey(fixture, String(eventId))).state === 'sent')
  return String(eventId)
}

export async function journey({ url, laptop }: ArrivalFixture, eventId: string) {
  const path = `${url}/_belfry/v1/journey?event_id=${encodeURIComponent(eventId)}`
  const { status, body } = await call(path, { token: laptop.token })
  assert.equal(status, 200)
  const [pusher] = body['pushers'] as { state: string; steps: Step[] }[]
  assert.ok(pusher)
  return pusher
}

export async function arrival({ url, laptop }: ArrivalFixture): Promise<ArrivalStatus> {
  const { body } = await call(`${url}/_belfry/v1/pushers`, { token: laptop.token })
  const [pusher] = body['pushers'] as { arrival: ArrivalStatus }[]
  assert.ok(pusher)
  return pusher.arrival
}

export const eventPath = ({ roomId }: ArrivalFixture, eventId: string, kind = 'event') =>
  `/rooms/${encodeURIComponent(roomId)}/${kind}/${encodeURIComponent(eventId)}`

export async function untilFetched(fixture: ArrivalFixture, eventId: string): Promise<Step> {
  pass(fixture, 1000)
  const { steps } = await eventually(async () => {
    const found = await journey(fixture, eventId)
    return found.state === 'fetched' && found
  })
  const last = steps.at(-1)
  assert.ok(last)
  return last
}

/** Pushes of which the app fetches each event after 800 ms. */
export async function makeHabit(fixture: ArrivalFixture, pushes = 5): Promise<void> {
  for (let count = 0; count < pushes; count++) {
    const eventId = await push(fixture)
    pass(fixture, 800)
    await fixture.phone.get(eventPath(fixture, eventId))
    await untilFetched(fixture, eventId)
  }
  pass(fixture, DEADLINE_MS)
}

/** Waits until the server has noticed that the last event was not fetched. */
export const untilWaiting = (fixture: ArrivalFixture) =>
  eventually(async () => {
    pass(fixture, SWEEP_MS)
    return (await arrival(fixture)).waiting > 0
  })

/**
 * Waits until the server has concluded that an event was not fetched. The device must have been used after
 * its push.
 */
export const untilNotSeen = (fixture: ArrivalFixture, eventId: string) =>
  eventually(async () => {
    pass(fixture, SWEEP_MS)
    const { state, steps } = await journey(fixture, eventId)
    return state === 'not seen' && steps.at(-1)
  })
