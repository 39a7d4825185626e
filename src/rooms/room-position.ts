import type { RoomId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { currentPoint, shardOf } from '../storage/stream.ts'
import { lowest, type StreamPoint } from '../storage/stream-point.ts'

/**
 * The position of a point in the shard of a room. The tokens of one room have one position; those of /sync
 * have one for each shard. Of a point with another number of shards than the database, only the lowest
 * position is known to be seen.
 */
export function positionInRoom(roomId: RoomId, point: StreamPoint, shards: number): number {
  return (point.length === shards ? point[shardOf(roomId, shards)] : undefined) ?? lowest(point)
}

/** The last position in the shard of a room. */
export async function lastPositionInRoom(q: Queries, roomId: RoomId): Promise<number> {
  const point = await currentPoint(q)
  return positionInRoom(roomId, point, point.length)
}
