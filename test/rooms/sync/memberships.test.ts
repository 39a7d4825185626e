import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '../../../src/lib/ids.ts'
import { banUser, kickUser, unbanUser } from '../../../src/rooms/membership.ts'
import { sendState } from '../../../src/rooms/send-event.ts'
import { forget } from '../../../src/rooms/membership-store.ts'
import type { Database } from '../../../src/storage/database.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { type SyncFixture, createSyncFixture, type RoomEvent, type SyncBody, user } from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')

/** A change of Bob's membership in Alice's room; `chat` is a message of Alice. */
type Step = 'join' | 'leave' | 'invite' | 'kick' | 'ban' | 'unban' | 'knock' | 'forget' | 'chat'
type Section = keyof SyncBody['rooms']

/**
 * The steps before and after Bob's last sync; the section of the room in the next response, and his
 * membership in it.
 */
type Row = { before: Step[]; after: Step[]; section: Section | 'nothing'; own?: string }

const TABLE: Row[] = [
  { before: [], after: ['invite'], section: 'invite', own: 'invite' },
  { before: [], after: ['knock'], section: 'knock', own: 'knock' },
  { before: [], after: ['join'], section: 'join', own: 'join' },
  { before: [], after: ['ban'], section: 'leave', own: 'ban' },
  { before: [], after: ['join', 'leave'], section: 'leave', own: 'leave' },
  { before: [], after: ['invite', 'leave'], section: 'leave', own: 'leave' },
  { before: [], after: ['invite', 'leave', 'invite'], section: 'invite', own: 'invite' },
  { before: ['invite'], after: ['leave'], section: 'leave', own: 'leave' },
  { before: ['invite'], after: ['kick'], section: 'leave', own: 'leave' },
  { before: ['invite'], after: ['ban'], section: 'leave', own: 'ban' },
  { before: ['invite'], after: ['join'], section: 'join', own: 'join' },
  { before: ['invite'], after: ['join', 'leave'], section: 'leave', own: 'leave' },
  { before: ['invite'], after: ['leave', 'invite'], section: 'invite', own: 'invite' },
  { before: ['invite', 'leave'], after: ['invite'], section: 'invite', own: 'invite' },
  { before: ['knock'], after: ['invite'], section: 'invite', own: 'invite' },
  { before: ['knock'], after: ['kick'], section: 'leave', own: 'leave' },
  { before: ['knock'], after: ['leave', 'knock'], section: 'knock', own: 'knock' },
  { before: ['knock'], after: ['ban'], section: 'leave', own: 'ban' },
  { before: ['knock'], after: ['invite', 'join'], section: 'join', own: 'join' },
  { before: ['join'], after: ['leave'], section: 'leave', own: 'leave' },
  { before: ['join'], after: ['kick'], section: 'leave', own: 'leave' },
  { before: ['join'], after: ['ban'], section: 'leave', own: 'ban' },
  { before: ['join'], after: ['leave', 'join'], section: 'join', own: 'join' },
  { before: ['join'], after: ['leave', 'invite'], section: 'invite', own: 'invite' },
  { before: ['join'], after: ['kick', 'chat', 'invite'], section: 'invite', own: 'invite' },
  { before: ['join'], after: ['leave', 'knock'], section: 'knock', own: 'knock' },
  { before: ['join'], after: ['leave', 'knock', 'invite'], section: 'invite', own: 'invite' },
  { before: ['join'], after: ['leave', 'invite', 'leave'], section: 'leave', own: 'leave' },
  { before: ['join'], after: ['leave', 'invite', 'leave', 'invite'], section: 'invite', own: 'invite' },
  { before: ['join'], after: ['leave', 'chat', 'ban'], section: 'leave', own: 'ban' },
  { before: ['join'], after: ['ban', 'chat', 'unban'], section: 'leave', own: 'leave' },
  { before: ['join'], after: ['ban', 'unban', 'invite'], section: 'invite', own: 'invite' },
  { before: ['join'], after: ['ban', 'unban', 'invite', 'join'], section: 'join', own: 'join' },
  { before: ['join'], after: ['leave', 'forget'], section: 'leave', own: 'leave' },
  { before: ['join'], after: ['leave', 'forget', 'invite'], section: 'invite', own: 'invite' },
  { before: ['join', 'leave'], after: ['chat'], section: 'nothing' },
  { before: ['join', 'leave'], after: ['join'], section: 'join', own: 'join' },
  { before: ['join', 'leave'], after: ['invite'], section: 'invite', own: 'invite' },
  { before: ['join', 'leave'], after: ['invite', 'leave'], section: 'leave', own: 'leave' },
  { before: ['join', 'leave'], after: ['invite', 'leave', 'invite'], section: 'invite', own: 'invite' },
  { before: ['join', 'leave', 'invite'], after: ['leave', 'invite'], section: 'invite', own: 'invite' },
  { before: ['join', 'leave'], after: ['knock'], section: 'knock', own: 'knock' },
  { before: ['join', 'leave'], after: ['ban'], section: 'leave', own: 'ban' },
  { before: ['join', 'leave', 'forget'], after: ['invite'], section: 'invite', own: 'invite' },
  { before: ['join', 'ban'], after: ['unban'], section: 'leave', own: 'leave' },
  { before: ['join', 'ban', 'unban'], after: ['invite'], section: 'invite', own: 'invite' },
  { before: ['join', 'ban'], after: ['unban', 'invite', 'join'], section: 'join', own: 'join' },
]

