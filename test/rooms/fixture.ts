import { insertUser } from '../../src/accounts/users-store.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { type DeviceId, type EventId, type RoomId, systemRandom, type UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { notificationDeps } from '../../src/notifications/deps.ts'
import { createRoom, type RoomRequest } from '../../src/rooms/create-room.ts'
import type { RoomDeps } from '../../src/rooms/deps.ts'
import { sendMessage, sendState } from '../../src/rooms/send-event.ts'
import { currentStateEvent } from '../../src/rooms/state-store.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { NO_TRACE } from '../../src/trace/trace.ts'
import { silentLog } from '../support/log.ts'
import { quotas } from '../support/quotas.ts'

export const alice = '@alice:here' as UserId
export const bob = '@bob:here' as UserId
export const carol = '@carol:here' as UserId
export const phone = 'PHONE' as DeviceId
export const laptop = 'LAPTOP' as DeviceId

export const START = 1_800_000_000_000

export type RoomsFixture = RoomDeps & { advance(ms: number): void }

/** The functions that write to rooms, on an empty database with three users. */
export async function createRoomsFixture(db: Database): Promise<RoomsFixture> {
  let now = START
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() }
  const bus = createLocalBus()
  for (const userId of [alice, bob, carol])
    await db.transaction((tx) => tx.run(insertUser, { userId, passwordHash: null, isAdmin: 0 as const, now }))
  const notifications = notificationDeps({
    clock,
    bus,
    log: silentLog,
    trace: NO_TRACE,
    legacyMentionRules: true,
  })
  return {
    db,
    bus,
    clock,
    random: systemRandom,
    log: silentLog,
    serverName: 'here',
    quotas,
    notifications,
    defaultVersion: '12',
    allowEncryption: true,
    onReplacementJoined: async () => undefined,
    advance: (ms) => void (now += ms),
  }
}

export function publicRoom(fixture: RoomsFixture, request: RoomRequest = {}): Promise<RoomId> {
  return createRoom(fixture, alice, { preset: 'public_chat', ...request })
}

let transactions = 0

/** Sends an `m.room.message` with a text or with the given content. */
export function say(
  fixture: RoomsFixture,
  roomId: RoomId,
  sender: UserId,
  message: string | JsonObject,
): Promise<EventId> {
  return sendMessage(fixture, {
    roomId,
    sender,
    type: 'm.room.message',
    content: typeof message === 'string' ? { msgtype: 'm.text', body: message } : message,
    transaction: { deviceId: phone, txnId: `t${transactions++}` },
  })
}

export function setState(
  fixture: RoomsFixture,
  roomId: RoomId,
  sender: UserId,
  { type, stateKey = '', content }: { type: string; stateKey?: string; content: JsonObject },
): Promise<EventId> {
  return sendState(fixture, { roomId, sender, type, stateKey, content })
}

export async function stateOf(fixture: RoomsFixture, roomId: RoomId, type: string, stateKey = '') {
  return (await currentStateEvent(fixture.db, { roomId, type, stateKey }))?.content
}

export const eventsOf = query<{ roomId: RoomId }>()((db, p) =>
  db.selectFrom('events').selectAll().where('room_id', '=', p.roomId).orderBy('position'),
)

export const rowCounts = query()((db) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('rooms')
      .select((e) => e.fn.countAll<number>().as('n'))
      .as('rooms'),
    eb
      .selectFrom('events')
      .select((e) => e.fn.countAll<number>().as('n'))
      .as('events'),
    eb
      .selectFrom('memberships')
      .select((e) => e.fn.countAll<number>().as('n'))
      .as('memberships'),
    eb
      .selectFrom('room_aliases')
      .select((e) => e.fn.countAll<number>().as('n'))
      .as('aliases'),
  ]),
)

/** The error that `assert.rejects` expects: a `MatrixError` with this status and code. */
export const refusal = (status: number, errcode: string) => ({ name: 'MatrixError', status, errcode })
