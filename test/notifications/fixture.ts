import type { RuleChangeDeps } from '../../src/user-rules/change-rules.ts'
import { replaceIgnored } from '../../src/accounts/ignored-users.ts'
import { usersIgnored } from '../../src/notifications/ignoring.ts'
import { type Bus, type Topic } from '../../src/cluster/bus.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { type EventId, localpartOf, type RoomId, type UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Event, MAIN_THREAD } from '../../src/lib/matrix-event.ts'
import { endBadge, startBadge } from '../../src/notifications/badge.ts'
import { type NotificationDeps, notificationDeps } from '../../src/notifications/deps.ts'
import { forgetEvents } from '../../src/notifications/forget-events.ts'
import {
  memberInvitedAgain,
  memberJoined,
  memberLeft,
  rulesChanged,
} from '../../src/notifications/members.ts'
import { type ReadUpTo, markRead } from '../../src/notifications/read-positions.ts'
import { recordEvent } from '../../src/notifications/record.ts'
import { retractEvent } from '../../src/notifications/retract.ts'
import type { RoomContext } from '../../src/notifications/room-context.ts'
import { mentionKey, type RuleSettings } from '../../src/push-rules/index.ts'
import { rowOfEvent } from '../../src/rooms/event-row.ts'
import { addEvent, pruneEvent } from '../../src/rooms/event-store.ts'
import { moveCounters, setMembership } from '../../src/rooms/membership-store.ts'
import { deleteEventsAt } from '../../src/rooms/removal/removal-store.ts'
import { viewRoom } from '../../src/rooms/room-view.ts'
import type { Database, Transaction } from '../../src/storage/database.ts'
import { makeLane } from '../../src/sending/lane-changes.ts'
import { query } from '../../src/storage/query.ts'
import type { Membership } from '../../src/storage/rooms-schema.ts'
import { createTrace } from '../../src/trace/trace.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { testEvent } from '../support/event.ts'
import { silentLog } from '../support/log.ts'

// Rooms without authorisation rules, for the tests of notifications.

export const NOW = 1_800_000_000_000
/** The handle of each pusher. */
export const HANDLE = 'phone'
export const user = (name: string) => `@${name}:test` as UserId
export const room = (name: string) => `!${name}` as RoomId

export type Draft = {
  roomId: RoomId
  sender: UserId
  type?: string
  stateKey?: string
  content?: JsonObject
  threadId?: string
}

export type NotificationsFixture = {
  /** The time of the event at a position. A test can replace it. */
  timeOf: (position: number) => number
  db: Database
  deps: NotificationDeps
  /** The ids of pushers that were woken. Tests may clear the list. */
  woken: number[]
  context: RoomContext
  send(draft: Draft): Promise<Event>
  say(roomId: RoomId, sender: UserId, body: string, more?: JsonObject): Promise<Event>
  setMember(change: MemberChange): Promise<Event>
  join(roomId: RoomId, userId: UserId, displayName?: string): Promise<Event>
  read(readUpTo: ReadUpTo): Promise<boolean>
  /** For the functions of `user-rules/change-rules.ts`. */
  rules: RuleChangeDeps
  ignore(userId: UserId, ignored: readonly UserId[]): Promise<void>
  redact(roomId: RoomId, position: number): Promise<void>
  /** Removes events for good. The members have read up to `readTo`. */
  forget(roomId: RoomId, removed: { positions: readonly number[]; readTo: number }): Promise<void>
  /** Resolves to the id of the pusher. */
  addPusher(userId: UserId, appId?: string): Promise<number>
  removePushers(userId: UserId): Promise<void>
}

export type MemberChange = {
  roomId: RoomId
  userId: UserId
  by?: UserId
  membership: Membership
  before?: Membership
  displayName?: string | null
  content?: JsonObject
}

const REDACTION = '$redaction' as EventId
const eventIdOf = (roomId: RoomId, position: number) => `$${roomId}-${position}` as EventId
const clock: Clock = { now: () => NOW, sleep: () => Promise.resolve() }

