import type { RoomId } from '../lib/ids.ts'
import { type Queries, query } from '../storage/query.ts'
import { currentPoint } from '../storage/stream.ts'
import { lowest, positionIn, type StreamPoint } from '../storage/stream-point.ts'

/** The position of a point in the shard of a room. The tokens of one room have one position; those of /sync have one for each shard. */
export async function positionInRoom(q: Queries, roomId: RoomId, point: StreamPoint): Promise<number> {
  if (point.length === 1) return lowest(point)
  const row = await q.first(shardOfRoom, { roomId })
  const position = row?.shards === point.length ? row.position : null
  return position === null ? lowest(point) : positionIn(point, position)
}

/** The last position in the shard of a room. */
export const lastPositionInRoom = async (q: Queries, roomId: RoomId): Promise<number> =>
  positionInRoom(q, roomId, await currentPoint(q))

/** The number of shards, and the position of an event of the room, which names its shard; null: the room has no event. */
export const shardOfRoom = query<{ roomId: RoomId }>()((db, p) =>
  db
    .selectFrom('stream')
    .select((eb) => eb.fn.countAll<number>().as('shards'))
    .select((eb) =>
      eb
        .selectFrom('events as e')
        .select((last) => last.fn.max('e.position').as('position'))
        .where('e.room_id', '=', p.roomId)
        .as('position'),
    ),
)
