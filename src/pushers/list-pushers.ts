import { type JsonObject, parseStored } from '../lib/json.ts'
import type { UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { type PusherRow, pushersWithQueue } from './pusher-store.ts'

type Listed = PusherRow & { queued: number | null }

/** The pushers of a user as `GET /pushers` shows them: what was set, and under `org.belfry.status` how it is going. */
export async function listPushers(q: Queries, userId: UserId): Promise<JsonObject[]> {
  const rows = await q.all(pushersWithQueue, { userId })
  return rows.map((row) => shown(row, rows))
}

function shown(row: Listed, all: readonly Listed[]): JsonObject {
  return {
    pushkey: row.pushkey,
    kind: row.kind,
    app_id: row.app_id,
    app_display_name: row.app_display_name,
    device_display_name: row.device_display_name,
    ...(row.handle !== null && { instance_handle: row.handle, profile_tag: row.handle }),
    lang: row.lang,
    data: parseStored(row.data),
    'org.belfry.status': statusOf(row, all),
  }
}

/** Times are milliseconds since the Unix epoch, null for never. `handle_shared_with`: ids of other devices. */
function statusOf(row: Listed, all: readonly Listed[]): JsonObject {
  const sharing = all.filter((other) => other !== row && other.handle !== null && other.handle === row.handle)
  return {
    device_id: row.device_id,
    queued: row.queued ?? 0,
    last_success_at: row.last_success_at,
    failing_since: row.failing_since,
    attempts: row.attempts,
    next_attempt_at: row.failing_since === null ? null : row.next_attempt_at,
    last_error: row.last_error,
    last_error_at: row.last_error_at,
    handle_shared_with: [...new Set(sharing.flatMap((other) => other.device_id ?? []))],
  }
}
