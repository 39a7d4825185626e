import type { Clock } from '../lib/clock.ts'
import type { LanePort, Looked, Visit } from './port.ts'
import type { SendResult } from './result.ts'

/** How long steps that were read ahead are used. Their facts may have changed since. */
const USABLE_MS = 100

/** The maximum number of steps that are read together: with the two steps before them, the fair share of a lane. */
const MAX_STEPS = 14

/** The steps of one visit that are read while an earlier step is sent. */
export type LookAhead<Look extends Looked> = {
  /**
   * The next step, if it was read, sends an item to `destination`, and is recent. Otherwise the lane must be
   * read again.
   */
  take(destination: string): Promise<Look | undefined>
  /** Reads the steps after `look`, unless others are left. The number depends on the duration of the turns before. */
  readAfter(look: Look, visit: Visit): void
  /** A result has changed the state that was read. */
  discard(): void
}

type Reading<Look> = { looks: Promise<readonly Look[]>; since: number; used: number }

export function createLookAhead<Look extends Looked, Result extends SendResult>(
  port: Pick<LanePort<Look, Result>, 'lookAhead'>,
  clock: Clock,
): LookAhead<Look> {
  let reading: Reading<Look> | undefined
  let turnBegan: number | undefined
  /** Steps that would be used too late are not read. */
  let limit = 1

  function noteTurn(now: number): void {
    if (turnBegan !== undefined) {
      const ms = Math.max(1, now - turnBegan)
      limit = Math.min(MAX_STEPS, Math.max(1, Math.floor(USABLE_MS / ms)))
    }
    turnBegan = now
  }

  return {
    async take(destination) {
      noteTurn(clock.now())
      const of = reading
      if (of === undefined) return undefined
      reading = undefined
      const looks = await of.looks
      const look = looks[of.used++]
      const age = clock.now() - of.since
      if (look?.step.kind !== 'send' || look.step.positions.length === 0) return undefined
      if (age < 0 || age > USABLE_MS || (look.destination ?? destination) !== destination) return undefined
      if (of.used < looks.length) reading = of
      return look
    },
    readAfter(look, visit) {
      if (reading !== undefined) return
      const looks = port.lookAhead?.(look, visit, limit)?.catch(() => [])
      if (looks !== undefined) reading = { looks, since: clock.now(), used: 0 }
    },
    discard() {
      reading = undefined
    },
  }
}
