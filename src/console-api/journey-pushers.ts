import type { UserId } from '../lib/ids.ts'
import { shortHash } from '../lib/short-hash.ts'
import type { Queries } from '../storage/query.ts'
import type { JourneyPusher } from '../trace/journey.ts'
import { pusherChangesOf } from '../trace/pushers-store.ts'
import { type PusherOfUser, pushersOfUser } from './journey-store.ts'

/** A pusher in the journeys of all events: what does not depend on the event. */
export type KnownPusher = Omit<JourneyPusher, 'wasOn' | 'queuedAt' | 'kept' | 'gateway' | 'arrival'> & {
  pusherId: number
  /** null: it has none, or it was removed. */
  handle: string | null
  heldUntil: number | null
  /** The last known value of `enabled`. */
  isOn: boolean
  /** When it was enabled or disabled, in order. */
  switches: readonly { at: number; change: string }[]
}

/** What a journey knows of one event and one pusher. */
export type PusherRecords = { at: number } & Pick<JourneyPusher, 'queuedAt' | 'kept' | 'gateway' | 'arrival'>

/** The present pushers of a user, and those that were removed since the records begin. Removed ones are first. */
export async function knownPushers(q: Queries, userId: UserId): Promise<KnownPusher[]> {
  const present = await q.all(pushersOfUser, { userId })
  const changes = Map.groupBy(await q.all(pusherChangesOf, { userId }), (note) => note.pusher_id)
  const switchesOf = (pusherId: number) =>
    (changes.get(pusherId) ?? []).filter(({ change }) => change !== 'removed')
  const removed = [...changes].flatMap(([pusherId, notes]) => {
    const removal = notes.find(({ change }) => change === 'removed')
    return removal === undefined ? [] : [{ pusherId, removal }]
  })
  return [
    ...removed.map(({ pusherId, removal }) => ({
      pusherId,
      appId: removal.app_id,
      pushkeyHash: removal.pushkey_hash,
      appDisplayName: removal.app_display_name,
      deviceDisplayName: removal.device_display_name,
      handle: null,
      createdAt: removal.created_at,
      removedAt: removal.at,
      isPending: false,
      failing: null,
      heldUntil: null,
      isOn: true,
      switches: switchesOf(pusherId),
    })),
    ...present.map((row) => ({ ...presentPusher(row), switches: switchesOf(row.pusher_id) })),
  ]
}

const presentPusher = (row: PusherOfUser): Omit<KnownPusher, 'switches'> => ({
  pusherId: row.pusher_id,
  appId: row.app_id,
  pushkeyHash: shortHash(row.pushkey),
  appDisplayName: row.app_display_name,
  deviceDisplayName: row.device_display_name,
  handle: row.handle,
  createdAt: row.created_at,
  removedAt: null,
  isPending: row.activated === 0,
  failing: failingOf(row),
  heldUntil: row.held_until,
  isOn: row.enabled === 1,
})

function failingOf(row: PusherOfUser): JourneyPusher['failing'] {
  if (row.failing_since === null) return null
  return { nextAttemptAt: row.next_attempt_at, error: row.last_error, at: row.last_error_at }
}

/** The pusher in the journey of one event. */
export const pusherOfEvent = (pusher: KnownPusher, { at, ...event }: PusherRecords): JourneyPusher => ({
  ...pusher,
  ...event,
  wasOn: wasOnAt(at, pusher),
})

/**
 * `enabled` at `at`: set by the last change before it, else the opposite of the first change after it, else
 * the present value.
 */
function wasOnAt(at: number, { switches, isOn }: KnownPusher): boolean {
  const before = switches.findLast((change) => change.at <= at)
  if (before) return before.change === 'on'
  const after = switches[0]
  return after ? after.change === 'off' : isOn
}
