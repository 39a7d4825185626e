import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { MatrixError } from '../../src/lib/errors.ts'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import { type JsonObject, parseStored } from '../../src/lib/json.ts'
import { notificationDeps } from '../../src/notifications/deps.ts'
import {
  banUser,
  forgetRoom,
  inviteUser,
  joinRoom,
  kickUser,
  knockOnRoom,
  leaveRoom,
  unbanUser,
} from '../../src/rooms/membership.ts'
import { redactEvent } from '../../src/rooms/redact.ts'
import { type ListedRoom, listRooms, listRoomsAmong } from '../../src/rooms/room-summaries-store.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import type { Membership } from '../../src/storage/rooms-schema.ts'
import { NO_TRACE } from '../../src/trace/trace.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import {
  alice,
  bob,
  carol,
  createRoomsFixture,
  eventsOf,
  phone,
  publicRoom,
  type RoomsFixture,
  say,
  setState,
} from './fixture.ts'
import { runs } from '../support/property.ts'

const ALL: readonly Membership[] = ['join', 'invite', 'knock', 'leave', 'ban']
const PEOPLE = [alice, bob, carol]
const BUMPS = new Set(
  ['create', 'message', 'encrypted', 'sticker']
    .map((name) => `m.room.${name}`)
    .concat('m.sticker', 'm.call.invite', 'm.poll.start', 'm.beacon_info'),
)
BUMPS.delete('m.room.sticker')

type StoredEvent = { position: number; type: string; state_key: string | null; content: string }

const textOf = (event: StoredEvent | undefined, key: string) => {
  const value = event && parseStored(event.content)[key]
  return typeof value === 'string' && value !== '' ? value : null
}
const membershipOf = (event: StoredEvent) => parseStored(event.content)['membership'] as Membership
const lastOf = (events: readonly StoredEvent[], type: string, key = '') =>
  events.findLast((event) => event.type === type && event.state_key === key)

/** The same, from all events of the room. */
async function computed(
  db: Database,
  userId: UserId,
  roomId: RoomId,
  version: string,
): Promise<ListedRoom | undefined> {
  const events: StoredEvent[] = await db.all(eventsOf, { roomId })
  const own = lastOf(events, 'm.room.member', userId)
  if (own === undefined) return undefined
  const membership = membershipOf(own)
  const upTo = membership === 'join' ? events : events.filter((event) => event.position <= own.position)
  const isPending = membership === 'invite' || membership === 'knock'
  const hasLeft = membership === 'leave' || membership === 'ban'
  const count = (of: readonly StoredEvent[], wanted: Membership) => {
    const last = PEOPLE.map((one) => lastOf(of, 'm.room.member', one))
    return last.filter((event) => event && membershipOf(event) === wanted).length
  }
  const shown = (type: string, key: string) => (hasLeft ? null : textOf(lastOf(events, type), key))
  return {
    roomId,
    membership,
    memberPosition: own.position,
    lastPosition: upTo.at(-1)?.position ?? 0,
    bumpPosition: isPending ? own.position : (upTo.findLast((event) => BUMPS.has(event.type))?.position ?? 0),
    joinedCount: count(hasLeft ? upTo : events, 'join'),
    invitedCount: hasLeft ? 0 : count(events, 'invite'),
    version,
    roomType: textOf(lastOf(events, 'm.room.create'), 'type'),
    isEncrypted: lastOf(events, 'm.room.encryption') !== undefined,
    name: shown('m.room.name', 'name'),
    canonicalAlias: shown('m.room.canonical_alias', 'alias'),
    avatarUrl: shown('m.room.avatar', 'url'),
  }
}

async function assertEqualToEvents(db: Database, roomIds: readonly RoomId[]): Promise<void> {
  for (const userId of PEOPLE) {
    const expected = await Promise.all(roomIds.map((roomId) => computed(db, userId, roomId, '12')))
    const known = expected.filter((room) => room !== undefined)
    const byId = (rooms: readonly ListedRoom[]) => new Map(rooms.map((room) => [room.roomId, room]))
    assert.deepEqual(byId(await listRoomsAmong(db, { userId, roomIds })), byId(known), userId)
  }
}

