import { setTimeout } from 'node:timers/promises'
import { createBatcher } from '../lib/batcher.ts'
import type { Random } from '../lib/ids.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { removeItems } from './item-store.ts'
import { existingLanes, lockAnyFreeLanes, lockFreeLanes } from './lane-changes.ts'
import { type Lease, UNCERTAIN_VALUE, unchanged } from './lane-store.ts'
import type { LanePort, Looked, Settled } from './port.ts'
import type { SendResult } from './result.ts'
import { type LaneOutcome, settleLanes, type Turn } from './settle-store.ts'
import { type LaneEvent, transition } from './transition.ts'

/** A finished turn of a lane that is to be recorded. */
export type Ended<Look extends Looked, Result extends SendResult> = Omit<
  Settled<Look, Result>,
  'state' | 'isTooLate'
> & {
  /** The circuit of the destination allows no attempt before this time. */
  notBefore?: number | undefined
  /** The lease ends even if there is more to send. */
  release: boolean
}

export type SettlerDeps = {
  db: Database
  random: Random
  /** A lease that begins now. */
  lease(): Lease
  /** The events that need a durable commit. Default: none. */
  isDurable?: (event: LaneEvent) => boolean
}

type Written<Look extends Looked, Result extends SendResult> = { settled: Settled<Look, Result>; turn: Turn }

/** A result with the additional values for `settleLanes`. */
type Entry<Look extends Looked, Result extends SendResult> = Ended<Look, Result> &
  Settled<Look, Result> & { waits: boolean }

type Settling<Look extends Looked, Result extends SendResult> = Ended<Look, Result> & {
  /** An earlier attempt to record it found its lane locked. */
  wasLocked: boolean
}

/** Another transaction has locked the lane, so nothing of its turn is recorded. */
const LOCKED = Symbol('the lane is locked')
/** The pause before the next attempt to record the turn of a locked lane, in milliseconds. It grows with each. */
const PAUSE_MS = { first: 10, most: 200 }

/**
 * Creates the function that records turns. Turns that end at the same time share one transaction. Those of
 * lanes that another transaction has locked are left out, and recorded later: a process that stops can hold a
 * lane for 10 s, and other lanes do not wait for it. The function resolves to the recorded turn, or to
 * undefined after `abandon`.
 */
export function createSettler<Look extends Looked, Result extends SendResult>(
  deps: SettlerDeps,
  port: Pick<LanePort<Look, Result>, 'record'>,
) {
  /** The stop did not wait for attempts in flight. */
  let isAbandoned = false

  async function settleAll(
    ended: readonly Settling<Look, Result>[],
  ): Promise<readonly (Written<Look, Result> | typeof LOCKED | undefined)[]> {
    if (isAbandoned) return ended.map(() => undefined)
    const lease = deps.lease()
    // Computed before the transaction, which can run again: the random back-off must be the same.
    const computed = ended.map((one) => computedOf(one, { now: lease.now, random: deps.random }))
    const durably = ended.some(({ event }) => deps.isDurable?.(event) === true)
    const laneIds = computed.map(({ lane }) => lane.laneId)
    // Another run of the transaction can follow from a locked lane.
    let maybeLocked = ended.some(({ wasLocked }) => wasLocked)
    const { entries, turns, locked } = await deps.db.transaction(
      async (tx) => {
        const locked = deps.db.dialect === 'postgres' ? await lockFirst(tx, { laneIds, maybeLocked }) : NONE
        maybeLocked = true
        const entries: Entry<Look, Result>[] = []
        for (const one of computed.filter(({ lane }) => !locked.has(lane.laneId)))
          entries.push(one.event.kind === 'rejected' ? await doubtRejection(tx, lease, one) : one)
        removeItems(tx, entries.flatMap(doneItems))
        await port.record(tx, lease.now, entries)
        return { entries, turns: settleLanes(tx, lease, entries.map(outcomeOf)), locked }
      },
      { repeatable: true, durably },
    )
    const became = turns()
    const written = entries.map((settled, at) => ({ settled, turn: became[at] ?? 'gone' }))
    return laneIds.map((laneId) => (locked.has(laneId) ? LOCKED : written.shift()))
  }

  const settleOnce = createBatcher(settleAll)
  async function settle(ended: Ended<Look, Result>): Promise<Written<Look, Result> | undefined> {
    let written = await settleOnce({ ...ended, wasLocked: false })
    for (let pause = PAUSE_MS.first; written === LOCKED; pause = Math.min(PAUSE_MS.most, pause * 1.5)) {
      await setTimeout(pause)
      written = await settleOnce({ ...ended, wasLocked: true })
    }
    return written
  }

  return {
    settle,
    isAbandoned: () => isAbandoned,
    /** Prevents all later writes. */
    abandon(): void {
      isAbandoned = true
    },
  }
}

