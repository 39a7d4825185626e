import { createBatcher } from '../lib/batcher.ts'
import { isCall } from '../lib/call-events.ts'
import { stateOf } from '../sending/lane-store.ts'
import type { LanePort, Looked, Visit } from '../sending/port.ts'
import type { SendResult } from '../sending/result.ts'
import type { UnattemptedStep, PusherStep } from '../trace/trace.ts'
import type { SkipReason } from '../trace/vocabulary.ts'
import { planCollapse, startOf } from './collapse.ts'
import type { Collapse } from './collapse-store.ts'
import type { DeliveryDeps } from './deps.ts'
import { createDeviceRules } from './device-rules.ts'
import { createEventCache } from './event-cache.ts'
import {
  type FollowingParams,
  type FollowingRow,
  type HeadRow,
  headsOf,
  type HeadWanted,
  type QueuedItem,
} from './head-store.ts'
import { nextPoke, type NextStep, type SkippedPoke } from './next-poke.ts'

/** The next poke of a pusher. */
export type PokeLook = Looked & {
  /** The settings and the state of the pusher. */
  head: HeadRow
  /** The position of the event; null: there is none. */
  position: number | null
  /** Absent: nothing is sent. */
  next: SendableStep | undefined
  /** Journey steps of events that are not sent now. */
  noted: readonly PusherStep[]
  /** The reduction of the backlog that is carried out with the next successful poke. */
  plan: Collapse | undefined
  /**
   * The items after this position can be looked up while this one is sent. Undefined: there is none, or it
   * depends on this step.
   */
  ahead: number | undefined
}

export type SendableStep = Extract<NextStep, { kind: 'send' | 'activate' }>

/** The progress of one look. */
type Looking = {
  readonly visit: Visit
  /** The positions of events that no longer need a poke. */
  readonly passed: number[]
  readonly noted: PusherStep[]
  plan: Collapse | undefined
  /** The backlog was checked: once in a look, and again if the plan was discarded. */
  isPlanned: boolean
  /** An event was skipped whose poke would have contained the badge. */
  badgeMissed: boolean
}

type Tools = {
  readonly headOf: (wanted: HeadWanted & { owner: string }) => Promise<HeadRow | undefined>
  readonly nextStep: (of: { head: HeadRow; item: QueuedItem; badgeMissed: boolean }) => Promise<NextStep>
  readonly followingOf: (wanted: FollowingWanted) => Promise<readonly FollowingRow[]>
}
type FollowingWanted = Omit<FollowingParams['items'][number], 'at'> & { owner: string }
type Looks = Pick<LanePort<PokeLook, SendResult>, 'look'> & {
  lookAhead(look: PokeLook, visit: Visit, limit: number): Promise<readonly PokeLook[]> | undefined
}

/**
 * Creates the functions that find the next pokes of a leased pusher. `look` skips events that no longer need
 * a poke, and plans the reduction of a backlog. Concurrent looks share one query.
 *
 * The events of a room become visible in the order of their positions, those of several rooms in any order
 * (they can be in several shards). So a position of the queue is no bound of what was seen before: a
 * statement that continues there could find an event and not an earlier one of its room. Therefore a look
 * takes all events from one statement, in which nothing precedes them but a head that was skipped, and then
 * it ends. The next look begins at the first item again.
 */
export function createLooks(deps: DeliveryDeps): Looks {
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
  const context = { ...deps, ...caches, q: db }
  const nextStep: Tools['nextStep'] = (of) => Promise.resolve(nextPoke(context, of))
  const followingOf = createBatcher(async (items: readonly FollowingWanted[]) => {
    const rows = await deps.readFollowing(db, {
      owner: items[0]?.owner ?? '',
      items: items.map(({ id, gen, after, take, calm }, at) => ({ at, id, gen, after, take, calm })),
    })
    const found = Map.groupBy(rows, ({ at }) => at)
    return items.map((_, at) => found.get(at) ?? [])
  })
  const tools = { headOf, nextStep, followingOf }
  return {
    look: (visit) => look(deps, tools, visit),
    lookAhead(found, visit, limit) {
      const { ahead: after } = found
      return after === undefined ? undefined : looksFollowing(tools, found, { visit, after, limit })
    },
  }
}

