import type { RoomId } from '../../lib/ids.ts'

// When a mail is due. An event waits for as long as it may be read (`delayMs`), and then for its room: each further mail
// about a room is put off longer, until the room has been quiet.

const FIRST_WAIT_MS = 10 * 60_000
const FACTOR = 6
const LAST_WAIT_MS = 24 * 3_600_000
/** So long nothing of a room had to be told: what comes then is news again. */
const QUIET_MS = 12 * 3_600_000

/** A room of which something waits to be told. Times are milliseconds since the Unix epoch. */
export type WaitingRoom = { roomId: RoomId; oldestAt: number; newestAt: number }

export type Throttle = { toldAt: number; waitMs: number; lastEventAt: number }

export type Timing = { now: number; delayMs: number }

/** When a mail about the room alone would be due. What is of the future is from before the clock was set back, and has waited. */
export function readyAt(room: WaitingRoom, throttle: Throttle | undefined, { now, delayMs }: Timing): number {
  // The clocks of two machines may differ by a little.
  const ripe = room.oldestAt > now + delayMs ? now : room.oldestAt + delayMs
  if (throttle === undefined || throttle.toldAt > now || isQuiet(room, throttle)) return ripe
  return Math.max(ripe, throttle.toldAt + throttle.waitMs)
}

/**
 * The throttle of a room once a mail has told of it. A room that was not due itself, and was told of in a mail that went out
 * for others, keeps its wait: that mail cost nobody's attention.
 */
export function afterMail(room: WaitingRoom, throttle: Throttle | undefined, timing: Timing): Throttle {
  const told = { toldAt: timing.now, lastEventAt: room.newestAt }
  if (throttle === undefined || isQuiet(room, throttle)) return { ...told, waitMs: FIRST_WAIT_MS }
  const isOwnMail = readyAt(room, throttle, timing) <= timing.now
  return { ...told, waitMs: isOwnMail ? Math.min(throttle.waitMs * FACTOR, LAST_WAIT_MS) : throttle.waitMs }
}

const isQuiet = ({ oldestAt }: WaitingRoom, { lastEventAt }: Throttle) => oldestAt - lastEventAt >= QUIET_MS
