import { Deferred } from '../../../lib/deferred.ts'
import type { RoomId } from '../../../lib/ids.ts'
import { type JsonObject, type Json, isJsonObject } from '../../../lib/json.ts'
import type { Database } from '../../../storage/database.ts'
import type { Queries } from '../../../storage/query.ts'
import { NO_FILTER } from '../filter.ts'
import { strippedRooms } from '../invited-room.ts'
import { leftRooms } from '../left-room.ts'
import { batchesOf } from '../read-rooms.ts'
import { sizesOf } from '../room-sizes-store.ts'
import { isEmpty, joinedResults } from './joined-rooms.ts'
import { wantsState } from './required-state.ts'
import {
  isInitial,
  type PlannedSelection,
  planSelection,
  readersOf,
  type SlidingReader,
} from './room-reader.ts'
import type { RoomResult } from './room-result.ts'
import type { SelectedRoom } from './select-rooms.ts'

export type ReadRequest = {
  reader: SlidingReader
  rooms: readonly SelectedRoom[]
  /** Rooms that are sent even without events, because their counts may have changed. */
  counted: ReadonlySet<RoomId>
  render: (room: RoomResult) => JsonObject
}

export type ReadRooms = {
  rooms: Record<RoomId, JsonObject | Deferred>
  /**
   * The position of the first event in the timeline of each room. Those of deferred rooms are added when the
   * rooms are written.
   */
  starts: ReadonlyMap<RoomId, number>
  deferred: ReadonlySet<RoomId>
  /** The rooms of which the client has nothing before the response. */
  initial: ReadonlySet<RoomId>
  /** The rooms with events that are earlier than those that the client has. */
  grown: ReadonlySet<RoomId>
}

/**
 * Reads the rooms of a response. As in /sync, rooms above an estimated size are deferred: they are read when
 * the response is written up to them, at the position of the snapshot.
 */
export async function readSelection(
  { db }: { db: Database },
  read: Queries,
  { reader, rooms, counted, render }: ReadRequest,
): Promise<ReadRooms> {
  const planned = await planSelection(read, reader, rooms)
  const limit = Math.max(0, ...rooms.map(({ config }) => config.limit))
  const estimated = { ...NO_FILTER, timeline: { ...NO_FILTER.timeline, limit } }
  const sizes = await sizesOf(
    read,
    planned.filter(({ known }) => known === undefined),
    estimated,
  )
  for (const { room, known } of planned) if (known) sizes.set(room.roomId, known.bytes)
  const [first = [], ...later] = batchesOf(planned, sizes, reader.pageBytes)
  const result: Record<RoomId, JsonObject | Deferred> = {}
  const starts = new Map<RoomId, number>()
  const resultsWithStarts = async (q: Queries, batch: readonly PlannedSelection[]) => {
    const found = await resultsOf(q, reader, batch)
    for (const [roomId, { start }] of found) if (start !== undefined) starts.set(roomId, start)
    return found
  }
  for (const [roomId, room] of await resultsWithStarts(read, first))
    if (!isEmpty(room) || counted.has(roomId)) result[roomId] = render(room)
  for (const batch of later) {
    let reading: Promise<Map<RoomId, RoomResult>> | undefined
    for (const { room } of batch)
      result[room.roomId] = new Deferred(async () => {
        reading ??= db.snapshot((q) => resultsWithStarts(q, batch))
        const found = (await reading).get(room.roomId)
        if (room === batch.at(-1)?.room) reading = undefined
        return found ? render(found) : {}
      })
  }
  return {
    rooms: result,
    starts,
    deferred: idsOf(later.flat(), () => true),
    initial: idsOf(planned, isInitial),
    grown: idsOf(planned, ({ growsTimeline }) => growsTimeline),
  }
}

function idsOf(
  rooms: readonly PlannedSelection[],
  isWanted: (one: PlannedSelection) => boolean,
): Set<RoomId> {
  return new Set(rooms.filter(isWanted).map(({ room }) => room.roomId))
}

async function resultsOf(
  read: Queries,
  reader: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<Map<RoomId, RoomResult>> {
  // Nearly all responses have joined rooms only.
  if (rooms.every(({ room }) => room.membership === 'join')) return joinedResults(read, reader, rooms)
  const of = (...memberships: string[]) => rooms.filter(({ room }) => memberships.includes(room.membership))
  return new Map([
    ...(await joinedResults(read, reader, of('join'))),
    ...(await strippedResults(read, reader, of('invite', 'knock'))),
    ...(await leftResults(read, reader, of('leave', 'ban'))),
  ])
}

async function strippedResults(
  read: Queries,
  { viewer }: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<Map<RoomId, RoomResult>> {
  const plans = rooms.map(({ room, plan }) => ({ plan: { ...plan, upTo: room.memberPosition } }))
  const found = await strippedRooms(read, plans, viewer.userId)
  return new Map(
    rooms.map(({ room, config, after, isDm, isDmNew }) => {
      const { roomId, membership } = room
      const state = found.get(roomId)?.[`${membership}_state`]
      return [
        roomId,
        {
          membership,
          bumpStamp: room.bumpPosition,
          lists: config.lists,
          ...(after === undefined && { initial: true }),
          ...(isDmNew && { isDm }),
          strippedState: eventsIn(state),
        },
      ]
    }),
  )
}

/** Rooms that the user is no longer in: nothing that came later, but the end of the membership in any case. */
async function leftResults(
  read: Queries,
  reader: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<Map<RoomId, RoomResult>> {
  const results = new Map<RoomId, RoomResult>()
  const noExtras = { ephemeral: [], accountData: [], ownReceipt: false, counts: undefined }
  for (const group of readersOf(reader, rooms)) {
    const planned = group.rooms.map(({ plan }) => ({ plan, extras: noExtras }))
    const found = await leftRooms(read, group.reader, planned)
    for (const one of group.rooms)
      results.set(one.room.roomId, leftResult(reader, one, found.get(one.room.roomId) ?? {}))
  }
  return results
}

function leftResult(
  { viewer }: SlidingReader,
  { room, config, after }: PlannedSelection,
  part: JsonObject,
): RoomResult {
  const timeline = isJsonObject(part['timeline']) ? part['timeline'] : {}
  const events = eventsIn(timeline)
  const isOwn = (event: JsonObject) =>
    event['type'] === 'm.room.member' && event['state_key'] === viewer.userId
  const state = eventsIn(part['state_after']).filter((event) => {
    const { type, state_key: stateKey } = event as { type: string; state_key: string }
    return isOwn(event) || wantsState(config.filter, { type, stateKey })
  })
  return {
    membership: room.membership,
    // When the user left (MSC4186).
    bumpStamp: room.memberPosition,
    lists: config.lists,
    ...(after === undefined && { initial: true }),
    requiredState: state,
    timeline: events,
    limited: timeline['limited'] === true,
    ...(typeof timeline['prev_batch'] === 'string' && { prevBatch: timeline['prev_batch'] }),
    numLive: after === undefined ? 0 : events.length,
  }
}

function eventsIn(part: Json | undefined): JsonObject[] {
  const events = isJsonObject(part) ? part['events'] : undefined
  return Array.isArray(events) ? events.filter(isJsonObject) : []
}
