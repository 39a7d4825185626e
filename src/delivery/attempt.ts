import { backOffMs } from '../lib/back-off.ts'
import type { Clock } from '../lib/clock.ts'
import type { Events } from '../lib/events.ts'
import type { Random } from '../lib/ids.ts'
import type { NextStep } from './next-poke.ts'
import { AT_START, type Progress } from './outbox-store.ts'
import type { Outcome, Turn } from './outcome-store.ts'
import type { HeadRow } from './pusher-state-store.ts'
import type { PokeResult, PokeSender } from './send-poke.ts'

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
  const result = await sendInSomeForm(deps.send, head.url ?? '', step)
  const sent = { about: step.about, result }
  if (result.kind === 'retry') {
    const wait = Math.max(backOffMs(attempts, deps.random), result.retryAfterMs ?? 0)
    const failure = { kind: 'failed', error: result.error, nextAttemptAt: deps.clock.now() + wait } as const
    return { outcome: { ...rest, ...failure }, attempts, sent }
  }
  // A badge may be told while the event at the head is held.
  const past = {
    ...rest,
    done: step.about === 'badge' ? done : pastHead(head, done),
    badgeSeen: head.badge_due,
  }
  if (result.kind === 'refused') {
    // A badge that is due stays due when the event that would have told it is dropped.
    const badgeSeen = step.about === 'badge' ? head.badge_due : null
    return { outcome: { ...past, kind: 'dropped', badgeSeen, error: result.error }, attempts, sent }
  }
  const kind = result.rejected.includes(head.pushkey) ? 'rejected' : 'sent'
  return { outcome: { ...past, kind, badge: step.badge }, attempts, sent }
}

/** A gateway may choke on what is in an event, or on its size; that something has come it can still tell. */
async function sendInSomeForm(
  send: PokeSender,
  url: string,
  { poke, shorter }: Sendable,
): Promise<PokeResult> {
  const result = await send(url, poke)
  return result.kind === 'refused' && shorter !== undefined ? send(url, shorter()) : result
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