export function createNotificationsFixture(
  db: Database,
  options: Partial<RuleSettings> = {},
): NotificationsFixture {
  const woken: number[] = []
  const bus: Bus = {
    publish: (topic: Topic, message) =>
      topic === 'delivery' ? void woken.push(...(message as number[])) : undefined,
    subscribe: () => () => undefined,
  }
  const deps = notificationDeps({
    clock,
    bus,
    log: silentLog,
    trace: createTrace({ isEnabled: true }),
    legacyMentionRules: options.legacyMentionRules ?? true,
    experimental: options.experimental,
  })
  const fixture: NotificationsFixture = {
    timeOf: () => deps.clock.now(),
    db,
    deps,
    woken,
    context: {
      memberCount: 10,
      powerLevels: undefined,
      creators: [user('creator')],
      roomVersion: '11',
      rulesVersion: 0,
      membersVersion: 0,
      senderIgnored: false,
      hasPushers: true,
      isOnBadges: false,
      senderOnBadge: false,
      naming: { memberCount: 10 },
    },
    rules: { ...deps, db, maxRulesPerUser: 100, onRulesChanged: rulesChanged },
    ignore: (userId, ignored) =>
      db.transaction(
        async (tx) => {
          const content = { ignored_users: Object.fromEntries(ignored.map((id) => [id, {}])) }
          await usersIgnored(deps, tx, { userId, ignored: await replaceIgnored(tx, userId, content) })
        },
        { orderedBy: userId, inAllShards: true },
      ),
    send: (draft) => db.transaction((tx) => store(fixture, tx, draft), { orderedBy: draft.roomId }),
    say: (roomId, sender, body, more = {}) =>
      fixture.send({ roomId, sender, content: { msgtype: 'm.text', body, ...more } }),
    setMember: (change) =>
      db.transaction((tx) => storeMember(fixture, tx, change), { orderedBy: change.roomId }),
    join: (roomId, userId, displayName) =>
      fixture.setMember({ roomId, userId, membership: 'join', displayName: displayName ?? null }),
    read: (readUpTo) => db.transaction((tx) => markRead(deps, tx, readUpTo), { orderedBy: readUpTo.roomId }),
    redact: (roomId, position) =>
      db.transaction(
        async (tx) => {
          await pruneEvent(tx, { eventId: eventIdOf(roomId, position), content: '{}', redactedBy: REDACTION })
          await retractEvent(deps, tx, { roomId, position })
        },
        { orderedBy: roomId },
      ),
    forget: (roomId, removed) =>
      db.transaction(
        async (tx) => {
          await forgetEvents(tx, { roomId, ...removed })
          await tx.run(deleteEventsAt, removed)
        },
        { orderedBy: roomId },
      ),
    addPusher: (userId, appId = 'app') =>
      db.transaction(async (tx) => {
        const pusherId = await makeLane(tx, { kind: 'poke', destination: 'http://127.0.0.1' })
        await tx.run(insertPusher, { pusherId, userId, appId })
        await tx.run(setHasPushers, { userId, has: 1 })
        await startBadge(tx, userId)
        return pusherId
      }),
    removePushers: (userId) =>
      db.transaction(async (tx) => {
        await tx.run(deleteOutbox, { userId })
        await tx.run(deletePushers, { userId })
        await tx.run(setHasPushers, { userId, has: 0 })
        await endBadge(tx, userId)
      }),
  }
  return fixture
}

async function store(fixture: NotificationsFixture, tx: Transaction, draft: Draft): Promise<Event> {
  const position = await nextPosition(tx)
  await tx.run(insertRoom, { roomId: draft.roomId })
  const event = testEvent({
    position,
    eventId: eventIdOf(draft.roomId, position),
    roomId: draft.roomId,
    type: draft.type ?? 'm.room.message',
    stateKey: draft.stateKey ?? null,
    sender: draft.sender,
    content: draft.content ?? {},
    threadId: draft.threadId ?? MAIN_THREAD,
    originServerTs: fixture.timeOf(position),
    senderDevice: null,
    txnId: null,
  })
  addEvent(tx, { position, ...rowOfEvent(event, JSON.stringify(event.content)) }, fixture.context.memberCount)
  if (event.type === 'm.room.member') await writeMember(tx, event)
  const room = await viewRoom(tx, { roomId: event.roomId, sender: event.sender, type: event.type })
  const context = {
    ...fixture.context,
    rulesVersion: room?.rulesVersion ?? 0,
    membersVersion: room?.membersVersion ?? 0,
    senderIgnored: room?.senderIgnored ?? false,
    ...(event.type !== 'm.room.member' &&
      room && {
        hasPushers: room.hasPushers,
        isOnBadges: room.isOnBadges,
        senderOnBadge: room.senderOnBadge,
        naming: room.naming,
      }),
  }
  await recordEvent(fixture.deps, tx, { event, context })
  return event
}

