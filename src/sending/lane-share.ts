import type { Bus } from '../cluster/bus.ts'
import type { ProcessShare } from '../cluster/process-share.ts'
import type { Log } from '../lib/log.ts'
import { type Database, StorageError } from '../storage/database.ts'
import type { KeptLeases } from './kept-leases.ts'
import { type Claimed, NOT_DURABLE_REPEATABLE, releaseLanes } from './lane-store.ts'

export type LaneShareDeps = {
  db: Database
  log: Log
  /** Of the leases of this process. */
  owner: string
  kept: KeptLeases
  share: ProcessShare | undefined
  wokenBy: { bus: Bus; topic: 'delivery' } | undefined
}

export type LaneShare = {
  /** Whether this process sends for a lane when it is woken: the lane belongs to it, or it keeps its lease. */
  has(laneId: number): boolean
  /** Calls `moved` after each change of the processes, and when what a dead one held has ended. */
  watch(moved: () => void): () => void
  /** Keeps the lease of a lane that has nothing left to send, or ends it if the lane has moved to another process. */
  keep(lane: Claimed, now: number): void
  /** Ends kept leases, so that another process does not have to wait for their end. */
  release(laneIds: readonly number[]): Promise<void>
}

/**
 * Divides lanes among the processes that send. The lease decides: a lane that two processes want costs one of
 * them a claim.
 */
export function createLaneShare({ db, log, owner, kept, share, wokenBy }: LaneShareDeps): LaneShare {
  /** Lanes whose kept leases are being released. `true`: woken meanwhile. */
  const leaving = new Map<number, boolean>()
  const owns = (laneId: number) => share === undefined || share.owns(`lane ${laneId}`)

  async function release(laneIds: readonly number[]): Promise<void> {
    if (laneIds.length === 0) return
    try {
      await db.transaction((tx) => releaseLanes(tx, { owner, laneIds }), {
        ...NOT_DURABLE_REPEATABLE,
        inOwnGroup: true,
      })
    } catch (error) {
      if (!(error instanceof StorageError)) log.error({ err: error }, 'releasing leases failed')
    }
  }

  async function giveUp(moved: readonly number[]): Promise<void> {
    for (const laneId of moved) leaving.set(laneId, false)
    await release(moved)
    // The new owner could not claim these.
    const missed = moved.filter((laneId) => leaving.get(laneId) === true)
    for (const laneId of moved) leaving.delete(laneId)
    if (missed.length > 0) wokenBy?.bus.publish(wokenBy.topic, missed)
  }

  return {
    has(laneId) {
      // Also if the lane belongs to this process again: its release could end the new lease. The wake-up is
      // repeated afterwards.
      const isLeaving = leaving.has(laneId)
      if (isLeaving) leaving.set(laneId, true)
      return !isLeaving && (owns(laneId) || kept.has(laneId))
    },
    watch: (moved) =>
      share?.onChange(() => {
        const lanes = kept.laneIds().filter((laneId) => !owns(laneId))
        for (const laneId of lanes) kept.take(laneId, 0)
        void giveUp(lanes)
        moved()
      }) ?? (() => undefined),
    keep(lane, now) {
      if (owns(lane.laneId)) kept.keep(lane, now)
      else void giveUp([lane.laneId])
    },
    release,
  }
}
