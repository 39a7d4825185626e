import { Deferred } from '../../lib/deferred.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Database } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import type { Membership } from '../../storage/rooms-schema.ts'
import { strippedRooms } from './invited-room.ts'
import { joinedRooms, type PlannedRoom, type RoomParts } from './joined-room.ts'
import { leftRooms } from './left-room.ts'
import type { RoomReader } from './room-news.ts'
import { sizesOf } from './room-sizes-store.ts'

type Section = Record<RoomId, JsonObject | Deferred>
/** `rooms` of the response. */
export type Rooms = { join: Section; invite: Section; knock: Section; leave: Section }

export const noRooms = (): Rooms => ({ join: {}, invite: {}, knock: {}, leave: {} })

/** Rooms are read within the one snapshot up to this estimated size; the rooms after them are deferred. */
const PAGES_IN_MEMORY = 4
/** Deferred rooms are read together up to this estimated size. */
const DEFERRED_PAGES = 2

const SECTIONS: Record<Membership, keyof Rooms> = {
  join: 'join',
  invite: 'invite',
  knock: 'knock',
  leave: 'leave',
  ban: 'leave',
}

/** Reads the planned rooms of a response, the first of them at once. */
export async function readRooms(
  deps: { db: Database },
  read: Queries,
  { reader, rooms }: { reader: RoomReader; rooms: readonly PlannedRoom[] },
): Promise<Rooms> {
  const sizes = await sizesOf(read, rooms, reader.filter)
  const [first = [], ...later] = batchesOf(rooms, sizes, reader.pageBytes)
  const result = noRooms()
  const parts = await partsOf(read, reader, first)
  for (const { plan } of first) {
    const part = parts.get(plan.roomId)
    if (part) result[SECTIONS[plan.membership]][plan.roomId] = part
  }
  for (const batch of later) {
    const deferred = deferredParts(deps, reader, batch)
    for (const [at, { plan }] of batch.entries())
      result[SECTIONS[plan.membership]][plan.roomId] = deferred[at] as Deferred
  }
  return result
}

/** Splits rooms so that each batch ends with the room that reaches the size. */
export function batchesOf<Room extends Pick<PlannedRoom, 'plan'>>(
  rooms: readonly Room[],
  sizes: ReadonlyMap<RoomId, number>,
  pageBytes: number,
): Room[][] {
  const batches: Room[][] = []
  let left = 0
  for (const room of rooms) {
    if (left <= 0) {
      batches.push([])
      left = pageBytes * (batches.length === 1 ? PAGES_IN_MEMORY : DEFERRED_PAGES)
    }
    batches.at(-1)?.push(room)
    left -= sizes.get(room.plan.roomId) ?? 0
  }
  return batches
}

/** The rooms of one batch. A room without news is absent. */
async function partsOf(read: Queries, reader: RoomReader, rooms: readonly PlannedRoom[]): Promise<RoomParts> {
  // A woken poll has one room, and thousands of polls are woken together.
  if (rooms.every(({ plan }) => plan.membership === 'join')) return joinedRooms(read, reader, rooms)
  const of = (...sections: (keyof Rooms)[]) =>
    rooms.filter(({ plan }) => sections.includes(SECTIONS[plan.membership]))
  return new Map([
    ...(await joinedRooms(read, reader, of('join'))),
    ...(await leftRooms(read, reader, of('leave'))),
    ...(await strippedRooms(read, of('invite', 'knock'), reader.viewer.userId)),
  ])
}

/**
 * The same for a deferred batch, read when the response is written up to its first room. Events and state are
 * those up to the position of the plan, as within the snapshot; only the summary of members can be newer.
 */
function deferredParts(
  { db }: { db: Database },
  reader: RoomReader,
  batch: readonly PlannedRoom[],
): Deferred[] {
  // The rooms already have their places in the response, so they are written even if nothing passes the filter.
  const rooms = batch.map(({ plan, extras }) => ({ plan, extras: { ...extras, ownReceipt: true } }))
  let reading: Promise<RoomParts> | undefined
  return rooms.map(
    ({ plan }, at) =>
      new Deferred(async () => {
        reading ??= db.snapshot((read) => partsOf(read, reader, rooms))
        const part = (await reading).get(plan.roomId) ?? {}
        // The rooms are written in order, so only one batch is in memory.
        if (at === rooms.length - 1) reading = undefined
        return part
      }),
  )
}
