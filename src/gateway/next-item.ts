/** An item of a lane, as far as it decides what is next. Times are milliseconds since the Unix epoch. */
export type WaitingItem = { position: number; expiresAt: number; takenUntil: number | null }

/** `item`: send this one. `wait`: none before then. `nothing`: there is none. */
export type NextItem =
  | { kind: 'item'; item: WaitingItem }
  | { kind: 'wait'; until: number }
  | { kind: 'nothing' }

/** What has expired is removed by the sweep (`queue.ts`); until then a lane looks again so seldom. */
const EXPIRED_FOR_MS = 30_000

/**
 * What of a lane is sent next: the oldest that has not expired, or, after failures in a row, each in turn, so that an item that its provider
 * never takes does not keep the others waiting. While the first attempt of one of them is under way, none is sent: a device gets one at a time.
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
