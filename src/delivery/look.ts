import { createBatcher } from '../lib/batcher.ts'
import { AT_START, type Progress } from '../sending/item-store.ts'
import { stateOf } from '../sending/lane-store.ts'
import type { Looked, Visit } from '../sending/port.ts'
import type { UnattemptedStep, PusherStep } from '../trace/trace.ts'
import type { SkipReason } from '../trace/vocabulary.ts'
import { passedOver, planCollapse } from './collapse.ts'
import type { Collapse } from './collapse-store.ts'
import type { DeliveryDeps } from './deps.ts'
import { createDeviceRules } from './device-rules.ts'
import { createEventCache } from './event-cache.ts'
import { type HeadRow, headsOf, type HeadWanted, pastHead } from './head-store.ts'
import { nextPoke, type NextStep } from './next-poke.ts'

/** The next poke of a pusher. */
export type PokeLook = Looked & {
  head: HeadRow
  /** Absent: nothing is sent. */
  next: SendableStep | undefined
  /** Journey steps of events that are not sent now. */
  noted: readonly PusherStep[]
  /** The reduction of the backlog that is carried out with the next successful poke. */
  plan: Collapse | undefined
}

export type SendableStep = Extract<NextStep, { kind: 'send' | 'activate' }>

/** The progress of one look. */
type Looking = {
  readonly visit: Visit
  done: Progress
  /** The positions of events that no longer need a poke. */
  readonly passed: number[]
  readonly noted: PusherStep[]
  plan: Collapse | undefined
  /** The backlog was checked: once in a visit, and again if the plan was discarded. */
  isPlanned: boolean
  /** An event was skipped whose poke would have contained the badge. */
  badgeMissed: boolean
}

type Tools = {
  readonly headOf: (wanted: HeadWanted & { owner: string }) => Promise<HeadRow | undefined>
  readonly nextStep: (head: HeadRow, badgeMissed: boolean) => Promise<NextStep>
}

/**
 * Creates the function that finds the next poke of a leased pusher. It skips events that no longer need a poke, and plans the
 * reduction of a backlog. Concurrent looks share one query.
 */
export function createLook(deps: DeliveryDeps): (visit: Visit) => Promise<PokeLook | undefined> {
  const { db } = deps
  const caches = {
    eventAt: createEventCache(deps.loadPokedEvents, db, deps.recentEvents),
    deviceRulesOf: createDeviceRules((userId) => deps.rulesOf(db, userId), deps.ruleSettings),
  }
  // All items come from one worker, so they have the same owner.
  const headOf = createBatcher(async (items: readonly (HeadWanted & { owner: string })[]) => {
    const found = await headsOf(deps, items[0]?.owner ?? '', items)
    return items.map((item) => found.get(item.pusherId))
  })
  const nextStep = (head: HeadRow, badgeMissed: boolean) =>
    nextPoke({ ...deps, ...caches, q: db, now: deps.clock.now() }, head, badgeMissed)
  return (visit) => look(deps, { headOf, nextStep }, visit)
}

async function look(deps: DeliveryDeps, tools: Tools, visit: Visit): Promise<PokeLook | undefined> {
  const { laneId: pusherId, owner, turn } = visit
  const looking: Looking = {
    visit,
    done: visit.after ?? AT_START,
    passed: [],
    noted: [],
    plan: undefined,
    isPlanned: turn > 1,
    badgeMissed: false,
  }
  for (;;) {
    const head = await tools.headOf({ pusherId, owner, done: passedOver(looking.done, looking.plan) })
    if (!head) return undefined
    if (mayCollapse(looking, head)) {
      looking.isPlanned = true
      looking.plan = await planCollapse(deps.db, pusherId, (position) => judge(tools, visit, position))
      if (looking.plan !== undefined) continue
    }
    const next = visit.isStopping() ? undefined : await tools.nextStep(head, looking.badgeMissed)
    if (next?.kind !== 'skip') return found(looking, { head, next })
    skip(looking, { head, reason: next.reason })
  }
}

const mayCollapse = ({ isPlanned, visit }: Looking, head: HeadRow) =>
  head.failing_since !== null && head.activated === 1 && !isPlanned && !visit.isStopping()

async function judge(
  { headOf, nextStep }: Tools,
  { laneId: pusherId, owner }: Visit,
  position: number,
): Promise<NextStep | undefined> {
  const beyond = { ordinary: position - 1, urgent: Number.MAX_SAFE_INTEGER }
  const head = await headOf({ pusherId, owner, done: beyond })
  return head && nextStep(head, false)
}

function skip(looking: Looking, { head, reason }: { head: HeadRow; reason: SkipReason }): void {
  if (looking.plan !== undefined && head.urgent_head === null) {
    // A kept event no longer needs a poke, so a removed event of its room may need one.
    looking.isPlanned = false
    looking.plan = undefined
    return
  }
  looking.noted.push(...notedOf(head, { step: 'skipped', reason }))
  if (head.head !== null) looking.passed.push(head.head)
  if (!isByDeviceRule(reason)) looking.badgeMissed = true
  looking.done = pastHead(head, looking.done)
}

/** A device rule suppresses the whole poke. The badge is then sent with the next change, and not for this event. */
const isByDeviceRule = (reason: SkipReason) =>
  reason === 'suppressed by a device rule' || reason === 'in the app only' || reason === 'does not notify'

type Found = { head: HeadRow; next: Exclude<NextStep, { kind: 'skip' }> | undefined }

function found(looking: Looking, { head, next }: Found): PokeLook {
  const { passed, noted, plan, badgeMissed } = looking
  if (next?.kind === 'hold' && next.until !== head.held_until)
    noted.push(...notedOf(head, { step: 'held', reason: 'active elsewhere' }))
  const isSent = next?.kind === 'send' || next?.kind === 'activate'
  return {
    state: stateOf(head),
    destination: head.destination,
    value: {
      due: head.value_due,
      isKnown: next !== undefined && 'badgeKnown' in next && next.badgeKnown,
      isMissed: badgeMissed,
    },
    passed,
    step: stepOf(head, next),
    ...(isIndependent(looking, { head, next }) && { ahead: pastHead(head, looking.done) }),
    head,
    next: isSent ? next : undefined,
    noted,
    plan,
  }
}

/** Whether the next item can be looked up while this one is sent. The state of the pusher and the badge then do not depend on the result. */
function isIndependent({ plan, badgeMissed }: Looking, { head, next }: Found): boolean {
  const isEvent = next?.kind === 'send' && next.about === 'event'
  const isUndisturbed = head.failing_since === null && head.value_due === 0 && head.hold_ms === 0
  return isEvent && head.next !== null && isUndisturbed && plan === undefined && !badgeMissed
}

/** The step as the engine expects it. A badge can be sent while the event at the head is held. */
function stepOf(head: HeadRow, next: Found['next']): Looked['step'] {
  switch (next?.kind) {
    // During a stop nothing changes. A held lane stays held.
    case undefined:
      return { kind: 'given back' }
    case 'activate':
      return { kind: 'send', positions: [], value: null }
    case 'send': {
      const positions = next.about === 'event' && head.head !== null ? [head.head] : []
      return { kind: 'send', positions, value: next.badge }
    }
    case 'hold':
      return { kind: 'held', until: next.until, lookAt: next.lookAt }
    case 'rest':
      return { kind: 'nothing due', ...(next.until !== undefined && { until: next.until }) }
  }
}

function notedOf(head: HeadRow, what: UnattemptedStep): PusherStep[] {
  return head.head === null ? [] : [{ pusherId: head.pusher_id, position: head.head, ...what }]
}