const NONE: ReadonlySet<number> = new Set()

/**
 * Comes first, because the transaction writes the items and the lanes with several statements. Resolves to the
 * lanes that another transaction has locked; one that was removed is not among them. With `maybeLocked` false
 * it needs no round trip, and the transaction fails, and runs again, if a lane is locked.
 */
async function lockFirst(
  tx: Transaction,
  { laneIds, maybeLocked }: { laneIds: readonly number[]; maybeLocked: boolean },
): Promise<ReadonlySet<number>> {
  if (!maybeLocked) {
    tx.write(lockFreeLanes, { laneIds })
    return NONE
  }
  const free = new Set((await tx.all(lockAnyFreeLanes, { laneIds })).map((row) => row.lane_id))
  const others = laneIds.filter((laneId) => !free.has(laneId))
  if (others.length === 0) return NONE
  return new Set((await tx.all(existingLanes, { laneIds: others })).map((row) => row.lane_id))
}

function computedOf<Look extends Looked, Result extends SendResult>(
  ended: Ended<Look, Result>,
  { now, random }: { now: number; random: Random },
): Entry<Look, Result> {
  // `settleLanes` compares the generations, and so detects a lane that was set again since the look.
  const { lane, look, event, notBefore } = ended
  const { state, next } = transition(look?.state ?? lane.state, event, { now, random, notBefore })
  return { ...ended, state, isTooLate: false, waits: next === 'release' }
}

/** A lane that was set again during the attempt stays: the same is sent again and can be rejected again. */
async function doubtRejection<Look extends Looked, Result extends SendResult>(
  tx: Transaction,
  { owner }: Lease,
  entry: Entry<Look, Result>,
): Promise<Entry<Look, Result>> {
  const { lane, look } = entry
  if (look === undefined) return entry
  const { generation } = look.state
  const isTooLate = (await tx.first(unchanged, { laneId: lane.laneId, generation, owner })) === undefined
  return { ...entry, isTooLate }
}

const hasResponse = ({ event, isTooLate }: Entry<Looked, SendResult>) =>
  event.kind === 'delivered' || event.kind === 'refused' || (event.kind === 'rejected' && !isTooLate)

function doneItems(entry: Entry<Looked, SendResult>): { laneId: number; position: number }[] {
  const { lane, look, isTooLate } = entry
  if (look === undefined || isTooLate) return []
  const { passed, step } = look
  const sent = step.kind === 'send' && hasResponse(entry) ? step.positions : []
  return [...passed, ...sent].map((position) => ({ laneId: lane.laneId, position }))
}

function outcomeOf(entry: Entry<Looked, SendResult>): LaneOutcome {
  const { lane, state, event, look, waits, release } = entry
  return {
    laneId: lane.laneId,
    state,
    responded: event.kind === 'delivered' || event.kind === 'refused',
    delivered: event.kind === 'delivered',
    onlyIfDue: event.kind === 'circuit paused',
    ...valueOf(entry, look),
    waits,
    release,
  }
}

/**
 * The value is due after the item that contained it was refused. An attempt without a known result may have arrived,
 * so the value of the recipient is uncertain after it.
 */
function valueOf(
  { event }: Entry<Looked, SendResult>,
  look: Looked | undefined,
): Pick<LaneOutcome, 'valueTold' | 'valueSeen' | 'raiseValue'> {
  if (look?.value === undefined) return { valueTold: null, valueSeen: null, raiseValue: false }
  const { step, value } = look
  const settled = { valueTold: null, valueSeen: value.due, raiseValue: false }
  const open = { valueTold: null, valueSeen: null, raiseValue: value.isMissed }
  if (step.kind !== 'send') return value.isKnown ? settled : open
  if (event.kind === 'delivered') return { ...settled, valueTold: step.value }
  if (event.kind === 'refused')
    return step.positions.length === 0
      ? settled
      : { ...open, raiseValue: value.isMissed || step.value !== null }
  const isUncertain = step.value !== null && (event.kind === 'retry' || event.kind === 'given back')
  return isUncertain ? { ...open, valueTold: UNCERTAIN_VALUE } : open
}
