/** The fields of an item that decide about the order. Times are milliseconds since the Unix epoch. */
export type WaitingItem = { position: number; expiresAt: number; takenUntil: number | null }

/** `item`: send this one. `wait`: send none before `until`. `nothing`: the lane is empty. */
export type NextItem =
  | { kind: 'item'; item: WaitingItem }
  | { kind: 'wait'; until: number }
  | { kind: 'nothing' }

/** The sweep removes expired items (`queue.ts`). A lane with nothing else is looked at again after this time. */
const EXPIRED_FOR_MS = 30_000

/**
 * The next item to send: the oldest that has not expired. After failures in a row the items take turns, so
 * that an item that its provider never accepts does not block the others. While the first attempt of one item
 * is in progress, none is sent: a device gets one at a time.
 *
 * @param items in the order of their positions
 * @param attempts failures in a row
 */
export function nextItem(items: readonly WaitingItem[], attempts: number, now: number): NextItem {
  if (items.length === 0) return { kind: 'nothing' }
  const taken = items.find(({ takenUntil }) => takenUntil !== null && takenUntil > now)
  if (taken !== undefined) return { kind: 'wait', until: taken.takenUntil ?? now }
  const sendable = items.filter(({ expiresAt }) => expiresAt > now)
  const item = sendable[attempts % sendable.length]
  return item === undefined ? { kind: 'wait', until: now + EXPIRED_FOR_MS } : { kind: 'item', item }
}
