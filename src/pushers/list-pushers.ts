import { type JsonObject, parseStored } from '../lib/json.ts'
import type { UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { statusFacts, statusOf } from './pusher-status.ts'
import { pushersWithQueue, type QueuedPusher } from './status-store.ts'

/**
 * The pushers of a user in the shape of `GET /pushers`: the settings, `enabled` and `device_id` under both
 * names of MSC3881, and the delivery status under `org.belfry.status`.
 */
export async function listPushers(q: Queries, userId: UserId, now: number): Promise<JsonObject[]> {
  const rows = await q.all(pushersWithQueue, { userId })
  const facts = await statusFacts(q, { rows, userIds: [userId], now })
  return rows.map((row) => ({ ...shown(row), 'org.belfry.status': statusOf(row, facts) }))
}

function shown(row: QueuedPusher): JsonObject {
  const enabled = row.enabled === 1
  return {
    pushkey: row.pushkey,
    kind: row.kind_alias ?? row.kind,
    app_id: row.app_id,
    app_display_name: row.app_display_name,
    device_display_name: row.device_display_name,
    ...(row.handle !== null && { instance_handle: row.handle, profile_tag: row.handle }),
    lang: row.lang,
    data: parseStored(row.data),
    ...(row.kind === 'webpush' && { activated: row.activated === 1 }),
    enabled,
    'org.matrix.msc3881.enabled': enabled,
    device_id: row.device_id,
    'org.matrix.msc3881.device_id': row.device_id,
    ...(row.disable_badge_count === 1 && {
      disable_badge_count: true,
      'org.matrix.msc4076.disable_badge_count': true,
    }),
    ...(row.hold_ms > 0 && { 'org.belfry.hold_while_active_ms': row.hold_ms }),
  }
}
