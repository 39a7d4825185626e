import { liveProcesses } from '../../cluster/processes-store.ts'
import type { RoomId, UserId } from '../../lib/ids.ts'
import type { RuleSettings } from '../../push-rules/index.ts'
import { type RemovedRow, removedOfUser } from '../../pushers/removed-store.ts'
import { type StatusFacts, statusFacts } from '../../pushers/pusher-status.ts'
import { REMOVED_KEPT } from '../../pushers/remove-pushers.ts'
import { pushersWithQueue, type QueuedPusher } from '../../pushers/status-store.ts'
import { REMOVED_FOR_MS } from '../../pushers/sweep-removed.ts'
import type { Queries } from '../../storage/query.ts'
import { rulesetOf, type UserRules } from '../../user-rules/read-rules.ts'
import { roomsOfUser } from './facts-store.ts'

export type DoctorRoom = { roomId: RoomId; name: string | null; isEncrypted: boolean; joinedCount: number }

/** Everything that the doctor examines. */
export type DoctorFacts = StatusFacts & {
  userId: UserId
  settings: RuleSettings
  rules: Pick<UserRules, 'global' | 'device'>
  /** The rooms that the user is in. */
  rooms: readonly DoctorRoom[]
  /** With the rooms that the user is invited to or knocks at. */
  roomIds: ReadonlySet<string>
  pushers: readonly QueuedPusher[]
  /** Pushers that were removed in the last 30 days, newest first. */
  removed: readonly RemovedRow[]
  /** A live process has the role delivery. */
  isDelivering: boolean
}

/** `q` should be a snapshot. `isServedAlone`: of the database; the process that serves it has all roles. */
export async function doctorFacts(
  q: Queries,
  settings: RuleSettings,
  { userId, now, isServedAlone }: { userId: UserId; now: number; isServedAlone: boolean },
): Promise<DoctorFacts> {
  const rows = await q.all(roomsOfUser, { userId })
  const pushers = await q.all(pushersWithQueue, { userId })
  return {
    userId,
    settings,
    rules: await rulesetOf(q, userId, settings),
    rooms: rows
      .filter((row) => row.membership === 'join')
      .map((row) => ({
        roomId: row.room_id,
        name: row.name ?? row.canonical_alias,
        isEncrypted: row.is_encrypted === 1,
        joinedCount: row.joined_count,
      })),
    roomIds: new Set(rows.map((row) => row.room_id)),
    pushers,
    ...(await statusFacts(q, { rows: pushers, userIds: [userId], now })),
    removed: await q.all(removedOfUser, { userId, since: now - REMOVED_FOR_MS, limit: REMOVED_KEPT }),
    isDelivering: isServedAlone || (await hasDelivery(q)),
  }
}

const hasDelivery = async (q: Queries): Promise<boolean> =>
  (await q.all(liveProcesses, {})).some(({ roles }) => roles.split(',').includes('delivery'))
