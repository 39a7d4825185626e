import { createBatcher } from '../lib/batcher.ts'
import type { Transaction } from '../storage/database.ts'
import { type Attempt, NOTHING_DONE } from './attempt.ts'
import type { DeliveryDeps } from './deps.ts'
import { advanceRetries, giveBack, type GivenBack } from './hold-store.ts'
import { AS_OFTEN_AS_NEEDED, type Leases } from './leases.ts'
import { clearDone, isUnchanged, type Outcome, recordOutcomes, type Turn } from './outcome-store.ts'
import type { Lease } from './pusher-state-store.ts'
import type { Circuits } from '../sending/circuits.ts'
import type { Pass } from '../sending/line.ts'
import type { PusherStep, Trace } from '../trace/trace.ts'
import { evidenceOf } from './send-poke.ts'

export type RecorderDeps = Pick<DeliveryDeps, 'db' | 'events' | 'removePusher' | 'trace'> & {
  leases: Leases
  circuits: Circuits
  /** Something is due at that time. */
  riseBy(at: number): void
}

export type Recorder = ReturnType<typeof createRecorder>

/** Writes down what became of turns: those that end at one time in one transaction. */
export function createRecorder(deps: RecorderDeps) {
  const { db, leases } = deps
  /** Nothing may be written any more: the stop did not wait for what is still in flight. */
  let isAbandoned = false

  async function recordAll(outcomes: readonly Outcome[]): Promise<readonly Turn[]> {
    if (isAbandoned) return outcomes.map(() => 'gone')
    const lease = leases.lease()
    return db.transaction(async (tx) => {
      const settled: Outcome[] = []
      for (const outcome of outcomes) settled.push(await doubtRejection(tx, lease, outcome))
      await traceOutcomes(tx, { trace: deps.trace, now: lease.now }, settled)
      await removeRejected(tx, deps, settled)
      return recordOutcomes(tx, lease, settled)
    }, AS_OFTEN_AS_NEEDED)
  }

  async function giveAllBack(pushers: readonly GivenBack[]): Promise<undefined[]> {
    const lease = leases.lease()
    if (!isAbandoned)
      await db.transaction(async (tx) => {
        await giveBack(tx, lease, pushers)
        const pusherIds = pushers.filter(({ resting }) => resting !== undefined).map((one) => one.pusherId)
        await deps.trace.recordHeld(tx, lease.now, { pusherIds, reason: 'circuit open' })
      })
    return pushers.map(() => undefined)
  }

  return {
    record: createBatcher(recordAll),
    /** Ends the lease of a pusher that may not send now. */
    giveBack: createBatcher(giveAllBack),

    /** Tells the circuit of the gateway about an answer, and lets the lanes continue that its pause has held. */
    async learn(pass: Pass, { outcome, sent }: Attempt): Promise<void> {
      if (sent === undefined) return
      const { result } = sent
      const { news, pausedUntil, released } = deps.circuits.report(pass, {
        evidence: evidenceOf(result),
        reason: result.kind === 'sent' ? 'ok' : result.error,
        ...(result.kind === 'retry' && { retryAfterMs: result.retryAfterMs }),
      })
      if (pausedUntil !== undefined && outcome.nextAttemptAt !== null)
        outcome.nextAttemptAt = Math.max(outcome.nextAttemptAt, pausedUntil)
      if (news === 'broken' && outcome.error !== null) deps.events.gatewayDown({ error: outcome.error })
      if (news !== 'back') return
      deps.events.gatewayBack({ held: released.length })
      if (released.length === 0 || isAbandoned) return
      await db.transaction((tx) =>
        advanceRetries(
          tx,
          released.map(({ laneId, at }) => ({ pusherId: laneId, at })),
        ),
      )
      deps.riseBy(released.reduce((first, { at }) => Math.min(first, at), Infinity))
    },

    isAbandoned: () => isAbandoned,
    /** From here on nothing is written. */
    abandon(): void {
      isAbandoned = true
    },
  }
}

/** A pusher that was set anew during the exchange stays: it is told once more, and may be rejected once more. */
async function doubtRejection(tx: Transaction, { owner }: Lease, outcome: Outcome): Promise<Outcome> {
  if (outcome.kind !== 'rejected') return outcome
  const { pusherId, setAt, steps } = outcome
  if (await isUnchanged(tx, { pusherId, setAt, owner })) return outcome
  return { ...outcome, ...NOTHING_DONE, steps: steps.map(tooLate) }
}

const tooLate = (step: PusherStep): PusherStep =>
  step.step === 'rejected' ? { ...step, step: 'rejected too late' } : step

/** What they were told of does not wait any more; what else does goes with them. */
async function removeRejected(
  tx: Transaction,
  { removePusher }: Pick<RecorderDeps, 'removePusher'>,
  outcomes: readonly Outcome[],
): Promise<void> {
  const rejected = outcomes.filter(({ kind }) => kind === 'rejected')
  await clearDone(tx, rejected)
  for (const { pusherId } of rejected) await removePusher(tx, pusherId)
}

/** While what goes is still in the outbox. */
async function traceOutcomes(
  tx: Transaction,
  { trace, now }: { trace: Trace; now: number },
  outcomes: readonly Outcome[],
): Promise<void> {
  const collapsed = outcomes.flatMap(({ pusherId, collapsed: plan }) => (plan ? [{ pusherId, ...plan }] : []))
  await trace.recordCollapsed(tx, now, collapsed)
  await trace.recordSteps(
    tx,
    now,
    outcomes.flatMap(({ steps }) => steps),
  )
}
