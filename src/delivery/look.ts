import { createBatcher } from '../lib/batcher.ts'
import { isCall } from '../lib/call-events.ts'
import { AT_START, type Progress } from '../sending/item-store.ts'
import { stateOf } from '../sending/lane-store.ts'
import type { LanePort, Looked, Visit } from '../sending/port.ts'
import type { SendResult } from '../sending/result.ts'
import type { UnattemptedStep, PusherStep } from '../trace/trace.ts'
import type { SkipReason } from '../trace/vocabulary.ts'
import { passedOver, planCollapse } from './collapse.ts'
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
  pastHead,
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
  /** The next items can be looked up from here, while this one is sent. Undefined: there is none, or it depends on this step. */
  ahead: Progress | undefined
  /** The settings and the state of the pusher are those of an earlier look. */
  isFollowing: boolean
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
  readonly nextStep: (of: { head: HeadRow; item: QueuedItem; badgeMissed: boolean }) => Promise<NextStep>
  readonly followingOf: (wanted: FollowingWanted) => Promise<readonly FollowingRow[]>
}
type FollowingWanted = FollowingParams['items'][number] & { owner: string }
type Looks = Pick<LanePort<PokeLook, SendResult>, 'look'> & {
  lookAhead(look: PokeLook, visit: Visit, limit: number): Promise<readonly PokeLook[]> | undefined
}

/**
 * Creates the functions that find the next pokes of a leased pusher. `look` skips events that no longer need a poke, and plans the
 * reduction of a backlog. Concurrent looks share one query.
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
      items: items.map(({ id, gen, after, take }) => ({ id, gen, after, take })),
    })
    const found = Map.groupBy(rows, ({ lane_id: laneId }) => laneId)
    return items.map(({ id }) => found.get(id) ?? [])
  })
  const tools = { headOf, nextStep, followingOf }
  return {
    look: (visit) => look(deps, tools, { visit, after: AT_START }),
    lookAhead(found, visit, limit) {
      const { ahead: after, head, isFollowing } = found
      if (after === undefined) return undefined
      const isOfHead = !isFollowing && head.urgent_head === null
      if (isOfHead && (limit > 1 || db.shards > 1))
        return looksFollowing(tools, found, { visit, after, limit })
      // The next look begins at the first item, which can be an event of another shard with a lower position.
      if (db.shards > 1) return undefined
      return look(deps, tools, { visit, after }).then((next) => (next === undefined ? [] : [next]))
    },
  }
}

type From = { visit: Visit; after: Progress }

/** The looks at the items behind the head of `look`, up to the first one that is not sent or is a call. */
async function looksFollowing(
  { followingOf, nextStep }: Tools,
  { head, state }: PokeLook,
  { visit, after, limit }: From & { limit: number },
): Promise<readonly PokeLook[]> {
  const rows = await followingOf({
    id: head.pusher_id,
    gen: state.generation,
    after: after.ordinary,
    take: limit,
    owner: visit.owner,
  })
  const steps = await Promise.all(rows.map((item) => nextStep({ head, item, badgeMissed: false })))
  const looks: PokeLook[] = []
  for (const [at, item] of rows.entries()) {
    const next = steps[at]
    // A call precedes all other items: the next look finds it.
    if (next?.kind !== 'send' || next.about !== 'event' || isCall(item.type ?? '')) break
    const looking = lookingFrom({ visit, after })
    const past = { ...after, ordinary: item.position }
    const hasNext = at + 1 < rows.length || rows.length === limit
    looks.push(found(looking, { head, item, next, past: hasNext ? past : undefined }))
  }
  return looks
}

const lookingFrom = ({ visit, after }: From): Looking => ({
  visit,
  done: after,
  passed: [],
  noted: [],
  plan: undefined,
  isPlanned: visit.turn > 1,
  badgeMissed: false,
})

async function look(deps: DeliveryDeps, tools: Tools, from: From): Promise<PokeLook | undefined> {
  const { visit } = from
  const { laneId: pusherId, owner } = visit
  const looking = lookingFrom(from)
  for (;;) {
    const head = await tools.headOf({ pusherId, owner, done: passedOver(looking.done, looking.plan) })
    if (!head) return undefined
    if (mayCollapse(looking, head)) {
      looking.isPlanned = true
      looking.plan = await planCollapse(deps.db, pusherId, (position) => judge(tools, visit, position))
      if (looking.plan !== undefined) continue
    }
    const next = visit.isStopping()
      ? undefined
      : await tools.nextStep({ head, item: head, badgeMissed: looking.badgeMissed })
    const past = head.next === null ? undefined : pastHead(head, looking.done)
    if (next?.kind !== 'skip') return found(looking, { head, item: head, next, past })
    skip(looking, head, next)
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
  return head && nextStep({ head, item: head, badgeMissed: false })
}

function skip(looking: Looking, head: HeadRow, { reason, rule }: SkippedPoke): void {
  if (looking.plan !== undefined && head.urgent_head === null) {
    // A kept event no longer needs a poke, so a removed event of its room may need one.
    looking.isPlanned = false
    looking.plan = undefined
    return
  }
  looking.noted.push(...notedOf(head, { step: 'skipped', reason, rule }))
  if (head.position !== null) looking.passed.push(head.position)
  if (!isByDeviceRule(reason)) looking.badgeMissed = true
  looking.done = pastHead(head, looking.done)
}

/** A device rule suppresses the whole poke. The badge is then sent with the next change, and not for this event. */
const isByDeviceRule = (reason: SkipReason) =>
  reason === 'suppressed by a device rule' || reason === 'in the app only' || reason === 'does not notify'

/** `past`: the progress when `item` is done; undefined: no item follows. */
type Found = {
  head: HeadRow
  item: QueuedItem
  next: Exclude<NextStep, { kind: 'skip' }> | undefined
  past: Progress | undefined
}

function found(looking: Looking, { head, item, next, past }: Found): PokeLook {
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
    step: stepOf(item, next),
    ahead: isIndependent(looking, head, next) ? past : undefined,
    head,
    position: item.position,
    next: isSent ? next : undefined,
    noted,
    plan,
    isFollowing: item !== head,
  }
}

/** Whether the next item can be looked up while this one is sent. The state of the pusher and the badge then do not depend on the result. */
function isIndependent({ plan, badgeMissed }: Looking, head: HeadRow, next: Found['next']): boolean {
  const isEvent = next?.kind === 'send' && next.about === 'event'
  const isUndisturbed = head.failing_since === null && head.value_due === 0 && head.hold_ms === 0
  return isEvent && isUndisturbed && plan === undefined && !badgeMissed
}

/** The step as the engine expects it. A badge can be sent while the event at the head is held. */
function stepOf({ position }: QueuedItem, next: Found['next']): Looked['step'] {
  switch (next?.kind) {
    // During a stop nothing changes. A held lane stays held.
    case undefined:
      return { kind: 'given back' }
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

function notedOf(head: HeadRow, what: UnattemptedStep): PusherStep[] {
  return head.position === null ? [] : [{ pusherId: head.pusher_id, position: head.position, ...what }]
}
