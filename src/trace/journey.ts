import { MAIL_APP_ID } from '../lib/mail/app-id.ts'
import type { ArrivalState } from './arrival/arrivals.ts'
import { type DecidingRuleName, notifyReason, type PusherRule } from './notify-reason.ts'
import type { StoredStep } from './steps-store.ts'
import { type ReasonOf, sentenceFor, type StepName } from './vocabulary.ts'

// Converts stored steps to the steps of a journey, in order. Pure.

/** One step of a journey. */
export type JourneyStep = {
  step: StepName
  reason: string
  /** The sentence for users. */
  text: string
  /** Milliseconds since the Unix epoch; null: not known. */
  at: number | null
  attempt?: number
  status?: number | null
  ms?: number | null
  error?: string | null
  /** `scope`: of a rule that decided for one device; `until`: its end; `schedule`: its schedules as a text. */
  rule?: {
    scope?: PusherRule['scope']
    kind: string
    rule_id: string
    until?: number
    schedule?: string
  } | null
  next_attempt_at?: number | null
  provider_id?: string | null
}

/** A rule as journeys show it. */
export const ruleShown = <R extends DecidingRuleName>({ ruleId, ...rule }: R) => ({
  ...rule,
  rule_id: ruleId,
})

export function journeyStep<S extends StepName>(
  step: S,
  reason: ReasonOf<S>,
  more: Omit<JourneyStep, 'step' | 'reason' | 'text'>,
): JourneyStep {
  return { step, reason, text: sentenceFor(step, reason, more.error), ...more }
}

export type JourneyPusher = {
  pusherId: number
  appId: string
  pushkeyHash: string
  appDisplayName: string
  deviceDisplayName: string
  createdAt: number
  /** The time of its removal. */
  removedAt: number | null
  /** Whether it was enabled at the time of the event. */
  wasOn: boolean
  /** Of kind `webpush`, and not yet confirmed by its app. */
  isPending: boolean
  /** When the event was added to its queue, if it is still queued. */
  queuedAt: number | null
  failing: { nextAttemptAt: number | null; error: string | null; at: number | null } | null
  /** In the order of recording. */
  kept: readonly (StoredStep & { at: number })[]
  gateway: readonly StoredGatewayStep[]
  /** Whether its device has fetched the event. Absent: not known. */
  arrival?: { state: ArrivalState; sentAt: number; at: number } | undefined
}

export type StoredGatewayStep = {
  at: number
  attempt: number
  outcome: string
  reason: string | null
  status: number | null
  provider_id: string | null
  ms: number | null
}

/** The event, for all pushers of the user. `notifies`: undefined when it is not known. */
export type UserEvent = { at: number; notifies: boolean | undefined }

/** The steps of an event for one pusher. `currentStep` returns its state. */
export function pusherSteps(pusher: JourneyPusher, event: UserEvent): JourneyStep[] {
  const isKnown = pusher.queuedAt !== null || pusher.kept.some((kept) => !isResent(kept))
  if (!isKnown) return notQueuedSteps(pusher, event)
  const isMail = pusher.appId === MAIL_APP_ID
  const waiting = isMail ? 'may be read first' : 'queued'
  const steps: JourneyStep[] = [journeyStep('waiting', waiting, { at: pusher.queuedAt ?? event.at })]
  let attempt = 0
  for (const kept of pusher.kept) {
    if (ATTEMPTS[kept.step] !== undefined) attempt++
    steps.push(...(isMail ? mailSteps : pokeSteps)(kept, attempt))
  }
  // The gateway acts before the server records the response.
  for (const step of gatewaySteps(pusher.gateway)) insertByTime(steps, step)
  steps.push(...arrivalSteps(pusher.arrival))
  const { failing } = pusher
  if (pusher.queuedAt !== null && failing !== null)
    steps.push(
      journeyStep('waiting', isMail ? 'mail server failing' : 'gateway failing', {
        at: failing.at,
        error: failing.error,
        next_attempt_at: failing.nextAttemptAt,
      }),
    )
  return steps
}

/** An event that was not queued can still be sent on request. */
function notQueuedSteps(pusher: JourneyPusher, event: UserEvent): JourneyStep[] {
  const steps = [
    whyNotQueued(pusher, event),
    ...pusher.kept.flatMap((kept) => pokeSteps(kept, 0)),
    ...arrivalSteps(pusher.arrival),
  ]
  for (const step of gatewaySteps(pusher.gateway)) insertByTime(steps, step)
  return steps
}

