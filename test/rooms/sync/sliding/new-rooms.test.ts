import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setAccountData } from '../../../../src/accounts/account-data.ts'
import type { RoomId, UserId } from '../../../../src/lib/ids.ts'
import { redactEvent } from '../../../../src/rooms/redact.ts'
import { counting } from '../../../support/counting-database.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { quotas } from '../../../support/quotas.ts'
import type { SlidingBody } from '../../../journeys/sliding-client.ts'
import { deviceOf, user } from '../../sync-fixture.ts'
import { createSlidingFixture, type SlidingFixture } from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]

/** Timelines of two events, and lazy members. */
const bodyFor = (viewer: UserId) => ({
  lists: {
    all: {
      range: [0, 99],
      timeline_limit: 2,
      required_state: {
        include: [
          { type: 'm.room.name', state_key: '' },
          { type: 'm.room.member', state_key: viewer },
        ],
        lazy_members: true,
      },
    },
  },
})

/** Two rooms of all three users, one without a name. */
async function addRooms(fixture: SlidingFixture): Promise<RoomId[]> {
  const rooms: RoomId[] = []
  for (const name of [{ name: 'Office' }, {}]) {
    const roomId = await fixture.create(alice, { preset: 'public_chat', ...name })
    for (const member of [bob, carol]) await fixture.join(roomId, member)
    for (const text of ['one', 'two', 'three']) await fixture.say(roomId, alice, text)
    rooms.push(roomId)
  }
  return rooms
}

const ignore = ({ rooms }: SlidingFixture, userId: UserId, target: UserId) =>
  setAccountData(
    { ...rooms, quotas, onUsersIgnored: () => Promise.resolve(), onRulesChanged: () => Promise.resolve() },
    { userId, roomId: '', type: 'm.ignored_user_list' },
    { ignored_users: { [target]: {} } },
  )

/** The rooms without the ages of events. */
const roomsIn = ({ rooms }: SlidingBody): unknown =>
  JSON.parse(JSON.stringify(rooms, (key, value: unknown) => (key === 'age' ? undefined : value)))

onEachDatabase('rooms that are new on a connection', (open) => {
  test('have the same content when another member has got them before, with fewer statements', async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob', 'carol'])
    await addRooms(fixture)
    const fresh = () => fixture.depsOn(db)
    const statements: number[] = []
    const slide = async (viewer: UserId, deps = fresh()) => {
      const before = count.read
      const response = await fixture.slide(viewer, bodyFor(viewer), { deps })
      statements.push(count.read - before)
      return roomsIn(response)
    }
    const shared = fresh()
    await slide(alice, shared)
    for (const viewer of [bob, carol])
      assert.deepEqual(await slide(viewer, shared), await slide(viewer), viewer)
    const [, sharedByBob = 0, ofBob = 0, sharedByCarol = 0, ofCarol = 0] = statements
    assert.ok(sharedByBob <= ofBob - 4, statements.join(', '))
    assert.ok(sharedByCarol <= ofCarol - 4, statements.join(', '))
  })

  test('contain what happened since another member got them, also a redaction', async (t) => {
    const db = await open(t)
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob', 'carol'])
    const [named, unnamed] = (await addRooms(fixture)) as [RoomId, RoomId]
    const deps = fixture.depsOn(db)
    await fixture.slide(alice, bodyFor(alice), { deps })
    await fixture.say(named, bob, 'four')
    const secret = await fixture.say(unnamed, alice, 'secret')
    const before = await fixture.slide(bob, bodyFor(bob), { deps })
    assert.ok(JSON.stringify(before).includes('secret'))
    assert.ok(JSON.stringify(before.rooms[named]).includes('four'))
    const transaction = { deviceId: deviceOf(alice), txnId: 'redaction' }
    await redactEvent(fixture.rooms, {
      roomId: unnamed,
      sender: alice,
      eventId: secret,
      content: {},
      transaction,
    })
    const after = await fixture.slide(carol, bodyFor(carol), { deps })
    assert.ok(!JSON.stringify(after).includes('secret'))
    assert.deepEqual(
      roomsIn(after),
      roomsIn(await fixture.slide(carol, bodyFor(carol), { deps: fixture.depsOn(db) })),
    )
  })

  test('do not show a member what another one may see: events from before the join, or of ignored users', async (t) => {
    const db = await open(t)
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob', 'carol'])
    const [roomId] = (await addRooms(fixture)) as [RoomId]
    const closed = await fixture.create(alice, { preset: 'public_chat', name: 'Closed' })
    await fixture.set(closed, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    await fixture.say(closed, alice, 'before the join')
    await fixture.join(closed, bob)
    await ignore(fixture, carol, alice)
    const deps = fixture.depsOn(db)
    const ofAlice = await fixture.slide(alice, bodyFor(alice), { deps })
    assert.ok(JSON.stringify(ofAlice.rooms[closed]).includes('before the join'))
    const ofBob = await fixture.slide(bob, bodyFor(bob), { deps })
    assert.ok(!JSON.stringify(ofBob.rooms[closed]).includes('before the join'))
    const ofCarol = await fixture.slide(carol, bodyFor(carol), { deps })
    assert.ok(JSON.stringify(ofBob.rooms[roomId]).includes('three'))
    assert.ok(!JSON.stringify(ofCarol.rooms[roomId]).includes('three'))
  })
})