/** The looks at the items behind the head of `look`, up to the first one that is not sent or is a call. */
async function looksFollowing(
  { followingOf, nextStep }: Tools,
  { head, state }: PokeLook,
  { visit, after, limit }: { visit: Visit; after: number; limit: number },
): Promise<readonly PokeLook[]> {
  const of = { id: head.pusher_id, gen: state.generation, owner: visit.owner }
  const rows = await followingOf({ ...of, after, take: limit, calm: 1 })
  const steps = await Promise.all(rows.map((item) => nextStep({ head, item, badgeMissed: false })))
  const looks: PokeLook[] = []
  for (const [at, item] of rows.entries()) {
    const next = steps[at]
    // A call precedes all other items: the next look finds it.
    if (next?.kind !== 'send' || next.about !== 'event' || isCall(item.type ?? '')) break
    looks.push(found(lookingIn(visit), { head, item, next }))
  }
  return looks
}

const lookingIn = (visit: Visit): Looking => ({
  visit,
  passed: [],
  noted: [],
  plan: undefined,
  isPlanned: false,
  badgeMissed: false,
})

async function look(deps: DeliveryDeps, tools: Tools, visit: Visit): Promise<PokeLook | undefined> {
  const { laneId: pusherId, owner } = visit
  const looking = lookingIn(visit)
  for (;;) {
    const { plan } = looking
    const head = await tools.headOf({ pusherId, owner, done: startOf(plan) })
    if (!head) return undefined
    const isOrdinary = head.urgent_head === null
    const isKept = plan === undefined || !isOrdinary || head.position === (plan.keep[0] ?? null)
    if (!isKept) {
      // Behind the plan: the items before it are to be seen first.
      if (plan.keep.length === 0) return found(looking, { head, item: head, next: AGAIN })
      discardPlan(looking)
      continue
    }
    const next = visit.isStopping()
      ? undefined
      : await tools.nextStep({ head, item: head, badgeMissed: looking.badgeMissed })
    const isCallSkipped = !isOrdinary && next?.kind === 'skip'
    if (!isCallSkipped && mayCollapse(looking, head)) {
      looking.isPlanned = true
      looking.plan = await planCollapse(deps.db, pusherId, (position) => judge(tools, visit, position))
      if (looking.plan !== undefined) continue
    }
    if (next?.kind !== 'skip') return found(looking, { head, item: head, next })
    if (plan !== undefined && isOrdinary) {
      // A kept event no longer needs a poke, so a removed event of its room may need one.
      discardPlan(looking)
      continue
    }
    skip(looking, { head, item: head }, next)
    return isOrdinary ? lookBehind(tools, looking, head) : found(looking, { head, item: head, next: AGAIN })
  }
}

/** The maximum number of events that are judged behind a skipped head. */
const JUDGED_BEHIND = 14

/** The look at the items behind a skipped head. */
async function lookBehind(
  { followingOf, nextStep }: Tools,
  looking: Looking,
  head: HeadRow,
): Promise<PokeLook> {
  const { visit } = looking
  const of = {
    id: head.pusher_id,
    gen: head.generation,
    owner: visit.owner,
    after: head.ordinary_head ?? 0,
  }
  const rows = head.next === null ? [] : await followingOf({ ...of, take: JUDGED_BEHIND, calm: 0 })
  const nextOf = (item: QueuedItem) => nextStep({ head, item, badgeMissed: looking.badgeMissed })
  for (const item of rows) {
    // A call precedes all other items: the next look finds it.
    if (isCall(item.type ?? '')) return found(looking, { head, item, next: AGAIN })
    const next = visit.isStopping() ? undefined : await nextOf(item)
    if (next?.kind !== 'skip') return found(looking, { head, item, next })
    skip(looking, { head, item }, next)
  }
  // Without rows although something follows, an item precedes the head now, or the pusher was set again.
  const isEnd = head.next === null || (rows.length > 0 && rows.length < JUDGED_BEHIND)
  const none = { ...head, position: null }
  if (!isEnd) return found(looking, { head, item: none, next: AGAIN })
  const next = visit.isStopping() ? undefined : await nextOf(none)
  return found(looking, { head, item: none, next: next?.kind === 'skip' ? AGAIN : next })
}

