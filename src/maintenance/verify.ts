import type { OnProgress } from '../lib/progress.ts'
import { checkSqlite } from '../storage/copy-sqlite.ts'
import type { Query } from '../storage/query.ts'
import type { MaintenanceDeps } from './deps.ts'
import {
  databaseCounts,
  devicesWithoutUser,
  eventsWithoutRoom,
  itemsWithoutLane,
  mediaWithoutContent,
  membersWithoutEvent,
  positionsAboveStream,
  pushersWithoutLane,
  readPositionsMissing,
  stateWithoutEvent,
  tokensWithoutDevice,
  wrongContentUses,
  wrongMediaUsage,
  wrongMemberCounts,
} from './faults-store.ts'
import { badgeWithoutUnread, unreadNotOnBadge, wrongTotals } from './unread-faults-store.ts'
import { countBlobs, listBlobs, strayBlobs } from './list-blobs.ts'

/** `places`: the first 20 rows or files with the fault. */
export type FoundFault = { fault: string; places: string[] }

/** `counts`: the numbers of rows, by table or kind. */
export type Verification = { counts: Record<string, number>; files: number; faults: FoundFault[] }

type Check = { fault: string; find: Query<Record<never, never>, { place: string }> }

const CHECKS: readonly Check[] = [
  { fault: 'rooms with wrong counts of members', find: wrongMemberCounts },
  { fault: 'users with a wrong sum of their files', find: wrongMediaUsage },
  { fault: 'contents of files with a wrong number of uses', find: wrongContentUses },
  { fault: 'receipts above the last position of the stream', find: positionsAboveStream },
  { fault: 'events without a room', find: eventsWithoutRoom },
  { fault: 'state without its event', find: stateWithoutEvent },
  { fault: 'memberships without their event', find: membersWithoutEvent },
  { fault: 'members without a read position', find: readPositionsMissing },
  { fault: 'devices without an account', find: devicesWithoutUser },
  { fault: 'access tokens without a device', find: tokensWithoutDevice },
  { fault: 'pushers without a lane', find: pushersWithoutLane },
  { fault: 'queued items without a lane', find: itemsWithoutLane },
  { fault: 'files without their content', find: mediaWithoutContent },
  { fault: 'totals of notifications that do not add up', find: wrongTotals },
  { fault: 'unread rooms that are not on the badge of a member', find: unreadNotOnBadge },
  { fault: 'rooms on a badge in which nothing is unread', find: badgeWithoutUnread },
]

const LISTED = 20

/**
 * Checks a database and its files, also while a server uses them: the pages of SQLite, stored counts against
 * a recount, rows that refer to missing ones, and files that are missing or have another size. Each check
 * reads one committed state.
 */
export async function verify(
  { db, config, blobs }: MaintenanceDeps,
  onProgress: OnProgress,
): Promise<Verification> {
  const faults: FoundFault[] = []
  const add = (fault: string, places: string[]) => {
    if (places.length > 0) faults.push({ fault, places })
  }
  if (config.database.kind === 'sqlite')
    add('damaged pages', checkSqlite(config.database.path).slice(0, LISTED))
  for (const [done, { fault, find }] of CHECKS.entries()) {
    onProgress({ step: 'checking rows', done, total: CHECKS.length })
    const rows = await db.snapshot((q) => q.all(find, {}))
    add(
      fault,
      rows.map(({ place }) => place),
    )
  }
  const total = await countBlobs(db)
  const wrong: string[] = []
  let files = 0
  for await (const { blob_key: key, size } of listBlobs(db)) {
    files++
    if ((await blobs.size(key)) !== size && wrong.length < LISTED) wrong.push(key)
    onProgress({ step: 'checking files', done: files, total })
  }
  add('files that are missing in the store or have a wrong size', wrong)
  const stray: string[] = []
  for await (const key of strayBlobs(db, blobs)) {
    stray.push(key)
    onProgress({ step: 'looking for files without rows', done: stray.length, total: LISTED })
    if (stray.length === LISTED) break
  }
  add('files in the store that no row names', stray)
  const counts = (await db.first(databaseCounts, {})) ?? {}
  return {
    counts: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)])),
    files,
    faults,
  }
}
