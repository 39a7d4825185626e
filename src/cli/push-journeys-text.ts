import { timeOf, UNPRINTABLE } from './push-explain-text.ts'

/** The printed part of the response of `GET /_belfry/v1/journeys`. Times are milliseconds since the Unix epoch. */
export type JourneyListPage = {
  /** Newest first. */
  journeys: JourneyListEntry[]
  total: number
  total_is_at_least: boolean
  next_batch?: string
  last_event_id: string
}

/** One event with its state for each device. */
export type JourneyListEntry = {
  event_id: string
  room_id: string
  room_name: string | null
  sender: string
  type: string
  at: number
  decision: { text: string; rule: { kind: string; rule_id: string } | null }
  devices: ListedDevice[]
}

type ListedDevice = {
  pusher_id: number
  device_display_name: string
  removed_at: number | null
  state: string
  text: string
  attempts: number
  next_attempt_at: number | null
  arrived: { after_ms: number } | null
  not_seen: boolean
}

/** For people: the journeys, the newest last, and how many there are. */
export function pageText({ journeys, next_batch: next, ...page }: JourneyListPage): string {
  const count = `${page.total_is_at_least ? 'at least ' : ''}${page.total}`
  if (journeys.length === 0 && next === undefined) return 'No journeys match.'
  const older = next === undefined ? '' : ` The older ones: --from ${next}`
  return [
    ...journeys.toReversed().map(entryText),
    `${journeys.length} of ${count} ${page.total === 1 ? 'journey' : 'journeys'}.${older}`,
  ].join('\n')
}

/** For people: the event, the decision, and a line for each device. */
export function entryText(entry: JourneyListEntry): string {
  const { event_id: id, room_id: roomId, room_name: name, decision, devices } = entry
  const room = name === null ? roomId : `"${name}" (${roomId})`
  const rule = decision.rule === null ? '' : ` [rule: ${decision.rule.kind} ${decision.rule.rule_id}]`
  return [
    `${timeOf(entry.at)}  ${id} (${entry.type}, from ${entry.sender}, in ${room})`,
    `  ${decision.text}${rule}`,
    ...devices.map(deviceLine),
  ]
    .map((line) => line.replaceAll(UNPRINTABLE, '\ufffd'))
    .join('\n')
}

function deviceLine(device: ListedDevice): string {
  const { attempts, next_attempt_at: next, arrived, removed_at: removedAt } = device
  const parts = [
    attempts > 1 && `${attempts} attempts`,
    next !== null && `${device.state === 'held' ? 'until' : 'next attempt'} ${timeOf(next)}`,
    arrived !== null && `arrived after ${(arrived.after_ms / 1000).toFixed(1)} s`,
    device.not_seen && 'not seen by the device',
  ].filter((part) => typeof part === 'string')
  const gone = removedAt === null ? '' : `, removed ${timeOf(removedAt)}`
  const name = `${device.device_display_name} (${device.pusher_id}${gone})`
  const more = parts.length === 0 ? '' : ` [${parts.join(', ')}]`
  return `  ${name}: ${device.state}. ${device.text}${more}`
}