const mayCollapse = ({ isPlanned, visit }: Looking, head: HeadRow) =>
  head.failing_since !== null && head.activated === 1 && !isPlanned && !visit.isStopping()

function discardPlan(looking: Looking): void {
  looking.isPlanned = false
  looking.plan = undefined
}

async function judge(
  { headOf, nextStep }: Tools,
  { laneId: pusherId, owner }: Visit,
  position: number,
): Promise<NextStep | undefined> {
  const beyond = { ordinary: position - 1, urgent: Number.MAX_SAFE_INTEGER }
  const head = await headOf({ pusherId, owner, done: beyond })
  return head && nextStep({ head, item: head, badgeMissed: false })
}

type Item = { head: HeadRow; item: QueuedItem }

function skip(looking: Looking, of: Item, { reason, rule }: SkippedPoke): void {
  looking.noted.push(...notedOf(of, { step: 'skipped', reason, rule }))
  if (of.item.position !== null) looking.passed.push(of.item.position)
  if (!isByDeviceRule(reason)) looking.badgeMissed = true
}

/** A device rule suppresses the whole poke. The badge is then sent with the next change, and not for this event. */
const isByDeviceRule = (reason: SkipReason) =>
  reason === 'suppressed by a device rule' || reason === 'in the app only' || reason === 'does not notify'

/** The look ends, because what follows is not known: the next one begins at the first item. */
const AGAIN = { kind: 'again' } as const

type Next = Exclude<NextStep, SkippedPoke> | typeof AGAIN | undefined

function found(looking: Looking, { head, item, next }: Item & { next: Next }): PokeLook {
  const { passed, noted, plan, badgeMissed } = looking
  if (next?.kind === 'hold' && next.until !== head.held_until)
    noted.push(...notedOf({ head, item }, { step: 'held', reason: 'active elsewhere' }))
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
    step: stepOf(item, next),
    ahead:
      item === head && isIndependent(looking, head, next) ? (head.ordinary_head ?? undefined) : undefined,
    head,
    position: item.position,
    next: isSent ? next : undefined,
    noted,
    plan,
  }
}

/**
 * Whether the next item can be looked up while this one is sent. The state of the pusher and the badge then
 * do not depend on the result.
 */
function isIndependent({ plan, badgeMissed }: Looking, head: HeadRow, next: Next): boolean {
  const isEvent = next?.kind === 'send' && next.about === 'event'
  const isUndisturbed = head.failing_since === null && head.value_due === 0 && head.hold_ms === 0
  return isEvent && isUndisturbed && plan === undefined && !badgeMissed && head.next !== null
}

/** The step as the engine expects it. A badge can be sent while the event at the head is held. */
function stepOf({ position }: QueuedItem, next: Next): Looked['step'] {
  switch (next?.kind) {
    // During a stop nothing changes. A held lane stays held.
    case undefined:
      return { kind: 'given back' }
    case 'again':
      return { kind: 'nothing due' }
    case 'activate':
      return { kind: 'send', positions: [], value: null }
    case 'send': {
      const positions = next.about === 'event' && position !== null ? [position] : []
      return { kind: 'send', positions, value: next.badge }
    }
    case 'hold':
      return { kind: 'held', until: next.until, lookAt: next.lookAt }
    case 'rest':
      return { kind: 'nothing due', ...(next.until !== undefined && { until: next.until }) }
  }
}

function notedOf({ head, item }: Item, what: UnattemptedStep): PusherStep[] {
  return item.position === null ? [] : [{ pusherId: head.pusher_id, position: item.position, ...what }]
}