function arrivalSteps(arrival: JourneyPusher['arrival']): JourneyStep[] {
  if (arrival?.state === 'not seen') return [journeyStep('not seen', 'not fetched', { at: arrival.at })]
  if (arrival?.state !== 'fetched') return []
  const { at, sentAt } = arrival
  const ms = at - sentAt
  return [{ ...journeyStep('fetched', 'fetched', { at, ms }), text: fetchedText(ms) }]
}

/** With the delay in seconds, or in minutes. */
function fetchedText(ms: number): string {
  const delay = ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`
  return sentenceFor('fetched', 'fetched', `${delay} later`)
}

function whyNotQueued(pusher: JourneyPusher, { at, notifies }: UserEvent): JourneyStep {
  const reason = notifyReason({
    isSetAfter: pusher.createdAt > at,
    isDisabled: !pusher.wasOn,
    isNotActivated: pusher.isPending,
    doesNotNotify: notifies === false,
  })
  if (reason === undefined) return journeyStep('not queued', 'not recorded', { at })
  return journeyStep('not queued', reason === 'disabled' ? 'pusher disabled' : reason, { at })
}

/** The reason of the attempt for each stored step. */
const ATTEMPTS: Readonly<Record<string, ReasonOf<'attempt'> | undefined>> = {
  sent: 'taken',
  rejected: 'rejected',
  'rejected too late': 'rejected too late',
  refused: 'refused, shorter next',
  dropped: 'refused',
  failed: 'failed',
}

/** The same for attempts that a user has requested. They change no state. */
const RESENT: Readonly<Record<string, ReasonOf<'resent'> | undefined>> = {
  resent: 'taken',
  'resent rejected': 'rejected',
  'resent failed': 'failed',
}

const isResent = ({ step }: StoredStep): boolean => Object.hasOwn(RESENT, step)

function pokeSteps(
  { step, reason, at, status, ms, rule }: StoredStep & { at: number },
  attempt: number,
): JourneyStep[] {
  const resent = Object.hasOwn(RESENT, step) ? RESENT[step] : undefined
  if (resent !== undefined) return [journeyStep('resent', resent, { at, status, ms, error: reason })]
  const outcome = Object.hasOwn(ATTEMPTS, step) ? ATTEMPTS[step] : undefined
  if (outcome === undefined)
    return [
      journeyStep(step as 'skipped', (reason ?? step) as ReasonOf<'skipped'>, {
        at,
        ...(rule !== undefined && { rule: ruleShown(rule) }),
      }),
    ]
  const tried = journeyStep('attempt', outcome, { at, attempt, status, ms, error: reason })
  if (step === 'sent') return [tried, journeyStep('sent', 'sent', { at })]
  if (step === 'rejected') return [tried, journeyStep('rejected', 'rejected', { at })]
  if (step === 'dropped') return [tried, journeyStep('dropped', 'refused for good', { at })]
  return [tried]
}

/** The same for an e-mail pusher, which has fewer kinds of results. */
function mailSteps(kept: StoredStep & { at: number }, attempt: number): JourneyStep[] {
  const { step, reason: error, at, status, ms } = kept
  const tried = { at, attempt, status, ms, error }
  if (step === 'sent')
    return [journeyStep('attempt', 'mail taken', tried), journeyStep('sent', 'mailed', { at })]
  if (step === 'dropped')
    return [
      journeyStep('attempt', 'mail refused', tried),
      journeyStep('dropped', 'mail refused for good', { at }),
    ]
  if (step === 'failed') return [journeyStep('attempt', 'mail failed', tried)]
  return pokeSteps(kept, attempt)
}

/** The steps of the gateway. */
export function gatewaySteps(gateway: readonly StoredGatewayStep[]): JourneyStep[] {
  return gateway.map(({ at, attempt, outcome, reason, status, provider_id, ms }) => ({
    ...journeyStep('gateway', outcome as ReasonOf<'gateway'>, { at }),
    attempt,
    status,
    ms,
    error: reason,
    provider_id,
  }))
}

function insertByTime(steps: JourneyStep[], step: JourneyStep): void {
  const later = steps.findIndex(({ at }, place) => place > 0 && at !== null && at >= (step.at ?? 0))
  steps.splice(later === -1 ? steps.length : later, 0, step)
}

const ASIDE: ReadonlySet<StepName> = new Set(['gateway', 'attempt', 'resent'])

/** The state of an event for a pusher: its last step that is neither an attempt nor a step of the gateway. */
export function currentStep(steps: readonly JourneyStep[]): JourneyStep | undefined {
  return steps.findLast(({ step }) => !ASIDE.has(step)) ?? steps.at(-1)
}
