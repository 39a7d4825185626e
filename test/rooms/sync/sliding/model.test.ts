import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { setAccountData } from '../../../../src/accounts/account-data.ts'
import { MatrixError } from '../../../../src/lib/errors.ts'
import type { RoomId } from '../../../../src/lib/ids.ts'
import type { JsonObject } from '../../../../src/lib/json.ts'
import { banUser, kickUser, unbanUser } from '../../../../src/rooms/membership.ts'
import { redactEvent } from '../../../../src/rooms/redact.ts'
import { setMarkers } from '../../../../src/rooms/receipts.ts'
import type { SlidingBody, SlidingEvent, SlidingRoom } from '../../../journeys/sliding-client.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { runs } from '../../../support/property.ts'
import { quotas } from '../../../support/quotas.ts'
import { deviceOf, user } from '../../sync-fixture.ts'
import { createSlidingFixture, type SlidingFixture } from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]

/** The state that the client wants at the end; it wants less in between. */
const TYPES = [
  'm.room.name',
  'm.room.topic',
  'm.room.create',
  'm.room.history_visibility',
  'm.room.power_levels',
]
const LIMIT = 4

type Known = {
  membership: string
  timeline: string[]
  state: Map<string, string>
  name: string | null
  joined: number
  invited: number
  unread: number
  isDm: boolean
  data: Map<string, string>
  receipts: Map<string, string>
}
type Client = { pos: string | undefined; rooms: Map<string, Known>; global: Map<string, string> }

const NEW = (): Known => ({
  membership: '',
  timeline: [],
  state: new Map(),
  name: null,
  joined: 0,
  invited: 0,
  unread: 0,
  isDm: false,
  data: new Map(),
  receipts: new Map(),
})

/** Applies a response as a client does (MSC4186, "Room results"). */
function apply(client: Client, { rooms, extensions, pos }: SlidingBody): void {
  client.pos = pos
  for (const [roomId, room] of Object.entries(rooms)) {
    const known = client.rooms.get(roomId)
    assert.ok(room.initial === true || known, 'the first response with a room is initial')
    applyRoom(client, roomId, room)
  }
  for (const { type, content } of extensions.account_data?.global ?? [])
    client.global.set(type, JSON.stringify(content))
  for (const [roomId, events] of Object.entries(extensions.account_data?.rooms ?? {}))
    for (const { type, content } of events) client.rooms.get(roomId)?.data.set(type, JSON.stringify(content))
  for (const [roomId, { content }] of Object.entries(extensions.receipts?.rooms ?? {}))
    for (const [eventId, types] of Object.entries(content))
      for (const userId of Object.keys(types['m.read'] ?? {}))
        client.rooms.get(roomId)?.receipts.set(userId, eventId)
}

function applyRoom(client: Client, roomId: string, room: SlidingRoom): void {
  const before = client.rooms.get(roomId) ?? NEW()
  // Account data and receipts come in extensions, not with the room.
  const known = room.initial ? { ...NEW(), data: before.data, receipts: before.receipts } : before
  client.rooms.set(roomId, known)
  const membership = room.invite_state ? 'invite' : 'join'
  const own = ownMember([...(room.required_state ?? []), ...(room.timeline ?? [])])
  known.membership = room.invite_state ? membership : (own ?? (known.membership || 'join'))
  const events = (room.timeline ?? []).map((event) => event.event_id)
  if (room.limited || room.unstable_expanded_timeline) known.timeline = []
  known.timeline.push(...events.filter((id) => !known.timeline.includes(id)))
  for (const event of room.required_state ?? [])
    known.state.set(`${event.type} ${event.state_key}`, event.event_id)
  if (room.name !== undefined) known.name = room.name
  known.joined = room.joined_count ?? known.joined
  known.invited = room.invited_count ?? known.invited
  known.unread = room.notification_count ?? known.unread
  known.isDm = room.is_dm ?? known.isDm
}

function ownMember(events: readonly SlidingEvent[]): string | undefined {
  const own = events.findLast(({ type, state_key }) => type === 'm.room.member' && state_key === bob)
  return own && String(own.content['membership'])
}

type Step = { action: string; room: 0 | 1 | 2 }
const EVENTS = [
  'say',
  'say',
  'say',
  'topic',
  'name',
  'unname',
  'joined only',
  'shared',
  'redact',
  'carol says',
]
const MEMBERSHIPS = [
  ...EVENTS.slice(0, 3),
  'bob joins',
  'bob joins',
  'bob leaves',
  'bob is invited',
  'bob is kicked',
  'bob is banned',
  'bob is unbanned',
  'carol joins',
  'carol leaves',
]
const DATA = ['bob reads', 'alice reads', 'direct', 'tag', 'ignore carol', 'ignore no user']
/** 'lost': the response does not reach the client. */
const SLIDES = ['all', 'all', 'one', 'one', 'state', 'room', 'none', 'bare', 'scoped'].map(
  (of) => `slide ${of}`,
)
const ACTIONS = [...EVENTS, ...MEMBERSHIPS, ...DATA, ...SLIDES, 'lost', 'restart']
const steps = fc.array(
  fc.record({
    action: fc.constantFrom(...ACTIONS),
    room: fc.constantFrom(0, 1, 2),
  }) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 60 },
)

