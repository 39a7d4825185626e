import { z } from 'zod'
import { LONG_OUTAGE_MS } from '../delivery/collapse.ts'
import type { JsonObject } from '../lib/json.ts'
import { once } from '../lib/once.ts'
import { notifyReason } from '../trace/notify-reason.ts'
import type { HandleHolder, QueuedPusher } from './status-store.ts'

const time = () => z.int().describe('Milliseconds since the Unix epoch').nullable()

/** The schema of `statusOf`. */
export const pusherStatus = once(() =>
  z
    .strictObject({
      state: z.enum(['off', 'pending', 'ok', 'retrying', 'failing']),
      device_id: z.string().nullable(),
      queued: z.int(),
      last_success_at: time(),
      failing_since: time(),
      attempts: z.int(),
      held_until: time(),
      next_attempt_at: time(),
      last_error: z.string().nullable(),
      last_error_at: time(),
      handle_shared_with: z.array(z.string()).describe('Ids of other devices'),
    })
    .meta({ id: 'PusherStatus' }),
)

/**
 * The delivery status of a pusher. `state`: `off` (disabled), `pending` (its app has not confirmed it yet), `ok`, `retrying` (the last
 * attempt failed) or `failing` (every attempt has failed for a day). Times are in milliseconds since the Unix epoch, null for never.
 * `last_error`: one of the words of `delivery/poke-fault.ts`. `held_until`: the latest time at which the next poke is sent; until
 * then it waits for its event to be read on another device. `handle_shared_with`: ids of other devices.
 */
export function statusOf(
  row: QueuedPusher,
  { holders, now }: { holders: readonly HandleHolder[]; now: number },
): JsonObject {
  const sharing = holders.filter(
    (other) =>
      other.handle === row.handle && other.user_id === row.user_id && other.pusher_id !== row.pusher_id,
  )
  return {
    state: stateOf(row, now),
    device_id: row.device_id,
    queued: row.queued ?? 0,
    last_success_at: row.last_success_at,
    failing_since: row.failing_since,
    attempts: row.attempts,
    held_until: row.held_until,
    next_attempt_at: row.failing_since === null ? null : row.next_attempt_at,
    last_error: row.last_error,
    last_error_at: row.last_error_at,
    handle_shared_with: [...new Set(sharing.flatMap((other) => other.device_id ?? []))],
  }
}

function stateOf({ enabled, activated, failing_since: since }: QueuedPusher, now: number): string {
  const reason = notifyReason({ isDisabled: enabled === 0, isNotActivated: activated === 0 })
  if (reason !== undefined) return reason === 'disabled' ? 'off' : 'pending'
  if (since === null) return 'ok'
  return now - since >= LONG_OUTAGE_MS ? 'failing' : 'retrying'
}
