import { type ComponentChildren, h } from 'preact'
import type { DeviceOfLine, PusherState } from '../types.ts'
import { maybe, t } from '../words.ts'
import { Chip, type Tone } from './chip.ts'
import type { IconName } from './icon.ts'

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

/** The state of a pusher. One that has never received a poke says so. */
export function PusherChip({
  state,
  isUnused,
}: {
  state: PusherState
  isUnused: boolean
}): ComponentChildren {
  if (state === 'ok' && isUnused) return h(Chip, { tone: 'info', icon: 'bell' }, t('pusher-unused'))
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
export const deviceWord = (state: string): string => maybe(keyOf('device-state', state)) ?? state

export function DeviceChip({
  device: { state },
}: {
  device: Pick<DeviceOfLine, 'state'>
}): ComponentChildren {
  const looks: Readonly<Record<string, Look | undefined>> = DEVICE_LOOKS
  const [tone, icon] = looks[state] ?? (['info', 'dash'] as const)
  return h(Chip, { tone, icon }, deviceWord(state))
}
