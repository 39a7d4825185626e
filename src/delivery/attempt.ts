import { backOffMs } from '../lib/back-off.ts'
import type { Clock } from '../lib/clock.ts'
import type { Events } from '../lib/events.ts'
import type { Random } from '../lib/ids.ts'
import type { NextStep } from './next-poke.ts'
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

export const NOTHING_DONE = {
  kind: 'rest',
  doneUpTo: 0,
  badge: null,
  badgeSeen: null,
  error: null,
  nextAttemptAt: null,
} as const

/** Sends, if there is something to send. `after`: events up to there are not needed any more. Never rejects. */
export async function attemptPoke(
  { send, clock, random }: AttemptDeps,
  head: HeadRow,
  step: Exclude<NextStep, { kind: 'skip' }>,
  after: number,
): Promise<Attempt> {
  const attempts = head.attempts + 1
  const rest = { ...NOTHING_DONE, pusherId: head.pusher_id, setAt: head.set_at, doneUpTo: after }
  if (step.kind === 'rest') {
    return { outcome: { ...rest, badgeSeen: step.badgeKnown ? head.badge_due : null }, attempts }
  }
  const result = await send(head.url ?? '', step.poke)
  const sent = { about: step.about, result }
  if (result.kind === 'retry') {
    const wait = Math.max(backOffMs(attempts, random), result.retryAfterMs ?? 0)
    const failure = { kind: 'failed', error: result.error, nextAttemptAt: clock.now() + wait } as const
    return { outcome: { ...rest, ...failure }, attempts, sent }
  }
  const success = {
    kind: result.rejected.includes(head.pushkey) ? 'rejected' : 'sent',
    doneUpTo: head.head ?? after,
    badge: step.badge,
    badgeSeen: head.badge_due,
  } as const
  return { outcome: { ...rest, ...success }, attempts, sent }
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
  events.pokeSent({ pusherId, kind: about, ms: result.ms })
  if (outcome.kind === 'rejected' && turn === 'gone') events.pusherRejected({ pusherId })
}
