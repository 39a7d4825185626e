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

export type World = RoomDeps & { tick(ms: number): void }

/** The write side of rooms on an empty database, with three users. */
export async function openWorld(db: Database): Promise<World> {
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
    tick: (ms) => void (now += ms),
  }
}

export function publicRoom(world: World, request: RoomRequest = {}): Promise<RoomId> {
  return createRoom(world, alice, { preset: 'public_chat', ...request })
}

let transactions = 0

/** A text, or whatever else an `m.room.message` may hold. */
export function say(
  world: World,
  roomId: RoomId,
  sender: UserId,
  said: string | JsonObject,
): Promise<EventId> {
  return sendMessage(world, {
    roomId,
    sender,
    type: 'm.room.message',
    content: typeof said === 'string' ? { msgtype: 'm.text', body: said } : said,
    transaction: { deviceId: phone, txnId: `t${transactions++}` },
  })
}

export function setState(
  world: World,
  roomId: RoomId,
  sender: UserId,
  { type, stateKey = '', content }: { type: string; stateKey?: string; content: JsonObject },
): Promise<EventId> {
  return sendState(world, { roomId, sender, type, stateKey, content })
}

export async function stateOf(world: World, roomId: RoomId, type: string, stateKey = '') {
  return (await currentStateEvent(world.db, { roomId, type, stateKey }))?.content
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

/** For `assert.rejects`: a refusal with this status and code. */
export const refusal = (status: number, errcode: string) => ({ name: 'MatrixError', status, errcode })
