import { faultText } from './fault-text.ts'
import { UNPRINTABLE } from './push-explain-text.ts'

type Identity = {
  user_id: string
  app_id: string
  pushkey_hash: string
  device_display_name: string
}
type Times = { last_success_at: number | null; failing_since: number | null; last_error: string | null }

/** The printed part of the response of `GET /_belfry/v1/pushers`. Times are milliseconds since the Unix epoch. */
export type PusherReport = {
  pushers: (Identity &
    Times & {
      state: string
      queued: number
      next_attempt_at: number | null
      sending_since?: number | null
      held_until?: number | null
      handle_shared_with: string[]
      arrival?: { state: string; last_arrived_at: number | null; usual_ms: number | null; not_seen: number }
    })[]
  removed: (Identity & Times & { reason: string; removed_at: number })[]
}

/** For people: one line for each pusher with its problems below it, then the removed pushers. */
export function statusText({ pushers, removed }: PusherReport): string {
  return [
    ...(pushers.length === 0 ? ['No pushers.'] : pushers.flatMap(pusherLines)),
    ...(removed.length === 0 ? [] : ['', 'Removed in the last 30 days:', ...removed.map(removedLine)]),
  ]
    .map((line) => line.replaceAll(UNPRINTABLE, '\ufffd'))
    .join('\n')
}

type Pusher = PusherReport['pushers'][number]

function pusherLines(pusher: Pusher): string[] {
  const { state, queued, last_success_at: success, handle_shared_with: sharing } = pusher
  const waiting = queued === 0 ? 'nothing waits' : `${queued} waiting`
  const last = success === null ? 'nothing sent yet' : `last sent ${at(success)}`
  return [
    `${nameOf(pusher)}: ${state}, ${last}, ${waiting}`,
    ...troubleOf(pusher),
    ...arrivalOf(pusher),
    ...(sharing.length === 0 ? [] : [`  its instance_handle is shared with: ${sharing.join(', ')}`]),
  ]
}

function troubleOf(pusher: Pusher): string[] {
  const { failing_since, last_error, next_attempt_at, sending_since = null, held_until = null } = pusher
  const next =
    next_attempt_at === null || sending_since !== null ? '' : `, next attempt ${at(next_attempt_at)}`
  return [
    ...(failing_since === null
      ? []
      : [`  failing since ${at(failing_since)} (${faultText(last_error ?? 'unknown')})${next}`]),
    ...(sending_since === null ? [] : [`  an attempt is under way since ${at(sending_since)}`]),
    ...(held_until === null ? [] : [`  held until ${at(held_until)}: its user is active on another device`]),
  ]
}

/** The fetches of events by the device: a proof that pushes arrive. */
function arrivalOf({ arrival }: Pusher): string[] {
  if (arrival === undefined || arrival.last_arrived_at === null) return []
  const { last_arrived_at: last, usual_ms: usual, not_seen: missing } = arrival
  const usually = usual === null ? '' : `, usually after ${(usual / 1000).toFixed(1)} s`
  return [
    `  last arrived ${at(last)}${usually}`,
    ...(missing === 0
      ? []
      : [`  not seen: the app has not fetched the last ${missing === 1 ? 'event' : `${missing} events`}`]),
  ]
}

function removedLine(pusher: PusherReport['removed'][number]): string {
  const error = pusher.last_error === null ? '' : ` (last error: ${pusher.last_error})`
  return `  ${at(pusher.removed_at)}  ${nameOf(pusher)}: ${pusher.reason}${error}`
}

const nameOf = ({ user_id, app_id, pushkey_hash, device_display_name }: Identity) =>
  `${user_id} ${device_display_name} (${app_id}, ${pushkey_hash})`

/** In UTC, to the second. */
const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`
