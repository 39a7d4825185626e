import { timeOf, timesOf, UNPRINTABLE } from './push-explain-text.ts'

/** The printed part of the response of `GET /_belfry/v1/journey`. */
export type JourneyResponse = {
  event_id: string
  room_id: string
  type: string
  sender: string
  user_id: string
  read: boolean
  traced: boolean
  steps: JourneyResponseStep[]
  pushers: Pusher[]
}

/** One step of a journey (`docs/journey.md`). */
export type JourneyResponseStep = {
  step: string
  text: string
  at: number | null
  attempt?: number
  status?: number | null
  error?: string | null
  ms?: number | null
  rule?: { scope?: string; kind: string; rule_id: string; until?: number; schedule?: string } | null
  next_attempt_at?: number | null
  provider_id?: string | null
}
type Pusher = {
  app_id: string
  device_display_name: string
  pushkey_hash: string
  removed_at: number | null
  state: string | null
  reason: string | null
  steps: JourneyResponseStep[]
}

/** For people: the steps of the event in order, then those of each pusher. */
export function journeyText(response: JourneyResponse): string {
  const { event_id: eventId, type, sender, room_id: roomId, user_id: userId } = response
  return [
    `${eventId} (${type}, from ${sender}, in ${roomId}), for ${userId}`,
    ...response.steps.map(lineFor),
    ...(response.read ? ['It has been read.'] : []),
    ...response.pushers.flatMap(pusherLines),
    ...(response.traced ? [] : ['', 'Journeys are not being recorded (trace.enabled).']),
  ]
    .map((line) => line.replaceAll(UNPRINTABLE, '\ufffd'))
    .join('\n')
}

function pusherLines(pusher: Pusher): string[] {
  const gone = pusher.removed_at === null ? '' : `, removed ${timeOf(pusher.removed_at)}`
  const name = `${pusher.device_display_name} (${pusher.app_id}, ${pusher.pushkey_hash}${gone})`
  const state = pusher.state === pusher.reason ? pusher.state : `${pusher.state}, ${pusher.reason}`
  return ['', `${name}: ${state}`, ...pusher.steps.map(lineFor)]
}

export function lineFor(step: JourneyResponseStep): string {
  const name = step.attempt === undefined ? step.step : `${step.step} ${step.attempt}`
  return `  ${step.at === null ? ' '.repeat(24) : timeOf(step.at)}  ${name.padEnd(10)}  ${step.text}${detailOf(step)}`
}

function detailOf({ step, error, status, ms, rule, ...more }: JourneyResponseStep): string {
  const { next_attempt_at: next, provider_id: provider } = more
  const parts = [
    // The error code of the provider. An error of the gateway's own attempt is part of the text.
    step === 'gateway' && error,
    rule && `rule: ${rule.scope === 'device' ? 'device ' : ''}${rule.kind} ${rule.rule_id}${timesOf(rule)}`,
    typeof status === 'number' && `status ${status}`,
    typeof ms === 'number' && `${ms} ms`,
    provider && `id ${provider}`,
    typeof next === 'number' && `next attempt ${timeOf(next)}`,
  ].filter((part) => typeof part === 'string')
  return parts.length === 0 ? '' : ` [${parts.join(', ')}]`
}