/** As an earlier version wrote the events. */
const withoutBumps = query()((db) => db.updateTable('events').set({ bump_position: null }))

type Step = { action: string; who: 0 | 1 | 2; room: 0 | 1 }

const STATE: Record<string, JsonObject[]> = {
  'm.room.name': [{ name: 'One' }, { name: 'Two' }, { name: '' }, { name: 3 }, {}],
  'm.room.canonical_alias': [{}],
  'm.room.avatar': [{ url: 'mxc://here/one' }, {}],
  'm.room.encryption': [{ algorithm: 'm.megolm.v1.aes-sha2' }],
  'm.room.topic': [{ topic: 'A' }, { topic: 'B' }],
  'm.beacon_info': [{ live: true }, { live: false }],
}
const MEMBERS: Record<string, (fixture: RoomsFixture, roomId: RoomId, target: UserId) => Promise<unknown>> = {
  join: (fixture, roomId, userId) => joinRoom(fixture, { roomId, userId }),
  leave: (fixture, roomId, userId) => leaveRoom(fixture, { roomId, userId }),
  knock: (fixture, roomId, userId) => knockOnRoom(fixture, { roomId, userId }),
  forget: (fixture, roomId, userId) => forgetRoom(fixture, { roomId, userId }),
  invite: (fixture, roomId, target) => inviteUser(fixture, { roomId, sender: alice, target }),
  kick: (fixture, roomId, target) => kickUser(fixture, { roomId, sender: alice, target }),
  ban: (fixture, roomId, target) => banUser(fixture, { roomId, sender: alice, target }),
  unban: (fixture, roomId, target) => unbanUser(fixture, { roomId, sender: alice, target }),
}
const OTHERS = ['message', 'reaction', 'redact the last state', 'redact the last event', 'earlier version']

const steps = fc.array(
  fc.record({
    action: fc.constantFrom(
      ...Object.keys(MEMBERS),
      ...Object.keys(STATE),
      ...OTHERS,
      'message',
      'join',
      'm.room.name',
    ),
    who: fc.constantFrom(0, 1, 2),
    room: fc.constantFrom(0, 1),
  }) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 30 },
)

let counter = 0

async function redactLast(
  fixture: RoomsFixture,
  roomId: RoomId,
  isWanted: (event: StoredEvent) => boolean,
): Promise<void> {
  const event = (await fixture.db.all(eventsOf, { roomId })).findLast(isWanted)
  const transaction = { deviceId: phone, txnId: `redaction${counter++}` }
  if (event)
    await redactEvent(fixture, { roomId, sender: alice, eventId: event.event_id, content: {}, transaction })
}

async function act(fixture: RoomsFixture, roomId: RoomId, { action, who }: Step): Promise<unknown> {
  const userId = PEOPLE[who] as UserId
  const contents = STATE[action]
  if (contents) {
    const content = contents[counter++ % contents.length] as JsonObject
    return setState(fixture, roomId, alice, { type: action, content })
  }
  if (MEMBERS[action]) return MEMBERS[action](fixture, roomId, userId)
  switch (action) {
    case 'message':
      return say(fixture, roomId, userId, 'hello')
    case 'reaction':
      return setState(fixture, roomId, alice, {
        type: 'org.example.state',
        stateKey: `${counter++ % 3}`,
        content: { at: counter },
      })
    case 'redact the last state':
      return redactLast(fixture, roomId, ({ type, state_key: key }) => key === '' && type !== 'm.room.create')
    case 'redact the last event':
      return redactLast(
        fixture,
        roomId,
        ({ type }) => type !== 'm.room.create' && type !== 'm.room.redaction',
      )
    default:
      return fixture.db.transaction((tx) => tx.run(withoutBumps, {}))
  }
}

const refusedOrDone = async (work: Promise<unknown>): Promise<void> => {
  await work.catch((error: unknown) => {
    if (!(error instanceof MatrixError)) throw error
  })
}

const knockable = (fixture: RoomsFixture) =>
  publicRoom(fixture, {
    initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' }, state_key: '' }],
  })

