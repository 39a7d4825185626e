import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { shortHash } from '../lib/short-hash.ts'
import type { Queries } from '../storage/query.ts'
import { type StatusFacts, statusFacts, statusOf } from './pusher-status.ts'
import { REMOVED_KEPT } from './remove-pushers.ts'
import { type RemovedRow, removedOfAll, removedOfUser } from './removed-store.ts'
import { pushersPage, pushersWithQueue, type QueuedPusher } from './status-store.ts'
import { REMOVED_FOR_MS } from './sweep-removed.ts'

export type ReportRequest = {
  /** The requester: only the pushkeys of this user are shown. */
  viewer: UserId
  now: number
  /** The owner of the pushers; `all`: one page of the pushers of all users. */
  of: UserId | 'all'
  /** Paging for `all`: the id of the last pusher of the previous page, and the page size. */
  after: number
  limit: number
}

/**
 * The status of pushers, and the pushers that were removed in the last 30 days with the reason, newest first
 * (100 at most). `nextBatch`: the `after` of the next page, absent on the last page.
 */
export async function reportPushers(
  q: Queries,
  { viewer, now, of, after, limit }: ReportRequest,
): Promise<{ pushers: JsonObject[]; removed: JsonObject[]; nextBatch?: number }> {
  const since = now - REMOVED_FOR_MS
  if (of !== 'all') {
    const rows = await q.all(pushersWithQueue, { userId: of })
    const removed = await q.all(removedOfUser, { userId: of, since, limit: REMOVED_KEPT })
    return report(viewer, { rows, removed, facts: await statusFacts(q, { rows, userIds: [of], now }) })
  }
  const rows = await q.all(pushersPage, { after, limit })
  const facts = await statusFacts(q, { rows, userIds: [...new Set(rows.map((row) => row.user_id))], now })
  const removed = await q.all(removedOfAll, { since, limit: REMOVED_KEPT })
  const last = rows.length === limit ? rows.at(-1) : undefined
  return {
    ...report(viewer, { rows, removed, facts }),
    ...(last !== undefined && { nextBatch: last.pusher_id }),
  }
}

type Found = {
  rows: readonly QueuedPusher[]
  removed: readonly RemovedRow[]
  facts: StatusFacts
}

function report(viewer: UserId, { rows, removed, facts }: Found) {
  return {
    pushers: rows.map((row) => ({
      pusher_id: row.pusher_id,
      ...identityOf(viewer, row),
      enabled: row.enabled === 1,
      disable_badge_count: row.disable_badge_count === 1,
      hold_while_active_ms: row.hold_ms,
      gateway: row.url === null ? null : (URL.parse(row.url)?.origin ?? null),
      created_at: row.created_at,
      set_at: row.set_at,
      ...statusOf(row, facts),
    })),
    removed: removed.map((row) => ({
      ...identityOf(viewer, row),
      reason: row.reason,
      removed_at: row.removed_at,
      last_success_at: row.last_success_at,
      failing_since: row.failing_since,
      last_error: row.last_error,
    })),
  }
}

/** Only the owner sees a pushkey. Others tell pushers apart by its hash. */
function identityOf(viewer: UserId, row: QueuedPusher | RemovedRow): JsonObject {
  return {
    user_id: row.user_id,
    app_id: row.app_id,
    ...(row.user_id === viewer && { pushkey: row.pushkey }),
    pushkey_hash: shortHash(row.pushkey),
    kind: row.kind,
    app_display_name: row.app_display_name,
    device_display_name: row.device_display_name,
    device_id: row.device_id,
    instance_handle: row.handle,
  }
}
