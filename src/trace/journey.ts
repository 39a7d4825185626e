import { MAIL_APP_ID } from '../lib/mail/app-id.ts'
import { notifyReason } from './notify-reason.ts'
import type { KeptStep } from './steps-store.ts'
import { type ReasonOf, sentenceFor, type StepName } from './vocabulary.ts'

// Puts what is kept into the order and the words of a journey. Pure.

/** One step as it is told. */
export type JourneyStep = {
  step: StepName
  reason: string
  /** For people. */
  text: string
  /** Milliseconds since the Unix epoch; null: not known. */
  at: number | null
  attempt?: number
  status?: number | null
  ms?: number | null
  error?: string | null
  rule?: { kind: string; rule_id: string } | null
  next_attempt_at?: number | null
  provider_id?: string | null
}

export function journeyStep<S extends StepName>(
  step: S,
  reason: ReasonOf<S>,
  more: Omit<JourneyStep, 'step' | 'reason' | 'text'>,
): JourneyStep {
  return { step, reason, text: sentenceFor(step, reason, more.error), ...more }
}

export type JourneyPusher = {
  appId: string
  pushkeyHash: string
  appDisplayName: string
  deviceDisplayName: string
  createdAt: number
  /** Since when it is no more. */
  removedAt: number | null
  /** Was it switched on when the event came? */
  wasOn: boolean
  /** Of kind `webpush`, and still to be confirmed by its app. */
  isPending: boolean
  /** When the event was put into its queue, if it waits there still. */
  queuedAt: number | null
  failing: { nextAttemptAt: number | null; error: string | null; at: number | null } | null
  /** In the order in which they were recorded. */
  kept: readonly (KeptStep & { at: number })[]
  gateway: readonly GatewayKept[]
}

export type GatewayKept = {
  at: number
  attempt: number
  outcome: string
  reason: string | null
  status: number | null
  provider_id: string | null
  ms: number | null
}

/** What is the same for all pushers of the user. `notifies`: undefined when that is not known. */
export type ForUser = { at: number; notifies: boolean | undefined }

/** The way of the event to one pusher. Its last step says where it stands. */
export function pusherSteps(pusher: JourneyPusher, event: ForUser): JourneyStep[] {
  const isKnown = pusher.kept.length > 0 || pusher.queuedAt !== null
  if (!isKnown) return [whyNotQueued(pusher, event), ...gatewaySteps(pusher.gateway)]
  const isMail = pusher.appId === MAIL_APP_ID
  const waiting = isMail ? 'may be read first' : 'queued'
  const steps: JourneyStep[] = [journeyStep('waiting', waiting, { at: pusher.queuedAt ?? event.at })]
  let attempt = 0
  for (const kept of pusher.kept) {
    if (ATTEMPTS[kept.step] !== undefined) attempt++
    steps.push(...(isMail ? toldOfMail : told)(kept, attempt))
  }
  // A gateway is asked before its answer is recorded.
  for (const step of gatewaySteps(pusher.gateway)) insertByTime(steps, step)
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

function whyNotQueued(pusher: JourneyPusher, { at, notifies }: ForUser): JourneyStep {
  const reason = notifyReason({
    isSetAfter: pusher.createdAt > at,
    isDisabled: !pusher.wasOn,
    isNotActivated: pusher.isPending,
    doesNotNotify: notifies === false,
  })
  if (reason === undefined) return journeyStep('not queued', 'not recorded', { at })
  return journeyStep('not queued', reason === 'disabled' ? 'pusher disabled' : reason, { at })
}

/** How an attempt that was kept under this name is told, and what it came to. */
const ATTEMPTS: Readonly<Record<string, ReasonOf<'attempt'> | undefined>> = {
  sent: 'taken',
  rejected: 'rejected',
  'rejected too late': 'rejected too late',
  refused: 'refused, shorter next',
  dropped: 'refused',
  failed: 'failed',
}

function told({ step, reason, at, status, ms }: KeptStep & { at: number }, attempt: number): JourneyStep[] {
  const outcome = Object.hasOwn(ATTEMPTS, step) ? ATTEMPTS[step] : undefined
  if (outcome === undefined)
    return [journeyStep(step as 'skipped', (reason ?? step) as ReasonOf<'skipped'>, { at })]
  const tried = journeyStep('attempt', outcome, { at, attempt, status, ms, error: reason })
  if (step === 'sent') return [tried, journeyStep('sent', 'sent', { at })]
  if (step === 'rejected') return [tried, journeyStep('rejected', 'rejected', { at })]
  if (step === 'dropped') return [tried, journeyStep('dropped', 'refused for good', { at })]
  return [tried]
}

/** The same for a pusher that mails, of which less can be said. */
function toldOfMail(kept: KeptStep & { at: number }, attempt: number): JourneyStep[] {
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
  return told(kept, attempt)
}

/** What the gateway did, as steps. */
export function gatewaySteps(gateway: readonly GatewayKept[]): JourneyStep[] {
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

/** Where the event stands for a pusher: the last that the pusher itself has to say. */
export function standing(steps: readonly JourneyStep[]): JourneyStep | undefined {
  return steps.findLast(({ step }) => step !== 'gateway' && step !== 'attempt') ?? steps.at(-1)
}
