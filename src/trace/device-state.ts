import type { Vocabulary } from './vocabulary.ts'

// The state of an event for one pusher in one word, for lists and filters. The states exclude each other. Pure.

/** The states with a sentence for users. docs/journey.md shows this list. */
export const DEVICE_STATES = {
  sent: 'The notification was sent to the device.',
  waiting: 'The event is queued for the device.',
  held: 'The event is queued, and the first attempt waits: the user is active elsewhere, or was mailed not long ago.',
  failing: 'The event is queued, and attempts fail. They are repeated.',
  silent: 'Nothing was sent, because of the push rules, a device rule or an ignored sender.',
  'read first': 'Nothing was sent, because the event was read before.',
  skipped: 'Nothing was sent, for another reason: a newer event was sent instead, or the pusher was removed.',
  dropped: 'The gateway refused the notification permanently.',
  rejected: 'The gateway rejected the pushkey, and the pusher was removed.',
  off: 'The pusher was disabled, or its app had not confirmed it.',
  unknown: 'What happened is not recorded.',
} as const satisfies Readonly<Record<string, string>>

export type DeviceState = keyof typeof DEVICE_STATES

type StatesOfReasons = { [S in keyof Vocabulary]?: { [R in keyof Vocabulary[S]]: DeviceState } }

/** The steps that give a state. A step that is not listed, such as an attempt, gives none. */
const STATES = {
  'not queued': {
    'no pushers': 'off',
    'set after the event': 'off',
    'pusher disabled': 'off',
    'not activated': 'off',
    'does not notify': 'silent',
    'not recorded': 'unknown',
  },
  waiting: {
    queued: 'waiting',
    'gateway failing': 'failing',
    'may be read first': 'waiting',
    'mail server failing': 'failing',
  },
  held: { 'active elsewhere': 'held', 'mailed not long ago': 'held', 'circuit open': 'failing' },
  sent: { sent: 'sent', mailed: 'sent' },
  rejected: { rejected: 'rejected' },
  dropped: { 'refused for good': 'dropped', 'mail refused for good': 'dropped' },
  skipped: {
    gone: 'skipped',
    redacted: 'skipped',
    'own event': 'skipped',
    'not a member': 'skipped',
    expired: 'skipped',
    'past retention': 'skipped',
    read: 'read first',
    'sender is ignored': 'silent',
    'does not notify': 'silent',
    'in the app only': 'silent',
    'suppressed by a device rule': 'silent',
    collapsed: 'skipped',
    disabled: 'skipped',
    'not by e-mail': 'silent',
  },
  cleared: { 'pusher disabled': 'skipped', 'pusher removed': 'skipped' },
} as const satisfies StatesOfReasons

type Reasoned = { step: string; reason: string }

/** The last step that gives a state, with the state. */
export function deviceState<S extends Reasoned>(
  steps: readonly S[],
): { state: DeviceState; step: S } | undefined {
  for (const step of steps.toReversed()) {
    const state = stateOf(step)
    if (state !== undefined) return { state, step }
  }
  return undefined
}

function stateOf({ step, reason }: Reasoned): DeviceState | undefined {
  if (!Object.hasOwn(STATES, step)) return undefined
  const states: Readonly<Record<string, DeviceState>> = STATES[step as keyof typeof STATES]
  // A database may contain words of another version.
  return Object.hasOwn(states, reason) ? states[reason] : 'unknown'
}

/**
 * The states of events that were not sent. Their last step is stored with the id of the pusher, so an index
 * finds them.
 */
export const ENDED: ReadonlySet<DeviceState> = new Set(['read first', 'skipped', 'dropped', 'rejected'])

const ENDING_STEPS: ReadonlySet<string> = new Set(['dropped', 'rejected', 'cleared'])

/** Whether a stored step gives one of the states in `ENDED`. */
export function isEnd({ step, reason }: { step: string; reason: string | null }): boolean {
  if (step !== 'skipped') return ENDING_STEPS.has(step)
  return ENDED.has(stateOf({ step, reason: reason ?? step }) ?? 'unknown')
}
