import type { Bus } from '../cluster/bus.ts'
import type { UserId } from '../lib/ids.ts'
import { joinedRoomIds } from '../rooms/sync/news-store.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { nextPosition } from '../storage/stream.ts'
import type { StreamPoint } from '../storage/stream-point.ts'
import { joinedTogether, listChanges, setListPosition } from './device-lists-store.ts'

/** The part `device_lists` of /sync, and the response of `GET /keys/changes`. */
export type DeviceLists = { changed: UserId[]; left: UserId[] }

/**
 * Records that the devices or the cross-signing keys of a user changed, and wakes the waiting syncs of
 * everybody who shares a room with the user. Call it in the transaction of the change. Resolves to the
 * position of the change.
 */
export async function announceDeviceList(
  { bus }: { bus: Bus },
  tx: Transaction,
  userId: UserId,
): Promise<number> {
  const position = await nextPosition(tx)
  tx.write(setListPosition, { userId, position })
  const roomIds = await joinedRoomIds(tx, userId)
  tx.onCommit(() => {
    bus.publish(`user:${userId}`)
    for (const roomId of roomIds) bus.publish(`room:${roomId}`)
  })
  return position
}

/**
 * The users whose keys a client must read again, and the users whose keys it no longer needs: the changes
 * after `since`, up to `position` (client-server API, "Tracking the device list for a user"). `changed`
 * contains only users who share a room with the viewer now, and the viewer. It also names users who have
 * joined one more room. A room without encryption counts as well.
 */
export async function deviceListsSince(
  read: Queries,
  request: { userId: UserId; since: StreamPoint; position: StreamPoint },
): Promise<DeviceLists> {
  const { userId } = request
  const changes = await read.all(listChanges, request)
  const usersWith = (...kinds: string[]) =>
    new Set(changes.filter(({ change }) => kinds.includes(change)).map((row) => row.user_id))
  const changed = usersWith('joined')
  const keys = usersWith('keys')
  const gone = usersWith('left')
  const unknown = [...new Set([...keys, ...gone])].filter((one) => one !== userId && !changed.has(one))
  const together = new Set(
    unknown.length === 0
      ? []
      : (await read.all(joinedTogether, { userId, others: unknown })).map((row) => row.user_id),
  )
  for (const one of keys) if (one === userId || together.has(one)) changed.add(one)
  // The viewer's own memberships are no change of the viewer's keys.
  if (!keys.has(userId)) changed.delete(userId)
  const left = [...gone].filter((one) => one !== userId && !changed.has(one) && !together.has(one))
  return { changed: [...changed].sort(), left: left.sort() }
}
