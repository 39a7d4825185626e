import type { Evidence } from '../sending/circuits.ts'
import type { LanePort, Settled } from '../sending/port.ts'
import { isFailure, type Refused } from '../sending/result.ts'
import type { Turn } from '../sending/settle-store.ts'
import type { Transaction } from '../storage/database.ts'
import type { PusherStep } from '../trace/trace.ts'
import { isCarriedOut } from './collapse.ts'
import { type Collapse, removeCollapsed } from './collapse-store.ts'
import type { DeliveryDeps } from './deps.ts'
import { createLooks, type PokeLook } from './look.ts'
import { type PokeFault, TOKEN_REFUSED } from './poke-fault.ts'
import type { PokeResult } from './send-poke.ts'
import { senderFor, WEB_PUSH_IS_OFF } from './sender-for.ts'

/** `refused`: the result for the long form; the other fields are the result for the short form. */
export type PokeSent = PokeResult & { refused?: Refused<PokeFault> }

type SettledPoke = Settled<PokeLook, PokeSent>

/** Connects pokes to the sending engine. */
export function createPokePort(deps: DeliveryDeps): LanePort<PokeLook, PokeSent> {
  const { events } = deps
  return {
    ...createLooks(deps),
    send: (look) => sendPoke(deps, look),
    evidenceOf,
    record: (tx, now, settled) => record(deps, tx, { now, settled }),
    announce: (settled, turn) => announce(deps, settled, turn),
    announceCircuit(news) {
      if (news.kind === 'broken') events.gatewayDown({ error: news.reason })
      else events.gatewayBack({ held: news.held })
    },
  }
}

async function sendPoke(deps: DeliveryDeps, { head, next }: PokeLook): Promise<PokeSent> {
  const url = head.url ?? ''
  if (next?.kind !== 'send') {
    const token = next?.ackToken ?? ''
    return (next && (await deps.webPush?.activate(url, next.device, token))) ?? WEB_PUSH_IS_OFF
  }
  const send = senderFor(deps, head.kind)
  const { worthSeconds } = next
  const isRecorded = deps.recordOwn !== undefined
  const more = { userId: head.user_id, isRecorded, ...(worthSeconds !== undefined && { worthSeconds }) }
  const result = await send(url, next.poke, more)
  // A gateway may refuse the content of an event or its size. The short form can still deliver the notification.
  if (result.kind !== 'refused' || next.shorter === undefined) return result
  return { ...(await send(url, next.shorter(), more)), refused: result }
}

/**
 * Any response shows that the gateway works, also a refusal. A push service that refuses the VAPID token of
 * this server refuses it for all pushers.
 */
export function evidenceOf(result: PokeSent): Evidence {
  if (result.kind === 'delivered' || result.kind === 'rejected') return 'delivered'
  if (result.kind === 'refused') return 'responded'
  const { status, reason } = result
  return status === undefined || status >= 500 || reason === TOKEN_REFUSED ? 'outage' : 'responded'
}

/**
 * The plan for the backlog of a pusher, if it is carried out now. `lastErrorAt` is the time of a failure that
 * is recorded now.
 */
function collapsedOf({ look, event, state, isTooLate }: SettledPoke): Collapse | undefined {
  if (look?.plan === undefined || isTooLate) return undefined
  const since = { failingSince: look.state.failingSince, now: state.lastErrorAt ?? 0 }
  return isCarriedOut(look.plan, event, since) ? look.plan : undefined
}

type Recorded = { now: number; settled: readonly SettledPoke[] }

async function record(deps: DeliveryDeps, tx: Transaction, { now, settled }: Recorded): Promise<void> {
  const { trace } = deps
  const collapsed = settled.flatMap((one) => {
    const plan = collapsedOf(one)
    return plan === undefined ? [] : [{ pusherId: one.lane.laneId, ...plan }]
  })
  // Before the removal: `recordCollapsed` reads the items.
  await trace.recordCollapsed(tx, now, collapsed)
  for (const plan of collapsed) await tx.run(removeCollapsed, plan)
  trace.recordSteps(
    tx,
    now,
    settled.flatMap((one) => stepsOf(deps, one)),
  )
  const paused = settled.filter(({ event }) => event.kind === 'circuit paused')
  const pusherIds = paused.map(({ lane }) => lane.laneId)
  await trace.recordHeld(tx, now, { pusherIds, reason: 'circuit open' })
  await deps.recordOwn?.(
    tx,
    settled.flatMap(({ result }) => result?.unwritten ?? []),
  )
  for (const { event, isTooLate, lane } of settled)
    if (event.kind === 'rejected' && !isTooLate) await deps.removePusher(tx, lane.laneId)
}

function stepsOf(deps: DeliveryDeps, { look, result, isTooLate }: SettledPoke): PusherStep[] {
  if (look === undefined) return []
  const { head, position, next, noted } = look
  if (result === undefined || next?.kind !== 'send' || next.about !== 'event') return [...noted]
  const of = { pusherId: head.pusher_id, position: position ?? 0 }
  const { refused } = result
  const before = refused ? [{ ...of, result: refused, but: 'shorter next' as const }] : []
  const last = { ...of, result, ...(isTooLate && { but: 'too late' as const }) }
  return [...noted, ...before, isFetchExpected(deps, look) ? { ...last, isFetchExpected: true } : last]
}

/**
 * Whether the device fetches the event when this poke arrives: its app asked for the event id only. A phone
 * may delay a poke of low priority, and an app that syncs has the event already.
 */
function isFetchExpected({ canProve }: DeliveryDeps, { head, next }: PokeLook): boolean {
  const { user_id: userId, device_id: deviceId } = head
  if (deviceId === null || next?.kind !== 'send') return false
  const { prio, devices } = next.poke.notification
  return devices[0].data['format'] === 'event_id_only' && prio === 'high' && canProve({ userId, deviceId })
}

/** Reported with the settling, because the result of a look ahead can be unused. */
function announceNoted(events: DeliveryDeps['events'], { noted, step }: PokeLook): void {
  for (const { pusherId, ...one } of noted) {
    if ('result' in one) continue
    if (one.step === 'skipped') events.pokeSkipped({ pusherId, reason: one.reason })
    else if (step.kind === 'held') events.pokeHeld({ pusherId, until: step.until })
  }
}

function announce({ events }: DeliveryDeps, settled: SettledPoke, turn: Turn): void {
  const { look, result, state } = settled
  const { laneId: pusherId } = settled.lane
  const next = look?.next
  if (look !== undefined) announceNoted(events, look)
  if (result !== undefined && next !== undefined) {
    const kind = next.kind === 'activate' ? 'activation' : next.about
    const { reason: error, ms } = result
    if (isFailure(result)) {
      const { attempts: count, nextAttemptAt } = state
      events.pusherFailing({ pusherId, error, attempts: count, nextAttemptAt: nextAttemptAt ?? 0 })
    } else if (result.kind === 'refused') events.pokeDropped({ pusherId, kind, error })
    else {
      events.pokeSent({ pusherId, kind, ms })
      if (result.kind === 'rejected' && turn === 'gone') events.pusherRejected({ pusherId })
    }
  }
  for (const [reason, count] of collapsedOf(settled)?.skipped ?? [])
    events.pokeSkipped({ pusherId, reason, count })
}
