import { type ComponentChildren, h } from 'preact'
import type { DeviceOfLine, PusherLine, PusherState } from '../types.ts'
import { maybe, t } from '../words.ts'
import { Chip, type Tone } from './chip.ts'
import type { IconName } from './icon.ts'
import { duration } from './when.ts'

type Look = readonly [tone: Tone, icon: IconName]

/** The steps of a journey that can be the present state of an event for a pusher (docs/journey.md). */
const STEPS: Readonly<Record<string, Look | undefined>> = {
  waiting: ['wait', 'clock'],
  held: ['wait', 'clock'],
  attempt: ['wait', 'arrow'],
  sent: ['good', 'check'],
  fetched: ['good', 'eye'],
  gateway: ['info', 'arrow'],
  rejected: ['bad', 'cross'],
  dropped: ['bad', 'cross'],
  skipped: ['quiet', 'bell-off'],
  cleared: ['quiet', 'bell-off'],
  'not queued': ['quiet', 'dash'],
  'not seen': ['wait', 'eye'],
}

/** Reasons that have a better word than their step. */
const REASONS: Readonly<Record<string, Look | undefined>> = {
  read: ['info', 'eye'],
  'gateway failing': ['bad', 'warn'],
  'mail server failing': ['bad', 'warn'],
  failed: ['bad', 'warn'],
}

/** The state of an event for one pusher. */
export function StepChip({
  step,
  reason,
}: {
  step: string | null
  reason: string | null
}): ComponentChildren {
  if (step === null) return h(Chip, { tone: 'quiet', icon: 'dash' }, t('step-unknown'))
  const [tone, icon] = REASONS[reason ?? ''] ?? STEPS[step] ?? (['info', 'dash'] as const)
  const word = maybe(keyOf('reason', reason ?? '')) ?? maybe(keyOf('step', step)) ?? step
  return h(Chip, { tone, icon }, word)
}

const keyOf = (kind: string, word: string) => `${kind}-${word.replaceAll(/[^a-z]+/g, '-')}`

const PUSHERS: Readonly<Record<PusherState, Look>> = {
  ok: ['good', 'bell'],
  pending: ['wait', 'clock'],
  retrying: ['wait', 'warn'],
  failing: ['bad', 'warn'],
  off: ['quiet', 'bell-off'],
}

/** The state of a pusher. One that has never received a poke says so, and one whose pushes probably do not arrive. */
export function PusherChip({ pusher }: { pusher: PusherLine }): ComponentChildren {
  const { state, last_success_at: success, failing_since: since, arrival } = pusher
  if (state === 'ok' && arrival.state === 'not seen')
    return h(Chip, { tone: 'wait', icon: 'eye' }, t('pusher-not-seen'))
  if (state === 'ok' && success === null && since === null)
    return h(Chip, { tone: 'info', icon: 'bell' }, t('pusher-unused'))
  const [tone, icon] = PUSHERS[state]
  return h(Chip, { tone, icon }, t(`pusher-${state}`))
}

/** The states of a device in the list of journeys (docs/journey.md). */
export const DEVICE_LOOKS = {
  sent: ['good', 'check'],
  waiting: ['wait', 'clock'],
  held: ['wait', 'clock'],
  failing: ['bad', 'warn'],
  silent: ['quiet', 'bell-off'],
  'read first': ['info', 'eye'],
  skipped: ['quiet', 'dash'],
  dropped: ['bad', 'cross'],
  rejected: ['bad', 'cross'],
  off: ['quiet', 'bell-off'],
  unknown: ['quiet', 'dash'],
} as const satisfies Readonly<Record<string, Look>>

/** The word for a state of a device in the list. */
export const deviceWord = (state: string): string =>
  maybe(`device-state-${state.replaceAll(' ', '-')}`) ?? state

/**
 * A device that fetched the event has received the push; of one that should have and did not, the push was
 * probably lost.
 */
export function DeviceChip({ device }: { device: DeviceOfLine }): ComponentChildren {
  if (device.arrived !== null) {
    const after = duration(device.arrived.after_ms)
    return h(Chip, { tone: 'good', icon: 'eye' }, t('device-arrived', { after }))
  }
  if (device.not_seen) return h(Chip, { tone: 'wait', icon: 'eye' }, t('step-not-seen'))
  const looks: Readonly<Record<string, Look | undefined>> = DEVICE_LOOKS
  const [tone, icon] = looks[device.state] ?? (['info', 'dash'] as const)
  return h(Chip, { tone, icon }, deviceWord(device.state))
}
