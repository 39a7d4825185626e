import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { auth, linkIn, mailPusher } from '../journeys/email-fixture.ts'
import { call, foundingPusher, loginUser, registerUser, type TestUser } from './client.ts'
import { eventually } from './eventually.ts'
import {
  ANDROID,
  type Outside,
  type Place,
  PUBLIC_URL,
  startBelfry,
  startOutside,
  userDataOf,
} from './upgrade-fixture.ts'

// A history after which work waits in every queue. It is run by each release on a new database, which later
// versions open.

export const HOUR = 3_600_000
/** More than one attempt: the clock stands still while the history is made. */
const REFUSALS = 100

/** A database with the function that runs SQL in it. */
export type OpenedDatabase = Place & { run(sql: string): Promise<unknown[]> }

export type ReleaseStory = {
  /** The time at the end, in milliseconds. */
  at: number
  origin: string
  otherOrigin: string
  /** By name of the user. */
  sessions: Record<string, { userId: string; token: string }>
  /** The token of /sync, and the events that came afterwards, by name of the user. */
  sync: Record<string, { since: string; eventIds: string[] }>
  /** The events that wait in the lane of each pusher, in order, by kind and pushkey. */
  waiting: Record<string, string[]>
  /** The newest event that a mute with a digest has held back. */
  heldBack: string
  /** The responses of the API by name of the user. */
  api: Record<string, unknown>
}

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'fay'] as const
type Name = (typeof NAMES)[number]

/** All that a user sees, in addition to `userDataOf` also keys, and the inbox. */
export async function releaseDataOf(url: string, session: { userId: string; token: string }) {
  const { token } = session
  const get = async (path: string) => (await call(`${url}${path}`, { token })).body
  return {
    ...(await userDataOf(url, session)),
    backup: await get('/_matrix/client/v3/room_keys/version'),
    inbox: await get('/_belfry/v1/inbox/erins-inbox'),
  }
}

export async function writeReleaseHistory(t: TestContext, database: OpenedDatabase): Promise<ReleaseStory> {
  const outside = await startOutside(t, 1_800_000_000_000)
  const { url, close } = await startBelfry(t, database, outside)
  const users = await createUsers(url)
  const roomId = await users.alice.createRoom({ preset: 'public_chat', name: 'The office' })
  const mutedId = await users.alice.createRoom({ preset: 'public_chat', name: 'The noisy room' })
  for (const name of NAMES.slice(1))
    for (const room of [roomId, mutedId]) await users[name as Name].post(`/join/${encodeURIComponent(room)}`)
  await users.bob.createRoom({ invite: [users.alice.userId] })
  const first = await users.bob.say(roomId, 'before')
  for (const user of [users.alice, users.carol]) await user.read(roomId, first)
  await setPushers(url, users, outside)
  await muteWithDigest(users.carol, mutedId, outside.clock.now() + HOUR)
  await storeKeys(users.erin)

  outside.respondWith(503)
  outside.mail.replyWith({ data: 451 })
  outside.fcm.script('daves-phone', ...Array<{ status: number }>(REFUSALS).fill({ status: 503 }))
  const since = await tokensOf(users)
  const { eventIds, heldBack } = await sendMessages(users, roomId, mutedId)
  // The gateways have refused the first item of each lane, and the own gateway has accepted those for FCM.
  await eventually(async () => {
    const failed = (await database.run('select lane_id from lanes where attempts > 0')).length
    const unsent = (await database.run(OF_DAVE)).length
    return failed >= 3 && unsent === 0 && (await isAtRest(database))
  })
  const sessions = Object.fromEntries(
    NAMES.map((name) => [name, { userId: users[name].userId, token: users[name].token }]),
  )
  await close()
  // The responses are those of a server that was started on the complete database, as in the test.
  outside.respondWith('nothing')
  const again = await startBelfry(t, database, outside)
  const api = Object.fromEntries(
    await Promise.all(
      NAMES.map(async (name) => [name, await releaseDataOf(again.url, users[name])] as const),
    ),
  )
  await again.close()
  const { origin, otherOrigin, clock } = outside
  const sync = Object.fromEntries(NAMES.map((name) => [name, { since: since[name] ?? '', eventIds }]))
  const waiting = await waitingIn(database)
  return { at: clock.now(), origin, otherOrigin, sessions, sync, waiting, heldBack, api }
}

const OF_DAVE = `select 1 from lane_items inner join pushers on pusher_id = lane_id where pushkey = 'daves-phone'`

/** Whether no attempt is in flight. */
export async function isAtRest(database: OpenedDatabase): Promise<boolean> {
  const [row] = (await database.run(`select count(*) as sending from lanes where lease_owner is not null
    and (value_due > 0 or exists (select 1 from lane_items as i where i.lane_id = lanes.lane_id))`)) as {
    sending: unknown
  }[]
  return Number(row?.sending) === 0
}

