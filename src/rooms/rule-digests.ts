import { setImmediate } from 'node:timers/promises'
import type { Bus } from '../cluster/bus.ts'
import { enqueueDigest } from '../delivery/digest-store.ts'
import { deviceRules, outcomeForDevice } from '../delivery/device-rules.ts'
import { startAlarm } from '../lib/alarm.ts'
import { isCall } from '../lib/call-events.ts'
import type { Clock } from '../lib/clock.ts'
import type { RoomId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Event } from '../lib/matrix-event.ts'
import { recipientFacts } from '../notifications/recipient-facts.ts'
import { subscribersOf } from '../notifications/thread-subscribers-store.ts'
import {
  compileRules,
  evaluate,
  MAX_STEPS,
  type PushRule,
  type RuleOutcome,
  type RuleSettings,
  type Ruleset,
  wakesDevice,
} from '../push-rules/index.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { currentPoint } from '../storage/stream.ts'
import {
  covers,
  laterOf,
  lowest,
  parsePoint,
  pointText,
  START,
  type StreamPoint,
} from '../storage/stream-point.ts'
import type { RuleChangeDeps } from '../user-rules/change-rules.ts'
import { startRuleEnder } from '../user-rules/end-rules.ts'
import { startHandleSweeper } from '../user-rules/sweep-handles.ts'
import { dueDigests, moveDigest, nextDigest } from '../user-rules/digests-store.ts'
import { momentOf, nextDigestAt } from '../user-rules/moment.ts'
import { GLOBAL, rulesetOf, type UserRules } from '../user-rules/read-rules.ts'
import type { RuleKey } from '../user-rules/rules-store.ts'
import { newestEvents } from './newest-events.ts'
import { displayNameAt, loadPokedEvents } from './poke-event.ts'

// Sums up the events that a push rule with `org.belfry.digest` has held back, when the rule stops to apply.
// The unread events are found by evaluating the newest events again, so nothing is stored for an event while
// the rule applies.

export type RuleDigestDeps = {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly settings: RuleSettings
}

/**
 * All that happens to push rules at a time: their ends, their digests, and the removal of the rules of
 * abandoned handles.
 */
export const startRuleTimers = (
  deps: RuleChangeDeps & { readonly log: Log },
  handleRetentionDays: number,
): AsyncDisposable[] => [
  startRuleEnder(deps),
  startRuleDigests({ ...deps, settings: deps }),
  startHandleSweeper(deps, handleRetentionDays),
]

const BATCH_SIZE = 20
/** The number of a user's newest events that a digest looks at. */
const MAX_EVENTS = 500
const RETRY_AFTER_MS = 600_000
const STEPS = 20 * MAX_STEPS

/** Sends digests at their times, until it is disposed of. */
function startRuleDigests(deps: RuleDigestDeps): AsyncDisposable {
  const { db, bus } = deps
  return startAlarm(deps, {
    of: 'digests of push rules',
    run: () => sendDigests(deps),
    next: async () => (await db.first(nextDigest, {}))?.digest_at ?? undefined,
    onChange: (wake) => bus.subscribe(['rule ends'], wake),
  })
}

/**
 * Queues all digests that are due. Resolves to their number. Several processes can run it at the same time:
 * each digest is queued once.
 */
export async function sendDigests(deps: RuleDigestDeps): Promise<number> {
  let sent = 0
  for (;;) {
    const due = await deps.db.all(dueDigests, { now: deps.clock.now(), limit: BATCH_SIZE })
    for (const {
      user_id: userId,
      scope,
      kind,
      rule_id: ruleId,
      digest_at: dueAt,
      digest_from: from,
      digest_seen: seen,
    } of due) {
      // A digest evaluates hundreds of events without a pause. Other work has its turn before each.
      await setImmediate()
      if (
        await sendOrPostpone(
          deps,
          { userId, scope, kind, ruleId },
          { dueAt: dueAt ?? 0, from: from ?? 0, seen },
        )
      )
        sent++
    }
    if (due.length < BATCH_SIZE) return sent
  }
}

type Due = { dueAt: number; from: number; seen: string | null }

/** A digest that fails is tried again later, so that it does not keep back the others. */
async function sendOrPostpone(deps: RuleDigestDeps, key: RuleKey, due: Due): Promise<boolean> {
  try {
    return await sendDigest(deps, key, due)
  } catch (error) {
    deps.log.error(
      { err: error, user_id: key.userId },
      'could not sum up the events that a push rule has held back',
    )
    const next = deps.clock.now() + RETRY_AFTER_MS
    await deps.db.transaction((tx) =>
      tx.run(moveDigest, { ...key, due: due.dueAt, next, from: due.from, seen: due.seen }),
    )
    return false
  }
}

/** The point up to which a digest has summed up events. With one shard, it is the position `from`. */
const after = ({ from, seen }: Pick<Due, 'from' | 'seen'>): StreamPoint =>
  laterOf((seen === null ? undefined : parsePoint(seen)) ?? START, [from])

const upTo = (point: StreamPoint): Pick<Due, 'from' | 'seen'> => ({
  from: lowest(point),
  seen: point.length === 1 ? null : pointText(point),
})