async function perform(fixture: SyncFixture, roomId: RoomId, step: Step): Promise<void> {
  const { rooms } = fixture
  const byAlice = { roomId, sender: alice, target: bob }
  if (step === 'join') await fixture.join(roomId, bob)
  else if (step === 'leave') await fixture.leave(roomId, bob)
  else if (step === 'invite') await fixture.invite(roomId, alice, bob)
  else if (step === 'kick') await kickUser(rooms, byAlice)
  else if (step === 'ban') await banUser(rooms, byAlice)
  else if (step === 'unban') await unbanUser(rooms, byAlice)
  else if (step === 'knock')
    await sendState(rooms, {
      roomId,
      sender: bob,
      type: 'm.room.member',
      stateKey: bob,
      content: { membership: 'knock' },
    })
  else if (step === 'forget') await fixture.db.transaction((tx) => forget(tx, roomId, bob))
  else await fixture.say(roomId, alice, 'not visible to bob')
}

/** The events from which a client takes the state of a room, oldest first. */
const stateOf = (room: SyncBody['rooms']['leave'][RoomId] | undefined) =>
  room?.state_after?.events ?? [...(room?.state.events ?? []), ...(room?.timeline.events ?? [])]

/** The member events of Bob in the room in a response, oldest first. */
function ownMemberEvents(rooms: SyncBody['rooms'], section: Section, roomId: RoomId): RoomEvent[] {
  const { join, invite, leave } = rooms
  const knock = rooms.knock as Record<RoomId, { knock_state: { events: RoomEvent[] } }>
  const events = {
    join: () => stateOf(join[roomId]),
    leave: () => stateOf(leave[roomId]),
    invite: () => invite[roomId]?.invite_state.events ?? [],
    knock: () => knock[roomId]?.knock_state.events ?? [],
  }[section]()
  return events.filter((event) => event.type === 'm.room.member' && event.state_key === bob)
}

const idOf = (event: RoomEvent) => event.event_id

const sectionsWith = (rooms: SyncBody['rooms'], roomId: RoomId) =>
  (Object.keys(rooms) as Section[]).filter((section) => roomId in rooms[section])

/** In a room with the join rule `knock`, a join needs an invitation first. */
const withInvitations = (steps: Step[], knocks: boolean): Step[] =>
  knocks
    ? steps.flatMap((step, at): Step[] =>
        step === 'join' && steps[at - 1] !== 'invite' ? ['invite', step] : [step],
      )
    : steps

/** History visibility changes the response only for users who have left. */
const isOver = ({ section }: Row) => section === 'leave'

/** The other visibilities differ only in values, so PostgreSQL gets a fourth of their rows. */
const rowsFor = (visibility: string, dialect: Database['dialect']): Row[] =>
  visibility === 'shared'
    ? TABLE
    : TABLE.filter(isOver).filter((_row, at) => dialect === 'sqlite' || at % 4 === 0)

const LEAVES = { filter: { room: { include_leave: true } } }

onEachDatabase('sync returns the current membership', (open) => {
  for (const visibility of ['shared', 'joined', 'invited', 'world_readable'])
    test(`after changes between two syncs, and in an initial sync, with history visibility ${visibility}`, async (t) => {
      const db = await open(t)
      const fixture = await createSyncFixture(t, db, ['alice', 'bob'])
      for (const { before, after, section, own } of rowsFor(visibility, db.dialect)) {
        const title = `${before.join(' ')} | ${after.join(' ')}`
        const roomId = await fixture.create(alice, { preset: 'public_chat', name: title })
        await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: visibility })
        const knocks = [...before, ...after].includes('knock')
        if (knocks) await fixture.set(roomId, alice, 'm.room.join_rules', { join_rule: 'knock' })
        for (const step of withInvitations(before, knocks)) await perform(fixture, roomId, step)
        const { next_batch } = await fixture.sync(bob)
        for (const step of withInvitations(after, knocks)) await perform(fixture, roomId, step)

        const { rooms } = await fixture.sync(bob, next_batch)
        const withStateAfter = await fixture.sync(bob, next_batch, { stateForm: 'state_after' })
        assert.deepEqual(sectionsWith(rooms, roomId), section === 'nothing' ? [] : [section], title)
        if (section === 'nothing') continue
        const events = ownMemberEvents(rooms, section, roomId)
        assert.equal(events.at(-1)?.content['membership'], own, title)
        const stateAfter = ownMemberEvents(withStateAfter.rooms, section, roomId)
        assert.deepEqual(stateAfter.map(idOf), [events.at(-1)?.event_id], `${title}, state_after`)
        if (section === 'invite' || section === 'knock') assert.equal(events.length, 1, title)

        const isForgotten = after.at(-1) === 'forget'
        const first = (await fixture.sync(bob, undefined, LEAVES)).rooms
        assert.deepEqual(sectionsWith(first, roomId), isForgotten ? [] : [section], `${title}, initial`)
        if (!isForgotten)
          assert.equal(
            ownMemberEvents(first, section, roomId).at(-1)?.content['membership'],
            own,
            `${title}, initial`,
          )
        // The initial sync of the next row does not contain this room.
        await fixture.db.transaction((tx) => forget(tx, roomId, bob))
      }
    })
})