async function createUsers(url: string): Promise<Record<Name, TestUser>> {
  const users = await Promise.all(NAMES.map(async (name) => [name, await registerUser(url, name)] as const))
  return Object.fromEntries(users) as Record<Name, TestUser>
}

async function setPushers(url: string, users: Record<Name, TestUser>, outside: Outside): Promise<void> {
  const notify = (origin: string) => `${origin}/_matrix/push/v1/notify`
  const set = (user: TestUser, pushkey: string, to: string, more: object = {}) =>
    user.post('/pushers/set', {
      ...foundingPusher(notify(to), { pushkey, instance_handle: pushkey }),
      app_id: `org.example.${pushkey}`,
      ...more,
    })
  await set(users.alice, 'alices-phone', outside.origin)
  // Another device of hers, on a gateway that works.
  await set(await loginUser(url, 'alice'), 'alices-tablet', outside.otherOrigin)
  await set(users.carol, 'carols-phone', outside.otherOrigin)
  await set(users.dave, 'daves-phone', PUBLIC_URL, { app_id: ANDROID })
  await set(users.erin, 'erins-inbox', PUBLIC_URL, { app_id: 'org.belfry.inbox' })
  await addMailPusher(url, users.bob, outside)
  const keys = createECDH('prime256v1')
  outside.respondWith(503)
  const { status } = await users.fay.try('POST', '/pushers/set', {
    ...foundingPusher('', {
      kind: 'webpush',
      pushkey: keys.generateKeys('base64url'),
      app_id: 'org.example.web',
    }),
    data: { url: `${outside.origin}/push/fay`, auth: randomBytes(16).toString('base64url') },
  })
  // The app still has to confirm it.
  assert.equal(status, 201)
}

async function addMailPusher(url: string, bob: TestUser, { mail }: Outside): Promise<void> {
  const address = 'bob@example.org'
  const secret = { client_secret: 'secret-of-bob' }
  const request = { email: address, send_attempt: 1, ...secret }
  const { sid } = await bob.post('/account/3pid/email/requestToken', request)
  const sent = await mail.waitFor((one) => one.to[0] === address)
  await call(linkIn(sent, url, 'validate'), { method: 'POST' })
  await bob.post('/account/3pid/add', { sid, ...secret, auth: auth('bob') })
  await bob.post('/pushers/set', mailPusher(address))
}

async function muteWithDigest(user: TestUser, roomId: string, until: number): Promise<void> {
  await user.put(`/pushrules/global/room/${encodeURIComponent(roomId)}`, {
    actions: ['dont_notify'],
    'org.belfry.until': until,
    'org.belfry.digest': true,
  })
}

async function storeKeys(user: TestUser): Promise<void> {
  await user.post('/keys/upload', {
    one_time_keys: { 'signed_curve25519:AAAAAA': { key: 'AAAA', signatures: {} } },
  })
  await user.post('/room_keys/version', {
    algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2',
    auth_data: { public_key: 'AAAA', signatures: {} },
  })
}

async function tokensOf(users: Record<Name, TestUser>): Promise<Record<string, string>> {
  const tokens = NAMES.map(
    async (name) => [name, String((await users[name].get('/sync'))['next_batch'])] as const,
  )
  return Object.fromEntries(await Promise.all(tokens))
}

async function sendMessages({ alice, bob, erin }: Record<Name, TestUser>, roomId: string, mutedId: string) {
  const one = await bob.say(roomId, 'one')
  const eventIds = [
    one,
    await bob.say(roomId, 'two', { 'm.mentions': { user_ids: [alice.userId] } }),
    await erin.say(roomId, 'in a thread', { 'm.relates_to': { rel_type: 'm.thread', event_id: one } }),
    await erin.say(roomId, 'three'),
  ]
  await bob.say(mutedId, 'noise')
  const heldBack = await bob.say(mutedId, 'more noise')
  const messages = { [erin.userId]: { '*': { n: 1 } } }
  await alice.put('/sendToDevice/m.test/1', { messages })
  await alice.put('/sendToDevice/m.test/2', { messages: { [erin.userId]: { [erin.deviceId]: { n: 2 } } } })
  return { eventIds, heldBack }
}

async function waitingIn(database: OpenedDatabase): Promise<Record<string, string[]>> {
  const rows = (await database.run(`select pushers.kind, pushkey, event_id from lane_items
    inner join pushers on pusher_id = lane_id inner join events on events.position = lane_items.position
    order by lane_id, lane_items.position`)) as { kind: string; pushkey: string; event_id: string }[]
  const byPusher = Map.groupBy(rows, ({ kind, pushkey }) => `${kind} ${pushkey}`)
  return Object.fromEntries([...byPusher].map(([key, some]) => [key, some.map(({ event_id: id }) => id)]))
}
