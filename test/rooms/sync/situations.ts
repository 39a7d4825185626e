import { setAccountData } from '../../../src/accounts/account-data.ts'
import { jsonPieces } from '../../../src/http/json-pieces.ts'
import type { Random, RoomId, UserId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { banUser, kickUser, knockOnRoom, unbanUser } from '../../../src/rooms/membership.ts'
import { setMarkers } from '../../../src/rooms/receipts.ts'
import { redactEvent } from '../../../src/rooms/redact.ts'
import { parseToken } from '../../../src/rooms/sync/token.ts'
import { query } from '../../../src/storage/query.ts'
import { currentPoint } from '../../../src/storage/stream.ts'
import { isSamePoint, lowest, type StreamPoint } from '../../../src/storage/stream-point.ts'
import { quotas } from '../../support/quotas.ts'
import { deviceOf, type SyncFixture, user } from '../sync-fixture.ts'

// One history of some rooms, and the responses of /sync to three users at several points of it, for many filters.

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')
const dave = user('dave')
export const PEOPLE = ['alice', 'bob', 'carol', 'dave']

const FILTERS: Record<string, JsonObject> = {
  none: {},
  lazy: { room: { state: { lazy_load_members: true }, include_leave: true } },
  'lazy, limit 2': {
    room: {
      state: { lazy_load_members: true },
      timeline: { limit: 2, lazy_load_members: true, unread_thread_notifications: true },
    },
  },
  'limit 1, left rooms': { room: { include_leave: true, timeline: { limit: 1 } } },
  'limit 0': { room: { timeline: { limit: 0 }, include_leave: true } },
  'only messages': { room: { timeline: { types: ['m.room.message'], limit: 3 }, state: { types: [] } } },
  'no events': {
    room: { timeline: { types: [] }, state: { types: [] }, ephemeral: { types: [] } },
    account_data: { types: [] },
  },
  'not by alice': { room: { timeline: { not_senders: [alice] }, state: { not_senders: [alice] } } },
  'some fields': { event_fields: ['content.body', 'unsigned'], room: { timeline: { limit: 4 } } },
}

/** The filters that are used with the tokens of all earlier points. The others have only the last token. */
const SINCE_ALL_POINTS = ['none', 'lazy, limit 2']

/** Ids that are the same in each run. */
function countingRandom(): Random {
  let count = 0
  return { token: () => `id${String(++count).padStart(4, '0')}`, below: () => 0 }
}

/** A response by the names of user, point of the history and request. */
export type Responses = Map<string, JsonObject>

type Kept = { point: string; tokens: Map<UserId, string> }

/** The events of the server at one point of the history, by which tokens are named. */
type Stream = { point: StreamPoint; events: readonly { room_id: RoomId; position: number }[] }

const events = query()((db) => db.selectFrom('events').select(['room_id', 'position']))

/**
 * A response whose tokens do not depend on the number of shards: `next_batch` says that it is the present
 * point, and `prev_batch` how many events of the room are before it.
 */
function withNamedTokens(body: JsonObject, stream: Stream): JsonObject {
  const next = body['next_batch'] as string
  const isNow = isSamePoint(parseToken(next, 'next_batch').position, stream.point)
  const ofRoom = ([roomId, room]: [string, JsonObject]) => {
    const { timeline } = room as { timeline?: JsonObject }
    if (timeline?.['prev_batch'] === undefined) return [roomId, room]
    const upTo = lowest(parseToken(timeline['prev_batch'] as string, 'prev_batch').position)
    const before = stream.events.filter(({ room_id, position }) => room_id === roomId && position <= upTo)
    return [roomId, { ...room, timeline: { ...timeline, prev_batch: `after ${before.length} events` } }]
  }
  const byMembership = Object.entries(body['rooms'] as Record<string, Record<string, JsonObject>>)
  const rooms = byMembership.map(([membership, some]) => [
    membership,
    Object.fromEntries(Object.entries(some).map(ofRoom)),
  ])
  return {
    ...body,
    next_batch: isNow ? next.replace(/^s[^_]*/, 'now') : next,
    rooms: Object.fromEntries(rooms) as JsonObject,
  }
}

/** Runs the history on an empty database, and reads nothing. */
export async function writeSituations(fixture: SyncFixture): Promise<void> {
  fixture.rooms.random = countingRandom()
  for (const act of Object.values(history(fixture))) await act()
}

/** Runs the history on an empty database, and reads after each point of it. */
export async function readSituations(fixture: SyncFixture): Promise<Responses> {
  fixture.rooms.random = countingRandom()
  const responses: Responses = new Map()
  const kept: Kept[] = []
  for (const [point, act] of Object.entries(history(fixture))) {
    await act()
    const stream = { point: await currentPoint(fixture.db), events: await fixture.db.all(events, {}) }
    const tokens = new Map<UserId, string>()
    for (const userId of [bob, carol, dave])
      tokens.set(userId, await readAll(fixture, { userId, point, stream, kept, responses }))
    kept.push({ point, tokens })
  }
  return responses
}

type Reading = {
  userId: UserId
  point: string
  stream: Stream
  kept: readonly Kept[]
  responses: Responses
}

async function readAll(fixture: SyncFixture, reading: Reading): Promise<string> {
  const { userId, point, kept, responses } = reading
  const read = async (request: string, since: string | undefined, options: SyncOptions) => {
    const body = await serialised(await fixture.sync(userId, since, options))
    responses.set(`${userId}, ${point}, ${request}`, withNamedTokens(body, reading.stream))
    return body['next_batch'] as string
  }
  const token = await read('initial, none', undefined, { filter: FILTERS['none'] as JsonObject })
  for (const [name, filter] of Object.entries(FILTERS)) {
    if (name !== 'none') await read(`initial, ${name}`, undefined, { filter })
    const earlier = SINCE_ALL_POINTS.includes(name) ? kept : kept.slice(-1)
    for (const { point: from, tokens } of earlier)
      await read(`since ${from}, ${name}`, tokens.get(userId) as string, { filter })
  }
  for (const name of SINCE_ALL_POINTS)
    for (const { point: from, tokens } of [{ point: 'nothing', tokens: undefined }, ...kept.slice(-1)]) {
      const options = { filter: FILTERS[name] as JsonObject, stateForm: 'state_after' as const }
      await read(`state_after since ${from}, ${name}`, tokens?.get(userId), options)
    }
  for (const { point: from, tokens } of kept.slice(-1))
    await read(`full state since ${from}`, tokens.get(userId) as string, { fullState: true })
  return token
}

type SyncOptions = Parameters<SyncFixture['sync']>[2]

async function serialised(body: unknown): Promise<JsonObject> {
  let text = ''
  for await (const piece of jsonPieces(body)) text += piece
  return JSON.parse(text) as JsonObject
}

function history(fixture: SyncFixture): Record<string, () => Promise<void>> {
  const ids = new Map<string, RoomId>()
  const room = (name: string) => ids.get(name) as RoomId
  const accounts = {
    ...fixture.reads,
    quotas,
    onUsersIgnored: () => Promise.resolve(),
    onRulesChanged: () => Promise.resolve(),
  }
  const setData = (userId: UserId, roomId: RoomId | '', type: string, content: JsonObject) =>
    setAccountData(accounts, { userId, roomId, type }, content)
  const read = async (userId: UserId, roomId: RoomId, eventId: string, threadId = '') =>
    setMarkers(fixture.receipts, {
      userId,
      roomId,
      markers: [{ type: 'm.read', eventId: eventId as never, threadId }],
    })
  return {
    rooms: async () => {
      ids.set('named', await fixture.create(alice, { preset: 'public_chat', name: 'Office', topic: 'work' }))
      ids.set('unnamed', await fixture.create(alice, { preset: 'private_chat' }))
      ids.set('left', await fixture.create(alice, { preset: 'public_chat', name: 'Left' }))
      ids.set('banned', await fixture.create(carol, { preset: 'public_chat' }))
      for (const name of ['named', 'left', 'banned']) await fixture.join(room(name), bob)
      await fixture.join(room('named'), carol)
      for (let at = 0; at < 12; at++) await fixture.say(room('named'), alice, `m${at}`)
      await fixture.say(room('left'), alice, 'hello')
    },
    'messages, receipts and data': async () => {
      const root = await fixture.say(room('named'), alice, 'root')
      const reply = { 'm.relates_to': { rel_type: 'm.thread', event_id: root } }
      const inThread = await fixture.say(room('named'), carol, 'reply, bob', reply)
      await fixture.say(room('named'), alice, 'hello bob', { 'm.mentions': { user_ids: [bob] } })
      await read(carol, room('named'), inThread, root)
      await read(bob, room('named'), root)
      await setData(bob, '', 'im.example.settings', { theme: 'dark' })
      await setData(bob, room('named'), 'm.tag', { tags: { work: {} } })
      fixture.typing.start(room('named'), alice, 100_000)
    },
    'memberships change': async () => {
      await fixture.invite(room('unnamed'), alice, bob)
      await fixture.invite(room('unnamed'), alice, dave)
      await fixture.leave(room('left'), bob)
      await fixture.set(room('left'), alice, 'm.room.topic', { topic: 'after the leave' })
      await kickUser(fixture.rooms, { roomId: room('banned'), sender: carol, target: bob })
      await fixture.say(room('banned'), carol, 'not for bob')
      await banUser(fixture.rooms, { roomId: room('banned'), sender: carol, target: bob })
      ids.set('knocked', await fixture.create(alice, { preset: 'public_chat', name: 'Knock' }))
      await fixture.set(room('knocked'), alice, 'm.room.join_rules', { join_rule: 'knock' })
      await knockOnRoom(fixture.rooms, { roomId: room('knocked'), userId: bob })
    },
    'rooms are joined again': async () => {
      await fixture.join(room('unnamed'), bob)
      await fixture.say(room('unnamed'), alice, 'welcome')
      await fixture.set(room('left'), alice, 'm.room.history_visibility', { history_visibility: 'joined' })
      await fixture.say(room('left'), alice, 'hidden')
      await fixture.join(room('left'), bob)
      await fixture.say(room('left'), alice, 'seen')
      await unbanUser(fixture.rooms, { roomId: room('banned'), sender: carol, target: bob })
      await fixture.leave(room('unnamed'), dave)
      fixture.typing.stop(room('named'), alice)
    },
    'a gap with state': async () => {
      await fixture.set(room('named'), alice, 'm.room.topic', { topic: 'one' })
      await fixture.set(room('named'), alice, 'm.room.topic', { topic: 'two' })
      await fixture.join(room('named'), dave)
      const eventId = await fixture.say(room('named'), carol, 'a mistake')
      for (let at = 0; at < 25; at++) await fixture.react(room('named'), alice, `${at}`)
      const transaction = { deviceId: deviceOf(carol), txnId: 'redaction' }
      const redaction = { roomId: room('named'), sender: carol, eventId, content: {}, transaction }
      await redactEvent(fixture.rooms, redaction)
      await fixture.say(room('named'), bob, 'by bob')
      await fixture.leave(room('named'), carol)
    },
    'a user is ignored': async () => {
      await setData(bob, '', 'm.ignored_user_list', { ignored_users: { [alice]: {} } })
      await fixture.say(room('named'), alice, 'ignored')
      await fixture.say(room('named'), dave, 'not ignored')
      ids.set('by an ignored user', await fixture.create(alice, { name: 'Ignored', preset: 'private_chat' }))
      await fixture.invite(room('by an ignored user'), alice, bob)
      await fixture.invite(room('by an ignored user'), alice, carol)
    },
  }
}