let counter = 0
/** Her messages come only while bob does not ignore her, so the two syncs need not have the same of them. */
const ofCarol = new Set<string>()

async function act(fixture: SlidingFixture, roomId: RoomId, { action }: Step): Promise<unknown> {
  const onBob = { roomId, sender: alice, target: bob }
  const { rooms, receipts } = fixture
  const visibility = (of: string) =>
    fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: of })
  const data = (room: RoomId | '', type: string, content: JsonObject) =>
    setAccountData(
      { ...rooms, quotas, onUsersIgnored: () => Promise.resolve(), onRulesChanged: () => Promise.resolve() },
      { userId: bob, roomId: room, type },
      content,
    )
  switch (action) {
    case 'say':
      return fixture.say(roomId, alice, `m${counter++}`)
    case 'carol says':
      return ofCarol.add(await fixture.say(roomId, carol, `m${counter++}`))
    case 'topic':
      return fixture.set(roomId, alice, 'm.room.topic', { topic: `t${counter++}` })
    case 'name':
      return fixture.set(roomId, alice, 'm.room.name', { name: `n${counter++}` })
    case 'unname':
      return fixture.set(roomId, alice, 'm.room.name', {})
    case 'redact': {
      const eventId = await fixture.say(roomId, alice, 'wrong')
      const transaction = { deviceId: deviceOf(alice), txnId: `r${counter++}` }
      return redactEvent(rooms, { roomId, sender: alice, eventId, content: {}, transaction })
    }
    case 'joined only':
      return visibility('joined')
    case 'shared':
      return visibility('shared')
    case 'bob joins':
      return fixture.join(roomId, bob)
    case 'bob leaves':
      return fixture.leave(roomId, bob)
    case 'bob is invited':
      return fixture.invite(roomId, alice, bob)
    case 'bob is kicked':
      return kickUser(rooms, onBob)
    case 'bob is banned':
      return banUser(rooms, onBob)
    case 'bob is unbanned':
      return unbanUser(rooms, onBob)
    case 'carol joins':
      return fixture.join(roomId, carol)
    case 'carol leaves':
      return fixture.leave(roomId, carol)
    case 'direct':
      return data('', 'm.direct', counter++ % 2 === 0 ? { [alice]: [roomId] } : {})
    case 'tag':
      return data(roomId, 'm.tag', { tags: { [`u.${counter++}`]: {} } })
    case 'ignore carol':
      return data('', 'm.ignored_user_list', { ignored_users: { [carol]: {} } })
    case 'ignore no user':
      return data('', 'm.ignored_user_list', { ignored_users: {} })
    default: {
      const eventId = await fixture.say(roomId, alice, 'read this')
      const userId = action === 'bob reads' ? bob : alice
      return setMarkers(receipts, { userId, roomId, markers: [{ type: 'm.read', eventId, threadId: '' }] })
    }
  }
}

const config = (types: readonly string[], limit: number) => ({
  timeline_limit: limit,
  required_state: {
    include: [...types.map((type) => ({ type, state_key: '' })), { type: 'm.room.member', state_key: bob }],
  },
})
const EXTENSIONS = { account_data: { enabled: true }, receipts: { enabled: true } }

function bodyOf({ action, room }: Step, roomIds: readonly RoomId[]): JsonObject {
  const all = { all: config(TYPES, LIMIT) }
  const extensions = EXTENSIONS
  switch (action) {
    case 'slide one':
      return { lists: { all: { ...config(TYPES, LIMIT), range: [0, 0] } }, extensions }
    case 'slide state':
      return { lists: { all: config(TYPES.slice(0, 1), 1) }, extensions }
    case 'slide room':
      return {
        lists: { all: { ...config(TYPES.slice(0, 2), 1), range: [0, 0] } },
        room_subscriptions: { [roomIds[room] as string]: config(TYPES, LIMIT + 3) },
        extensions,
      }
    case 'slide bare':
      return { lists: all }
    case 'slide scoped': {
      const of = { enabled: true, lists: [], rooms: [roomIds[room] as string] }
      const room_subscriptions = { [roomIds[room] as string]: config(TYPES, LIMIT) }
      return { lists: all, room_subscriptions, extensions: { account_data: of, receipts: of } }
    }
    case 'slide none':
      return { lists: {}, extensions: {} }
    default:
      return { lists: all, extensions }
  }
}

async function slide(
  fixture: SlidingFixture,
  client: Client,
  step: Step,
  roomIds: readonly RoomId[],
): Promise<void> {
  if (step.action === 'restart') {
    client.pos = undefined
    client.rooms.clear()
    return
  }
  const body = bodyOf(step, roomIds)
  const response = await fixture.slide(bob, body, { pos: client.pos, hasCounts: true })
  // A response that got lost: the client repeats its request.
  if (step.action === 'lost') return
  apply(client, response)
}

