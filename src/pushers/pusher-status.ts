import { z } from 'zod'
import { LONG_OUTAGE_MS } from '../delivery/collapse.ts'
import { MAIL_LEASE_MS, POKE_LEASE_MS } from '../delivery/lease-times.ts'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { once } from '../lib/once.ts'
import type { Queries } from '../storage/query.ts'
import { recentArrivals } from '../trace/arrival/arrival-store.ts'
import { type Arrival, summaryOf } from '../trace/arrival/arrivals.ts'
import { notifyReason } from '../trace/notify-reason.ts'
import { type HandleHolder, handleHolders, type QueuedPusher } from './status-store.ts'

const time = () => z.int().describe('Milliseconds since the Unix epoch').nullable()

/** A share of the pokes of a window that arrived. */
export const arrivalShare = once(() =>
  z
    .strictObject({
      arrived: z.int(),
      not_seen: z.int(),
      share: z.number().nullable().describe('Null without pokes that count'),
    })
    .meta({ id: 'ArrivalShare' }),
)

/** The schema of `arrivalOf`. */
const arrivalStatus = once(() =>
  z
    .strictObject({
      state: z.enum(['arrives', 'not seen', 'unknown']),
      last_arrived_at: time(),
      usual_ms: z.int().nullable().describe('The usual time from the poke to the fetch of its event'),
      not_seen: z.int().describe('The number of pokes in a row that did not arrive'),
      waiting: z.int().describe('The number of pokes whose event was not fetched, without a conclusion yet'),
      hour: arrivalShare(),
      day: arrivalShare(),
    })
    .meta({ id: 'PusherArrival' }),
)

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
      sending_since: time().describe('The start of the attempt that is under way'),
      held_until: time(),
      next_attempt_at: time(),
      last_error: z.string().nullable(),
      last_error_at: time(),
      handle_shared_with: z.array(z.string()).describe('Ids of other devices'),
      arrival: arrivalStatus(),
    })
    .meta({ id: 'PusherStatus' }),
)

export type StatusFacts = {
  holders: readonly HandleHolder[]
  /** The last results of each pusher, the newest first. */
  arrivals: ReadonlyMap<number, readonly Arrival[]>
  now: number
}

/**
 * The delivery status of a pusher. `state`: `off` (disabled), `pending` (its app has not confirmed it yet),
 * `ok`, `retrying` (the last attempt failed) or `failing` (every attempt has failed for a day). Times are in
 * milliseconds since the Unix epoch, null for never. `sending_since`: the start of the attempt that is under
 * way. `last_error`: one of the words of `delivery/poke-fault.ts`. `held_until`: the latest time at which the
 * next poke is sent; until then it waits for its event to be read on another device. `handle_shared_with`:
 * ids of other devices. `arrival`: whether the device fetches the events of its pokes (`trace/arrival/`),
 * from the last results.
 */
export function statusOf(row: QueuedPusher, { holders, arrivals, now }: StatusFacts): JsonObject {
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
    sending_since: sendingSince(row, now),
    held_until: row.held_until,
    next_attempt_at: row.failing_since === null ? null : row.next_attempt_at,
    last_error: row.last_error,
    last_error_at: row.last_error_at,
    handle_shared_with: [...new Set(sharing.flatMap((other) => other.device_id ?? []))],
    arrival: arrivalOf(arrivals.get(row.pusher_id) ?? [], now),
  }
}

/**
 * Some process holds a lease and something waits: it is sending. A lease begins with an attempt, unless it
 * was kept from an earlier one; then the attempt begins with the item.
 */
function sendingSince({ kind, lease_until: until, waiting_since: queued }: QueuedPusher, now: number) {
  if (until === null || queued === null || until <= now) return null
  return Math.max(until - (kind === 'email' ? MAIL_LEASE_MS : POKE_LEASE_MS), queued)
}

function arrivalOf(newest: readonly Arrival[], now: number): JsonObject {
  const { state, lastAt, usualMs, notSeen, waiting, hour, day } = summaryOf(newest, now)
  return { state, last_arrived_at: lastAt, usual_ms: usualMs, not_seen: notSeen, waiting, hour, day }
}

/** The facts for `statusOf` that are read together for several pushers. */
export async function statusFacts(
  q: Queries,
  { rows, userIds, now }: { rows: readonly QueuedPusher[]; userIds: readonly UserId[]; now: number },
): Promise<StatusFacts> {
  const pusherIds = rows.map((row) => row.pusher_id)
  const recent = (await q.all(recentArrivals, { pusherIds })).map((row) => ({
    pusherId: row.pusher_id,
    state: row.state,
    sentAt: row.sent_at,
    at: row.at,
    expected: row.expected === 1,
  }))
  const arrivals = Map.groupBy(recent, ({ pusherId }) => pusherId)
  return { holders: await q.all(handleHolders, { userIds }), arrivals, now }
}

function stateOf({ enabled, activated, failing_since: since }: QueuedPusher, now: number): string {
  const reason = notifyReason({ isDisabled: enabled === 0, isNotActivated: activated === 0 })
  if (reason !== undefined) return reason === 'disabled' ? 'off' : 'pending'
  if (since === null) return 'ok'
  return now - since >= LONG_OUTAGE_MS ? 'failing' : 'retrying'
}
