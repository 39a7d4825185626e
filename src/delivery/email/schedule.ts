import type { RoomId } from '../../lib/ids.ts'

// When a mail is due. An event waits for `delayMs`, in which it can be read, and then for the throttle of its
// room: each further mail about a room has a longer wait, until the room has been quiet.

const FIRST_WAIT_MS = 10 * 60_000
const FACTOR = 6
const LAST_WAIT_MS = 24 * 3_600_000
/** After this time without an event to mail, the throttle of a room is reset. */
const QUIET_MS = 12 * 3_600_000

/** A room with events to mail. Times are milliseconds since the Unix epoch. */
export type WaitingRoom = { roomId: RoomId; oldestAt: number; newestAt: number }

export type Throttle = { toldAt: number; waitMs: number; lastEventAt: number }

export type Timing = { now: number; delayMs: number }

/**
 * When a mail about this room alone is due. An event in the future was stored before the clock was set back,
 * and counts as old.
 */
export function readyAt(room: WaitingRoom, throttle: Throttle | undefined, { now, delayMs }: Timing): number {
  // The clocks of two machines may differ a little.
  const ripe = room.oldestAt > now + delayMs ? now : room.oldestAt + delayMs
  if (throttle === undefined || throttle.toldAt > now || isQuiet(room, throttle)) return ripe
  return Math.max(ripe, throttle.toldAt + throttle.waitMs)
}

/**
 * The throttle of a room after a mail about it. A room that was not due itself, but was in the mail because
 * of others, keeps its wait, because it caused no additional mail.
 */
export function afterMail(room: WaitingRoom, throttle: Throttle | undefined, timing: Timing): Throttle {
  const mailed = { toldAt: timing.now, lastEventAt: room.newestAt }
  if (throttle === undefined || isQuiet(room, throttle)) return { ...mailed, waitMs: FIRST_WAIT_MS }
  const isOwnMail = readyAt(room, throttle, timing) <= timing.now
  return { ...mailed, waitMs: isOwnMail ? Math.min(throttle.waitMs * FACTOR, LAST_WAIT_MS) : throttle.waitMs }
}

const isQuiet = ({ oldestAt }: WaitingRoom, { lastEventAt }: Throttle) => oldestAt - lastEventAt >= QUIET_MS
