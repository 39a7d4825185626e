import { tooMany, tooMuch } from '../lib/errors.ts'
import type { Event, StateKey } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import type { RoomDeps } from './deps.ts'
import { moveStateUsage } from './room-store.ts'
import type { RoomView } from './room-view.ts'
import { currentStateEvent } from './state-store.ts'

/**
 * State events for the administration of a room. Each type is one event, and can be set even when the quota
 * is used up.
 */
const ALWAYS = new Set(
  ['create', 'power_levels', 'join_rules', 'history_visibility', 'guest_access', 'server_acl', 'tombstone']
    .concat(['name', 'topic', 'avatar', 'canonical_alias', 'pinned_events', 'encryption'])
    .map((name) => `m.room.${name}`),
)

/** `room`: the view before the change. */
type Setting = StateKey & { bytes: number; room: RoomView }

/**
 * Counts a state event that is about to be set. Members are not counted, because their number is limited by
 * the number of users. Above the quota, an event can still be replaced by one that is not larger. Throws 403
 * or 413.
 */
export async function countState(
  deps: RoomDeps,
  tx: Transaction,
  { roomId, type, stateKey, bytes, room }: Setting,
): Promise<void> {
  if (type === 'm.room.member') return
  const more = { events: room.present ? 0 : 1, bytes: bytes - (room.present?.bytes ?? 0) }
  const isGoverning = stateKey === '' && ALWAYS.has(type)
  if (!isGoverning && (more.events > 0 || more.bytes > 0)) checkQuota(deps, room, more)
  if (more.events !== 0 || more.bytes !== 0) await tx.run(moveStateUsage, { roomId, ...more })
}

function checkQuota(
  { quotas }: RoomDeps,
  { stateUsage }: RoomView,
  more: { events: number; bytes: number },
): void {
  const { room_state_events: events, room_state_bytes: bytes } = quotas
  if (more.events > 0 && stateUsage.events + more.events > events)
    throw tooMany(
      'quotas.room_state_events',
      `The room has ${stateUsage.events} state events, the maximum; reuse the type and state key of one that is no longer needed`,
    )
  if (more.bytes > 0 && stateUsage.bytes + more.bytes > bytes)
    throw tooMuch(
      'quotas.room_state_bytes',
      `The state of a room may have at most ${bytes} bytes, and would have ${stateUsage.bytes + more.bytes}; make some of it smaller`,
    )
}

/** Call it when the content of an event was removed: subtracts `bytes` if the event is current state. */
export async function countPruned(tx: Transaction, event: Event, bytes: number): Promise<void> {
  const { roomId, type, stateKey, position } = event
  if (stateKey === null || type === 'm.room.member') return
  const current = await currentStateEvent(tx, { roomId, type, stateKey })
  if (current?.position === position) await tx.run(moveStateUsage, { roomId, events: 0, bytes: -bytes })
}
