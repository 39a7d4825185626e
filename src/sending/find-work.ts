import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { createWorkTimer } from '../lib/work-timer.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import type { LaneKind } from '../storage/sending-schema.ts'
import { type LanePage, lanesDue, lanesWithWork } from './lane-store.ts'

const SWEEP_EVERY_MS = 30_000
/** Where another process can end without a word. */
const SHARED_SWEEP_EVERY_MS = 5_000
/** The page size of a sweep. */
const PAGE = 1000
const PAGE_EVERY_MS = 100
/** The most lanes of other processes that are remembered between two sweeps. */
const MAX_LEFT = 10_000

export type WorkFinder = {
  findUntil(stop: AbortSignal): Promise<void>
  /** A lane is due at this time, possibly earlier than all known ones. */
  riseBy(at: number): void
  /** Looks for all lanes with work, because wake-ups may be lost. */
  sweepNow(): void
}

/** Finds a page of lanes with due items and without a valid lease of another owner. */
export type FindLanes = (q: Queries, page: LanePage) => Promise<number[]>

export type WorkFinderDeps = {
  db: Database
  clock: Clock
  log: Log
  kind: LaneKind
  /** The holder of the leases of this process. */
  owner: string
  /** Default: 30 s, and 5 s if several processes can share the database. */
  sweepEveryMs?: number | undefined
  /** Default: all lanes with items. */
  findLanes?: FindLanes | undefined
  /**
   * Whether this process sends for the lane. Lanes of others are woken too if their owners leave them for two
   * sweeps.
   */
  isOurs: (laneId: number) => boolean
  /** As `LaneCircuits`. */
  takes?: ((destination: string) => boolean | undefined) | undefined
}

/** Finds lanes whose wake-up was lost, and lanes whose next attempt is due. */
export function createWorkFinder(
  { db, clock, log, kind, owner, isOurs, takes, findLanes = lanesWithWork, ...given }: WorkFinderDeps,
  wake: (laneIds: readonly number[]) => void,
): WorkFinder {
  const sweepEveryMs = given.sweepEveryMs ?? (db.isServedAlone ? SWEEP_EVERY_MS : SHARED_SWEEP_EVERY_MS)
  const timer = createWorkTimer(clock)
  let sweepAt = clock.now()
  /** The lanes of other processes that the last sweep found. */
  let left: ReadonlySet<number> = new Set()

  async function sweep(stop: AbortSignal): Promise<void> {
    let after = 0
    let found: number[]
    const others = new Set<number>()
    do {
      found = await findLanes(db, { kind, owner, after, limit: PAGE, now: clock.now() })
      wake(found.filter((laneId) => isOurs(laneId) || left.has(laneId)))
      if (others.size < MAX_LEFT) for (const laneId of found) if (!isOurs(laneId)) others.add(laneId)
      after = found.at(-1) ?? after
    } while (found.length === PAGE && !stop.aborted)
    left = others
  }

  /** Resolves to the time of the next search. */
  async function look(): Promise<number> {
    const { due, nextAt } = await lanesDue(db, { kind, now: clock.now(), limit: PAGE })
    // Lanes of others would hide our own ones in a full page.
    const isTaken = (laneId: number) => due.length === PAGE || isOurs(laneId)
    const taken = due.filter(({ laneId, destination }) => takes?.(destination) ?? isTaken(laneId))
    wake(taken.map(({ laneId }) => laneId))
    const next = due.length === PAGE ? clock.now() + PAGE_EVERY_MS : (nextAt ?? Infinity)
    return Math.min(sweepAt, next)
  }

  return {
    async findUntil(stop) {
      while (!stop.aborted) {
        // From here on, a recorded failure shortens the next sleep if its retry is due earlier.
        const round = timer.startRound()
        let until: number
        // The clock may have been set back.
        if (sweepAt - clock.now() > sweepEveryMs) sweepAt = clock.now()
        try {
          if (clock.now() >= sweepAt) {
            sweepAt = clock.now() + sweepEveryMs
            await sweep(stop)
          }
          until = await look()
        } catch (error) {
          log.error({ err: error, kind }, 'looking for work failed')
          until = sweepAt
        }
        await round.sleepUntil(Math.min(until, clock.now() + sweepEveryMs), stop)
      }
    },
    riseBy: (at) => timer.wakeBy(at),
    sweepNow() {
      sweepAt = clock.now()
      timer.wakeBy(sweepAt)
    },
  }
}
