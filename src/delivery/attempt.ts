import { backOffMs } from '../lib/back-off.ts'
import type { Clock } from '../lib/clock.ts'
import type { Events, PokeKind } from '../lib/events.ts'
import type { Random } from '../lib/ids.ts'
import type { NextStep } from './next-poke.ts'
import type { Progress } from './outbox-store.ts'
import type { Outcome, Turn } from './outcome-store.ts'
import type { HeadRow } from './pusher-state-store.ts'
import type { PokeResult } from './send-poke.ts'
import { type SenderDeps, senderFor, WEB_PUSH_IS_OFF } from './sender-for.ts'
import type { PusherStep } from '../trace/trace.ts'

/** One turn with a pusher: what is to be recorded of it, and, if something was sent, what and how that went. */
export type Attempt = {
  outcome: Omit<Outcome, 'release'>
  /** Failures in a row, this one included. */
  attempts: number
  sent?: { about: PokeKind; result: PokeResult }
}

export type AttemptDeps = SenderDeps & { clock: Clock; random: Random }

type Sendable = Extract<NextStep, { kind: 'send' | 'activate' }>
type Quiet = Extract<NextStep, { kind: 'rest' | 'hold' }>

export const NOTHING_DONE = {
  kind: 'rest',
  done: [] as readonly number[],
  collapsed: null,
  steps: [] as readonly PusherStep[],
  badge: null,
  badgeSeen: null,
  ackTokenTold: null,
  error: null,
  nextAttemptAt: null,
  heldUntil: null,
} as const

/** Sends, if there is something to send. `passed`: the positions of events that are not needed any more. Never rejects. */
export async function attemptPoke(
  deps: AttemptDeps,
  head: HeadRow,
  { step, passed }: { step: Exclude<NextStep, { kind: 'skip' }>; passed: readonly number[] },
): Promise<Attempt> {
  const attempts = head.attempts + 1
  const rest = { ...NOTHING_DONE, pusherId: head.pusher_id, setAt: head.set_at, done: passed }
  if (step.kind === 'rest' || step.kind === 'hold')
    return { outcome: { ...rest, ...unsent(head, step) }, attempts }
  const { refused, result } = await sendStep(deps, head, step)
  const sent = { about: step.kind === 'activate' ? ('activation' as const) : step.about, result }
  const traced = { ...rest, steps: sent.about === 'event' ? stepsOf(head, refused, result) : [] }
  if (result.kind === 'retry') {
    const wait = Math.max(backOffMs(attempts, deps.random), result.retryAfterMs ?? 0)
    const failure = { kind: 'failed', error: result.error, nextAttemptAt: deps.clock.now() + wait } as const
    return { outcome: { ...traced, ...failure }, attempts, sent }
  }
  const past = { ...traced, ...taken(head, step, passed) }
  if (result.kind === 'refused') {
    // A badge that is due stays due when the event that would have told it is dropped.
    const badgeSeen = sent.about === 'badge' ? head.badge_due : null
    return {
      outcome: { ...past, kind: 'dropped', badge: null, badgeSeen, error: result.error },
      attempts,
      sent,
    }
  }
  const kind = isRejected(head, result) ? 'rejected' : 'sent'
  return { outcome: { ...past, kind }, attempts, sent }
}

function unsent(head: HeadRow, step: Quiet) {
  const badgeSeen = step.badgeKnown ? head.badge_due : null
  if (step.kind === 'rest') return { badgeSeen, ackTokenTold: step.ackToken ?? null }
  return { badgeSeen, kind: 'held', heldUntil: step.until, nextAttemptAt: step.lookAt } as const
}

/** How far things are once the gateway has answered. A badge may be told while the event at the head is held. */
function taken(head: HeadRow, step: Sendable, passed: readonly number[]) {
  if (step.kind === 'activate') return { ackTokenTold: step.ackToken }
  const { badge, about } = step
  const done = about === 'badge' || head.head === null ? passed : [...passed, head.head]
  return { done, badge, badgeSeen: head.badge_due }
}

type Refused = Extract<PokeResult, { kind: 'refused' }>

/** `refused`: the long form was not taken, and `result` is of the short one. */
async function sendStep(
  deps: AttemptDeps,
  head: HeadRow,
  step: Sendable,
): Promise<{ refused?: Refused; result: PokeResult }> {
  const url = head.url ?? ''
  if (step.kind === 'activate')
    return { result: (await deps.webPush?.activate(url, step.device, step.ackToken)) ?? WEB_PUSH_IS_OFF }
  const send = senderFor(deps, head.kind)
  const { worthSeconds } = step
  const more = { userId: head.user_id, ...(worthSeconds !== undefined && { worthSeconds }) }
  const result = await send(url, step.poke, more)
  // A gateway may choke on what is in an event, or on its size; that something has come it can still tell.
  if (result.kind !== 'refused' || step.shorter === undefined) return { result }
  return { refused: result, result: await send(url, step.shorter(), more) }
}

const isRejected = ({ pushkey }: HeadRow, result: Extract<PokeResult, { kind: 'sent' }>) =>
  result.rejected.includes(pushkey)

function stepsOf(head: HeadRow, refused: Refused | undefined, result: PokeResult): PusherStep[] {
  const of = { pusherId: head.pusher_id, position: head.head ?? 0 }
  const { ms } = result
  const first: PusherStep[] = refused ? [{ ...of, ...refused, step: 'refused' }] : []
  if (result.kind === 'retry')
    return [...first, { ...of, step: 'failed', error: result.error, status: result.status, ms }]
  const { status } = result
  if (result.kind === 'refused')
    return [...first, { ...of, step: 'dropped', error: result.error, status, ms }]
  return [...first, { ...of, step: isRejected(head, result) ? 'rejected' : 'sent', status, ms }]
}

/** How far the outbox is worked off once its head is. */
export function pastHead(
  { urgent_head: urgent, ordinary_head: ordinary }: HeadRow,
  done: Progress,
): Progress {
  if (urgent !== null) return { ...done, urgent }
  return { ...done, ordinary: ordinary ?? done.ordinary }
}

/** Announces what was recorded. */
export function tellOf(events: Events, { outcome, attempts, sent }: Attempt, turn: Turn): void {
  if (sent === undefined) return
  const { pusherId, nextAttemptAt } = outcome
  const { about, result } = sent
  if (result.kind === 'retry') {
    events.pusherFailing({ pusherId, error: result.error, attempts, nextAttemptAt: nextAttemptAt ?? 0 })
    return
  }
  if (result.kind === 'refused') {
    events.pokeDropped({ pusherId, kind: about, error: result.error })
    return
  }
  events.pokeSent({ pusherId, kind: about, ms: result.ms })
  if (outcome.kind === 'rejected' && turn === 'gone') events.pusherRejected({ pusherId })
}
