import { createBatcher } from '../lib/batcher.ts'
import { attemptPoke, pastHead, tellOf } from './attempt.ts'
import { isCarriedOut, passedOver, planCollapse } from './collapse.ts'
import type { Collapse } from './collapse-store.ts'
import type { DeliveryDeps } from './deps.ts'
import { createDeviceRules } from './device-rules.ts'
import { createEventCache } from './event-cache.ts'
import { nextPoke, type NextStep, type SkipReason } from './next-poke.ts'
import { AT_START, type Progress } from './outbox-store.ts'
import type { Turn } from './outcome-store.ts'
import { type HeadRow, headsOf, type HeadWanted } from './pusher-state-store.ts'
import type { Recorder } from './recorder.ts'
import type { Pass } from '../sending/line.ts'
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

/** What a visit has found out since what it did was recorded last, but for `isPlanned`. */
type Visit = {
  readonly pusherId: number
  readonly pass: Pass
  done: Progress
  /** The positions of events that need no poke any more. */
  passed: number[]
  /** What became of events. */
  noted: PusherStep[]
  plan: Collapse | undefined
  /** The backlog has been looked at: once in a visit, unless the plan falls. */
  isPlanned: boolean
}

type Tools = {
  readonly headOf: (wanted: HeadWanted) => Promise<HeadRow | undefined>
  readonly nextStep: (head: HeadRow) => Promise<NextStep>
}

/**
 * Makes the function that sends for a leased pusher, one poke at a time, until nothing is left, it fails, or it is somebody
 * else's turn.
 */
export function createVisit(deps: VisitDeps): (pusherId: number, pass: Pass) => Promise<void> {
  const { db, owner } = deps
  const caches = {
    eventAt: createEventCache(deps.loadPokedEvents, db),
    deviceRulesOf: createDeviceRules((userId) => deps.rulesOf(db, userId), deps.ruleSettings),
  }
  const headOf = createBatcher(async (items: readonly HeadWanted[]) => {
    const found = await headsOf(db, owner, items)
    return items.map((item) => found.get(item.pusherId))
  })
  const nextStep = (head: HeadRow) => nextPoke({ ...deps, ...caches, q: db, now: deps.clock.now() }, head)
  const tools: Tools = { headOf, nextStep }

  return async (pusherId, pass) => {
    const visit: Visit = { pusherId, pass, ...nothingSince(), isPlanned: false }
    for (let turns = 1; ; turns++) {
      const head = await headOf({ pusherId, done: passedOver(visit.done, visit.plan) })
      if (!head) return
      if (mayCollapse(deps, visit, head)) {
        visit.isPlanned = true
        visit.plan = await planCollapse(db, pusherId, (position) => judge(tools, pusherId, position))
        if (visit.plan !== undefined) continue
      }
      const step = deps.isStopping() ? giveBack(head) : await nextStep(head)
      if (step.kind === 'skip') {
        skip(deps, visit, { head, reason: step.reason })
        continue
      }
      const turn = await attempt(deps, visit, { head, step, turns })
      if (turn !== 'kept') return
      Object.assign(visit, nothingSince())
    }
  }
}

const nothingSince = () => ({ done: AT_START, passed: [], noted: [], plan: undefined })

const mayCollapse = (deps: VisitDeps, { isPlanned }: Visit, head: HeadRow) =>
  head.failing_since !== null && head.activated === 1 && !isPlanned && !deps.isStopping()

async function judge(
  { headOf, nextStep }: Tools,
  pusherId: number,
  position: number,
): Promise<NextStep | undefined> {
  const beyond = { ordinary: position - 1, urgent: Number.MAX_SAFE_INTEGER }
  const head = await headOf({ pusherId, done: beyond })
  return head && nextStep(head)
}

function skip(
  { events }: VisitDeps,
  visit: Visit,
  { head, reason }: { head: HeadRow; reason: SkipReason },
): void {
  if (visit.plan !== undefined && head.urgent_head === null) {
    // What the plan kept has just been read, and what it stands for may be told after all.
    visit.isPlanned = false
    visit.plan = undefined
    return
  }
  events.pokeSkipped({ pusherId: visit.pusherId, reason })
  visit.noted.push(...notedOf(head, { step: 'skipped', reason }))
  if (head.head !== null) visit.passed.push(head.head)
  visit.done = pastHead(head, visit.done)
}

type Due = { head: HeadRow; step: Exclude<NextStep, { kind: 'skip' }>; turns: number }

/** Sends, if there is something to send, and has it recorded. */
async function attempt(deps: VisitDeps, visit: Visit, { head, step, turns }: Due): Promise<Turn> {
  const { events, recorder } = deps
  const { pusherId, plan, passed } = visit
  if (step.kind === 'hold' && step.until !== head.held_until) {
    events.pokeHeld({ pusherId, until: step.until })
    visit.noted.push(...notedOf(head, { step: 'held', reason: 'active elsewhere' }))
  }
  const attempted = await attemptPoke(deps, head, { step, passed })
  await recorder.learn(visit.pass, attempted)
  const givesWay = turns % FAIR_SHARE === 0 && deps.othersWait()
  const since = { failingSince: head.failing_since, now: deps.clock.now() }
  const collapsed = plan !== undefined && isCarriedOut(plan, attempted.outcome, since) ? plan : null
  const outcome = {
    ...attempted.outcome,
    collapsed,
    steps: [...visit.noted, ...attempted.outcome.steps],
    release: givesWay || deps.isStopping(),
  }
  // A wake-up from before this was for rows that the recording will see. Of what is held it lets nothing go, a call neither.
  if (outcome.kind !== 'held') deps.forgetWakes(pusherId)
  const turn = await recorder.record(outcome)
  tellOf(events, attempted, turn)
  for (const [reason, count] of collapsed?.skipped ?? []) events.pokeSkipped({ pusherId, reason, count })
  if (outcome.nextAttemptAt !== null) deps.riseBy(outcome.nextAttemptAt)
  if (givesWay && turn === 'released') deps.comeBack(pusherId)
  return turn
}

function notedOf(head: HeadRow, what: NotedStep): PusherStep[] {
  return head.head === null ? [] : [{ pusherId: head.pusher_id, position: head.head, ...what }]
}