onEachDatabase('the list of rooms of a user', (open) => {
  test('equals a computation from all events after each step of random histories', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const roomIds = [await publicRoom(fixture), await knockable(fixture)] as const
        for (const step of history) await refusedOrDone(act(fixture, roomIds[step.room], step))
        await assertEqualToEvents(fixture.db, roomIds)
      }),
      { numRuns: runs(25) },
    )
  })

  test('has the type of a space, its alias and its encryption, and takes one statement for any number of rooms', async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createRoomsFixture(db)
    const space = await publicRoom(fixture, {
      creation_content: { type: 'm.space' },
      room_alias_name: 'space',
      name: 'Space',
      initial_state: [
        { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' }, state_key: '' },
      ],
    })
    for (let at = 0; at < 5; at++) await publicRoom(fixture)
    const before = count.read
    const rooms = await listRooms(db, { userId: alice, memberships: ['join'] })
    assert.equal(count.read - before, 1)
    assert.equal(rooms.length, 6)
    const { roomType, canonicalAlias, isEncrypted, name } = rooms.find((room) => room.roomId === space) ?? {}
    assert.deepEqual([roomType, canonicalAlias, isEncrypted, name], ['m.space', '#space:here', true, 'Space'])
    await assertEqualToEvents(db, [space])
  })

  test('leaves out forgotten rooms and other memberships', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const [joined, invited, left, forgotten] = [
      await publicRoom(fixture),
      await publicRoom(fixture),
      await publicRoom(fixture),
      await publicRoom(fixture),
    ]
    for (const roomId of [joined, left, forgotten]) await joinRoom(fixture, { roomId, userId: bob })
    await inviteUser(fixture, { roomId: invited, sender: alice, target: bob })
    for (const roomId of [left, forgotten]) await leaveRoom(fixture, { roomId, userId: bob })
    await forgetRoom(fixture, { roomId: forgotten, userId: bob })
    const idsOf = async (...memberships: Membership[]) =>
      (await listRooms(fixture.db, { userId: bob, memberships })).map((room) => room.roomId)
    assert.deepEqual(await idsOf('join', 'invite'), [joined, invited].toSorted())
    assert.deepEqual(await idsOf('leave', 'ban'), [left])
    assert.deepEqual((await idsOf(...ALL)).length, 3)
  })

  test('has neither name nor members after the user has left, and the bump position of that time', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture, { name: 'Before' })
    await joinRoom(fixture, { roomId, userId: bob })
    const seen = await say(fixture, roomId, alice, 'seen')
    await leaveRoom(fixture, { roomId, userId: bob })
    await say(fixture, roomId, alice, 'not seen')
    await setState(fixture, roomId, alice, { type: 'm.room.name', content: { name: 'After' } })
    const [room] = await listRooms(fixture.db, { userId: bob, memberships: ['leave'] })
    const positionOf = async (eventId: EventId) =>
      (await fixture.db.all(eventsOf, { roomId })).find((event) => event.event_id === eventId)?.position
    assert.equal(room?.bumpPosition, await positionOf(seen))
    assert.equal(room?.lastPosition, room?.memberPosition)
    assert.deepEqual([room?.name, room?.joinedCount, room?.invitedCount], [null, 1, 0])
  })
})

onEachSharedDatabase('two processes that write to the same rooms', (openTwo) => {
  test('keep the list of rooms equal to a computation from the events', async (t) => {
    const [first, second] = await openTwo(t)
    const one = await createRoomsFixture(first)
    const bus = createLocalBus()
    const { clock } = one
    const notifications = notificationDeps({
      clock,
      bus,
      log: silentLog,
      trace: NO_TRACE,
      legacyMentionRules: true,
    })
    const other: RoomsFixture = { ...one, db: second, bus, notifications }
    await fc.assert(
      fc.asyncProperty(steps, steps, async (ofOne, ofOther) => {
        const roomIds = [await publicRoom(one), await knockable(one)] as const
        const run = async (fixture: RoomsFixture, history: readonly Step[]) => {
          for (const step of history) await refusedOrDone(act(fixture, roomIds[step.room], step))
        }
        await Promise.all([run(one, ofOne), run(other, ofOther)])
        await assertEqualToEvents(first, roomIds)
      }),
      { numRuns: runs(12) },
    )
  })
})
