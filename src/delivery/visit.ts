import { createBatcher } from '../lib/batcher.ts'
import { type Attempt, attemptPoke, pastHead, tellOf } from './attempt.ts'
import { type Collapse, isCarriedOut, passedOver, planCollapse } from './collapse.ts'
import type { DeliveryDeps } from './deps.ts'
import { createDeviceRules } from './device-rules.ts'
import { createEventCache } from './event-cache.ts'
import { nextPoke, type NextStep } from './next-poke.ts'
import { AT_START } from './outbox-store.ts'
import { type HeadRow, headsOf, type HeadWanted } from './pusher-state-store.ts'
import type { Recorder } from './recorder.ts'
import type { NotedStep, PusherStep } from '../trace/trace.ts'

/** What a visit asks of the loop that it runs in. */
export type VisitDeps = DeliveryDeps & {
  owner: string
  recorder: Recorder
  isStopping(): boolean
  /** Is anybody waiting for a place? */
  othersWait(): boolean
  /** What woke the pusher until now is about to be seen. */
  forgetWakes(pusherId: number): void
  /** It has more to send, and gives way to others first. */
  comeBack(pusherId: number): void
  /** Something is due at that time. */
  riseBy(at: number): void
}

/** So many pokes in a row for one pusher while others wait. */
const FAIR_SHARE = 16

/** At a stop it is left as it is; what is held stays so. */
function giveBack({ held_until: until }: HeadRow): NextStep {
  return until === null
    ? { kind: 'rest', badgeKnown: false }
    : { kind: 'hold', until, lookAt: until, badgeKnown: false }
}

/**
 * Makes the function that sends for a leased pusher, one poke at a time, until nothing is left, it fails, or it is somebody
 * else's turn.
 */
export function createVisit(deps: VisitDeps): (pusherId: number, origin: string) => Promise<void> {
  const { db, events, owner, recorder } = deps
  const caches = {
    eventAt: createEventCache(deps.loadPokedEvents, db),
    deviceRulesOf: createDeviceRules((userId) => deps.rulesOf(db, userId), deps.ruleSettings),
  }
  const headOf = createBatcher(async (items: readonly HeadWanted[]) => {
    const found = await headsOf(db, owner, items)
    return items.map((item) => found.get(item.pusherId))
  })

  const nextStep = (head: HeadRow): Promise<NextStep> =>
    nextPoke({ ...deps, ...caches, q: db, now: deps.clock.now() }, head)

  async function judge(pusherId: number, position: number): Promise<NextStep | undefined> {
    const beyond = { ordinary: position - 1, urgent: Number.MAX_SAFE_INTEGER }
    const head = await headOf({ pusherId, done: beyond })
    return head && nextStep(head)
  }

  function carriedOut(plan: Collapse | undefined, { outcome }: Attempt, head: HeadRow): Collapse | null {
    const since = { failingSince: head.failing_since, now: deps.clock.now() }
    return plan !== undefined && isCarriedOut(plan, outcome, since) ? plan : null
  }

  return async (pusherId, origin) => {
    let done = AT_START
    /** The positions of events that need no poke any more, since the last recording. */
    let passed: number[] = []
    let plan: Collapse | undefined
    let isPlanned = false
    /** What became of events since the last recording. */
    let noted: PusherStep[] = []
    for (let turns = 1; ; turns++) {
      const head = await headOf({ pusherId, done: passedOver(done, plan) })
      if (!head) return
      if (head.failing_since !== null && head.activated === 1 && !isPlanned && !deps.isStopping()) {
        isPlanned = true
        plan = await planCollapse(db, pusherId, (position) => judge(pusherId, position))
        if (plan !== undefined) continue
      }
      const step = deps.isStopping() ? giveBack(head) : await nextStep(head)
      if (step.kind === 'skip') {
        if (plan !== undefined && head.urgent_head === null) {
          // What the plan kept has just been read, and what it stands for may be told after all.
          isPlanned = false
          plan = undefined
          continue
        }
        events.pokeSkipped({ pusherId, reason: step.reason })
        noted.push(...notedOf(head, { step: 'skipped', reason: step.reason }))
        if (head.head !== null) passed.push(head.head)
        done = pastHead(head, done)
        continue
      }
      if (step.kind === 'hold' && step.until !== head.held_until) {
        events.pokeHeld({ pusherId, until: step.until })
        noted.push(...notedOf(head, { step: 'held', reason: 'active elsewhere' }))
      }
      const attempt = await attemptPoke(deps, head, step, passed)
      await recorder.learn(origin, attempt)
      const givesWay = turns % FAIR_SHARE === 0 && deps.othersWait()
      const collapsed = carriedOut(plan, attempt, head)
      const outcome = {
        ...attempt.outcome,
        collapsed,
        steps: [...noted, ...attempt.outcome.steps],
        release: givesWay || deps.isStopping(),
      }
      // A wake-up from before this was for rows that the recording will see. Of what is held it lets nothing go, a call neither.
      if (outcome.kind !== 'held') deps.forgetWakes(pusherId)
      const turn = await recorder.record(outcome)
      tellOf(events, attempt, turn)
      for (const [reason, count] of collapsed?.skipped ?? []) events.pokeSkipped({ pusherId, reason, count })
      if (outcome.nextAttemptAt !== null) deps.riseBy(outcome.nextAttemptAt)
      if (givesWay && turn === 'released') deps.comeBack(pusherId)
      if (turn !== 'kept') return
      done = AT_START
      passed = []
      plan = undefined
      noted = []
    }
  }
}

function notedOf(head: HeadRow, what: NotedStep): PusherStep[] {
  return head.head === null ? [] : [{ pusherId: head.pusher_id, position: head.head, ...what }]
}