async function sendDigest(deps: RuleDigestDeps, key: RuleKey, { dueAt, ...last }: Due): Promise<boolean> {
  const { db, bus, clock, settings } = deps
  const found = await db.snapshot(async (q) => {
    const rules = await rulesetOf(q, key.userId, settings)
    const rule = ruleIn(rules, key)
    const held =
      rule?.enabled === true ? await heldEvents(q, { settings, rules, key, after: after(last) }) : []
    return { held, rule, owner: rules.owner, upTo: await currentPoint(q) }
  })
  const next = found.rule === undefined ? undefined : nextDigestAt(found.rule, found.owner, clock.now())
  return db.transaction(async (tx) => {
    const moved = await tx.run(moveDigest, { ...key, due: dueAt, next: next ?? null, ...upTo(found.upTo) })
    if (moved === 0) return false
    // A rule that has ended can be removed now.
    tx.onCommit(() => bus.publish('rule ends'))
    if (found.held.length === 0) return false
    const pusherIds = await enqueueDigest(tx, {
      userId: key.userId,
      handle: key.scope === GLOBAL ? undefined : key.scope,
      positions: found.held.map(({ position }) => position),
      digest: digestOf(found.held),
      now: clock.now(),
    })
    tx.onCommit(() => bus.publish('delivery', pusherIds))
    return true
  })
}

const rulesetAt = (rules: UserRules, scope: string): Ruleset | undefined =>
  scope === GLOBAL ? rules.global : rules.device.get(scope)

function ruleIn(rules: UserRules, { scope, kind, ruleId }: RuleKey): PushRule | undefined {
  const list: readonly PushRule[] = rulesetAt(rules, scope)?.[kind] ?? []
  return list.find((rule) => rule.rule_id === ruleId)
}

type Held = { settings: RuleSettings; rules: UserRules; key: RuleKey; after: StreamPoint }

/**
 * The unread events after a point that the rule has held back: it decided, does not wake a device, and a
 * device would be woken without it. The newest first. Calls are over by now.
 */
async function heldEvents(q: Queries, { settings, rules, key, after }: Held): Promise<Event[]> {
  const { userId } = key
  const newest = await newestEvents(q, { userId, limit: MAX_EVENTS })
  const events = newest.filter(({ position, type }) => !covers(after, position) && !isCall(type))
  if (events.length === 0) return []
  const isHeld = heldBy(rules, settings, key)
  const poked = await loadPokedEvents(
    q,
    events.map(({ position }) => position),
  )
  const held: Event[] = []
  for (const event of events) {
    const known = poked.get(event.position)
    if (known === undefined) continue
    const context = {
      ...known.context,
      userId,
      displayName: await displayNameAt(q, { userId, ...event }),
      subscribers: await subscribersOf(settings, q, event),
      moment: momentOf(event),
    }
    if (isHeld(known.evaluated, context)) held.push(event)
  }
  const facts = await recipientFacts(
    q,
    held.map(({ roomId, threadId, position }) => ({ userId, event: { roomId, threadId, position } })),
  )
  return held.filter((_, at) => facts[at]?.isRead !== true)
}

type Evaluation = Parameters<typeof evaluate>

/** Whether the rule has held an event back. */
function heldBy(
  rules: UserRules,
  settings: RuleSettings,
  { scope, kind, ruleId }: RuleKey,
): (event: Evaluation[1], context: Evaluation[2]) => boolean {
  const budget = { left: STEPS }
  const options = { ...rules.owner, experimental: settings.experimental }
  const decided = ({ rule, actions }: RuleOutcome) =>
    rule?.kind === kind && rule.ruleId === ruleId && !wakesDevice({ actions })
  if (scope === GLOBAL) {
    const all = compileRules(rules.global, options)
    const others = compileRules(without(rules.global, { kind, ruleId }), options)
    return (event, context) =>
      decided(evaluate(all, event, { ...context, budget })) &&
      wakesDevice(evaluate(others, event, { ...context, budget }))
  }
  const devices = deviceRules(rules, options)
  return (event, context) => {
    const counted = evaluate(devices.everywhere(), event, { ...context, budget })
    if (!wakesDevice(counted)) return false
    const here = outcomeForDevice(
      devices,
      { handle: scope, counted },
      { event, context: { ...context, budget } },
    )
    return here.scope === 'device' && decided(here.outcome)
  }
}

const without = (rules: Ruleset, { kind, ruleId }: Pick<RuleKey, 'kind' | 'ruleId'>): Ruleset => ({
  ...rules,
  [kind]: (rules[kind] ?? []).filter((rule: PushRule) => rule.rule_id !== ruleId),
})

const MAX_ROOMS = 50

/** The content of a digest: the number of events, in all and by room, the newest rooms first. */
function digestOf(held: readonly Event[]) {
  const byRoom = Map.groupBy(held, ({ roomId }) => roomId)
  const rooms = [...byRoom].slice(0, MAX_ROOMS)
  return {
    count: held.length,
    rooms: rooms.map(([roomId, events]: [RoomId, Event[]]) => ({ room_id: roomId, count: events.length })),
  }
}
