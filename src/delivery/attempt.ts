import { backOffMs } from '../lib/back-off.ts'
import type { Clock } from '../lib/clock.ts'
import type { Events } from '../lib/events.ts'
import type { Random } from '../lib/ids.ts'
import type { NextStep } from './next-poke.ts'
import { AT_START, type Progress } from './outbox-store.ts'
import type { Outcome, Turn } from './outcome-store.ts'
import type { HeadRow } from './pusher-state-store.ts'
import type { PokeResult, PokeSender } from './send-poke.ts'
import type { PusherStep } from '../trace/trace.ts'

/** One turn with a pusher: what is to be recorded of it, and, if something was sent, what and how that went. */
export type Attempt = {
  outcome: Omit<Outcome, 'release'>
  /** Failures in a row, this one included. */
  attempts: number
  sent?: { about: 'event' | 'badge'; result: PokeResult }
}

export type AttemptDeps = { send: PokeSender; clock: Clock; random: Random }

type Sendable = Extract<NextStep, { kind: 'send' }>

export const NOTHING_DONE = {
  kind: 'rest',
  done: AT_START,
  collapsed: null,
  steps: [] as readonly PusherStep[],
  badge: null,
  badgeSeen: null,
  error: null,
  nextAttemptAt: null,
  heldUntil: null,
} as const

/** Sends, if there is something to send. `done`: events up to there are not needed any more. Never rejects. */
export async function attemptPoke(
  deps: AttemptDeps,
  head: HeadRow,
  step: Exclude<NextStep, { kind: 'skip' }>,
  done: Progress,
): Promise<Attempt> {
  const attempts = head.attempts + 1
  const rest = { ...NOTHING_DONE, pusherId: head.pusher_id, setAt: head.set_at, done }
  if (step.kind !== 'send') {
    const outcome = { ...rest, badgeSeen: step.badgeKnown ? head.badge_due : null }
    if (step.kind === 'rest') return { outcome, attempts }
    const held = { kind: 'held', heldUntil: step.until, nextAttemptAt: step.lookAt } as const
    return { outcome: { ...outcome, ...held }, attempts }
  }
  const { refused, result } = await sendInSomeForm(deps.send, head.url ?? '', step)
  const sent = { about: step.about, result }
  const traced = { ...rest, steps: step.about === 'badge' ? [] : stepsOf(head, refused, result) }
  if (result.kind === 'retry') {
    const wait = Math.max(backOffMs(attempts, deps.random), result.retryAfterMs ?? 0)
    const failure = { kind: 'failed', error: result.error, nextAttemptAt: deps.clock.now() + wait } as const
    return { outcome: { ...traced, ...failure }, attempts, sent }
  }
  // A badge may be told while the event at the head is held.
  const past = {
    ...traced,
    done: step.about === 'badge' ? done : pastHead(head, done),
    badgeSeen: head.badge_due,
  }
  if (result.kind === 'refused') {
    // A badge that is due stays due when the event that would have told it is dropped.
    const badgeSeen = step.about === 'badge' ? head.badge_due : null
    return { outcome: { ...past, kind: 'dropped', badgeSeen, error: result.error }, attempts, sent }
  }
  const kind = isRejected(head, result) ? 'rejected' : 'sent'
  return { outcome: { ...past, kind, badge: step.badge }, attempts, sent }
}

type Refused = Extract<PokeResult, { kind: 'refused' }>

/**
 * A gateway may choke on what is in an event, or on its size; that something has come it can still tell. `refused`: it did not
 * take the long form, and `result` is of the short one.
 */
async function sendInSomeForm(
  send: PokeSender,
  url: string,
  { poke, shorter }: Sendable,
): Promise<{ refused?: Refused; result: PokeResult }> {
  const result = await send(url, poke)
  if (result.kind !== 'refused' || shorter === undefined) return { result }
  return { refused: result, result: await send(url, shorter()) }
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