async function compare(fixture: SlidingFixture, { rooms, global }: Client): Promise<void> {
  const options = { filter: { room: { timeline: { limit: 100 } } }, stateForm: 'state_after' as const }
  const classic = await fixture.sync(bob, undefined, options)
  const joined = [...rooms].filter(([, { membership }]) => membership === 'join')
  assert.deepEqual(
    joined.map(([id]) => id).toSorted(),
    Object.keys(classic.rooms.join).toSorted(),
    'joined rooms',
  )
  const invited = [...rooms].filter(([, { membership }]) => membership === 'invite').map(([id]) => id)
  assert.deepEqual(invited.toSorted(), Object.keys(classic.rooms.invite).toSorted(), 'invitations')
  const direct = JSON.stringify(
    classic.account_data.events.find(({ type }) => type === 'm.direct')?.content ?? {},
  )
  for (const { type, content } of classic.account_data.events)
    assert.equal(global.get(type), JSON.stringify(content), `account data ${type}`)
  for (const [roomId, known] of joined) {
    const room = classic.rooms.join[roomId as RoomId]
    assert.ok(room)
    const others = (ids: readonly string[]) => ids.filter((id) => !ofCarol.has(id))
    const timeline = others(room.timeline.events.map((event) => event.event_id))
    const shown = others(known.timeline)
    assert.deepEqual(shown, shown.length === 0 ? [] : timeline.slice(-shown.length), 'timeline without gaps')
    const { length } = known.timeline
    assert.ok(length >= Math.min(LIMIT, timeline.length), `${length} of ${timeline.length} events`)
    const wanted = room.state_after?.events.filter(
      ({ type, state_key }) => TYPES.includes(type) || (type === 'm.room.member' && state_key === bob),
    )
    const state = wanted?.map((event): [string, string] => [
      `${event.type} ${event.state_key}`,
      event.event_id,
    ])
    assert.deepEqual(known.state, new Map(state), 'state')
    const name = room.state_after?.events.find(({ type }) => type === 'm.room.name')?.content['name'] ?? null
    assert.equal(known.name, name, 'name')
    assert.deepEqual(
      [known.joined, known.invited],
      [room.summary?.['m.joined_member_count'], room.summary?.['m.invited_member_count']],
      'counts of members',
    )
    assert.equal(known.unread, room.unread_notifications.notification_count, 'unread count')
    assert.equal(known.isDm, direct.includes(roomId), 'direct room')
    for (const { type, content } of room.account_data.events)
      assert.equal(known.data.get(type), JSON.stringify(content), `account data ${type} of the room`)
    checkReceipts(known, room)
  }
}

function checkReceipts(
  known: Known,
  room: {
    ephemeral: { events: { type: string; content: JsonObject }[] }
    timeline: { events: { event_id: string }[] }
  },
): void {
  const shown = new Set(known.timeline)
  for (const { type, content } of room.ephemeral.events)
    if (type === 'm.receipt')
      for (const [eventId, types] of Object.entries(content) as [string, Record<string, JsonObject>][])
        for (const userId of Object.keys(types['m.read'] ?? {}))
          if (userId === bob || shown.has(eventId))
            assert.equal(known.receipts.get(userId), eventId, 'receipt')
}

onEachDatabase('random histories over sliding sync', (open) => {
  test('end with the same rooms, state, timelines and counts as /sync', async (t) => {
    const db = await open(t)
    const isFast = db.dialect === 'sqlite'
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob', 'carol'])
    const history = async (list: readonly Step[]) => {
      const roomIds: RoomId[] = []
      for (let at = 0; at < 3; at++) roomIds.push(await fixture.create(alice))
      for (const type of ['m.ignored_user_list', 'm.direct'])
        await act(fixture, roomIds[0] as RoomId, {
          action: type === 'm.direct' ? 'direct' : 'ignore no user',
          room: 0,
        })
      await fixture.join(roomIds[0] as RoomId, bob)
      // Also after a failure, so that the shorter histories that follow start anew.
      try {
        const client: Client = { pos: undefined, rooms: new Map(), global: new Map() }
        for (const step of list)
          if (step.action.startsWith('slide') || step.action === 'lost' || step.action === 'restart')
            await slide(fixture, client, step, roomIds)
          else
            await act(fixture, roomIds[step.room] as RoomId, step).catch((error: unknown) => {
              if (!(error instanceof MatrixError)) throw error
            })
        await slide(fixture, client, { action: 'slide all', room: 0 }, roomIds)
        await compare(fixture, client)
      } finally {
        for (const roomId of roomIds) await fixture.leave(roomId, bob).catch(() => undefined)
      }
    }
    await fc.assert(fc.asyncProperty(steps, history), {
      numRuns: runs(isFast ? 30 : 10),
    })
  })
})