async function writeMember(tx: Transaction, event: Event): Promise<void> {
  const userId = event.stateKey as UserId
  const displayname = event.content['displayname'] as string | null
  await setMembership(tx, {
    roomId: event.roomId,
    userId,
    membership: event.content['membership'] as Membership,
    eventId: event.eventId,
    position: event.position,
    displayname,
    avatarUrl: null,
    nameKey: mentionKey(displayname ?? ''),
    localpartKey: mentionKey(localpartOf(userId)),
  })
  const { roomId, position } = event
  await moveCounters(tx, { roomId, userId, position, membership: null })
}

async function storeMember(
  fixture: NotificationsFixture,
  tx: Transaction,
  change: MemberChange,
): Promise<Event> {
  const { roomId, userId, by = userId, membership, before, displayName = null, content = {} } = change
  const event = await store(fixture, tx, {
    roomId,
    sender: by,
    type: 'm.room.member',
    stateKey: userId,
    content: { ...content, membership, displayname: displayName },
  })
  const { position } = event
  if (membership === 'join' && before !== 'join')
    await memberJoined(fixture.deps, tx, { userId, roomId, position })
  if (membership === 'invite' && before === 'invite')
    await memberInvitedAgain(fixture.deps, tx, { userId, roomId, position })
  if (membership === 'leave' || membership === 'ban') await memberLeft(fixture.deps, tx, { userId, roomId })
  return event
}

const insertRoom = query<{ roomId: RoomId }>()((db, p) =>
  db
    .insertInto('rooms')
    .values({
      room_id: p.roomId,
      version: '10',
      creator: user('creator'),
      created_at: NOW,
      joined_count: 0,
      invited_count: 0,
    })
    .onConflict((conflict) => conflict.column('room_id').doNothing()),
)
const insertPusher = query<{ pusherId: number; userId: UserId; appId: string }>()((db, p) =>
  db.insertInto('pushers').values({
    pusher_id: p.pusherId,
    user_id: p.userId,
    app_id: p.appId,
    pushkey: 'key',
    kind: 'http',
    handle: HANDLE,
    handle_is_instance: 0,
    app_display_name: 'app',
    device_display_name: 'device',
    lang: 'en',
    data: '{}',
    url: 'http://127.0.0.1/',
    device_id: null,
    created_at: NOW,
    set_at: NOW,
  }),
)
const setHasPushers = query<{ userId: UserId; has: 0 | 1 }>()((db, p) =>
  db.updateTable('memberships').set({ has_pushers: p.has }).where('user_id', '=', p.userId),
)
const deletePushers = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('pushers').where('user_id', '=', p.userId),
)
const deleteOutbox = query<{ userId: UserId }>()((db, p) =>
  db
    .deleteFrom('lane_items')
    .where('lane_id', 'in', (eb) =>
      eb.selectFrom('pushers').select('pusher_id').where('user_id', '=', p.userId),
    ),
)

export const outboxOf = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('lane_items')
    .innerJoin('pushers', 'pushers.pusher_id', 'lane_items.lane_id')
    .where('pushers.user_id', '=', p.userId)
    .select(['pushers.pusher_id', 'lane_items.position'])
    .orderBy('lane_items.position'),
)
export const badgeRoomsOf = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('badge_rooms').select('room_id').where('user_id', '=', p.userId).orderBy('room_id'),
)
export const badgeDueOf = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('pushers')
    .innerJoin('lanes', 'lane_id', 'pusher_id')
    .select(['pusher_id', 'value_due'])
    .where('user_id', '=', p.userId),
)
