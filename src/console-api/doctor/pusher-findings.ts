import { LONG_OUTAGE_MS } from '../../delivery/collapse.ts'
import { type JsonObject, parseStored } from '../../lib/json.ts'
import { shortHash } from '../../lib/short-hash.ts'
import { DAY_MS } from '../../lib/sweeper.ts'
import type { RemovedRow } from '../../pushers/removed-store.ts'
import type { QueuedPusher } from '../../pushers/status-store.ts'
import { summaryOf } from '../../trace/arrival/arrivals.ts'
import type { DoctorFacts } from './facts.ts'
import type { Finding, Remedy } from './finding.ts'

/** What is wrong with the pushers of a user. Pure. */
export function pusherFindings(facts: DoctorFacts): Finding[] {
  const { pushers, rules } = facts
  const handles = new Set(pushers.map((pusher) => pusher.handle))
  return [
    ...(pushers.length === 0
      ? [{ code: 'no pusher' as const, text: 'You have no pusher.', about: {}, remedies: [] }]
      : []),
    ...deliveryFindings(facts),
    ...removedFindings(facts),
    ...pushers.flatMap((pusher) => [
      ...stateFindings(facts, pusher),
      ...arrivalFindings(facts, pusher),
      ...sharedHandle(facts, pusher),
    ]),
    ...[...rules.device.keys()]
      .filter((handle) => !handles.has(handle))
      .map((handle) => ({
        code: 'device rules without a pusher' as const,
        text: `There are push rules for the handle ${handle}, and no pusher has it.`,
        about: { handle },
        remedies: [],
      })),
  ]
}

/** Of several processes, none has the role delivery. */
function deliveryFindings({ pushers, isDelivering }: DoctorFacts): Finding[] {
  if (isDelivering || pushers.length === 0) return []
  const text = 'No process of the server sends notifications now. They wait until one does.'
  return [{ code: 'no process delivers', text, about: {}, remedies: [] }]
}

/** Pushers that were removed against the wish of the user, and not set again by the app since. */
function removedFindings({ pushers, removed }: DoctorFacts): Finding[] {
  const isBack = (row: RemovedRow) =>
    pushers.some(
      ({ app_id: appId, device_display_name: name, device_id: device }) =>
        appId === row.app_id && (name === row.device_display_name || device === row.device_id),
    )
  const known = new Set<string>()
  return removed.flatMap((row) => {
    const why = REMOVED_BY_OTHERS.get(row.reason)
    const key = JSON.stringify([row.app_id, row.device_display_name])
    if (why === undefined || isBack(row) || known.has(key)) return []
    known.add(key)
    return {
      code: 'pusher was removed' as const,
      text: `The pusher of ${row.device_display_name} (${row.app_id}) was removed, because ${why}.`,
      about: { since: row.removed_at },
      remedies: [],
    }
  })
}

const REMOVED_BY_OTHERS: ReadonlyMap<string, string> = new Map([
  ['rejected', 'its push gateway reported that the pushkey is no longer valid'],
  ['not confirmed', 'its app did not confirm it in time'],
  ['taken over', 'another user set a pusher with the same pushkey'],
])

function stateFindings({ now }: DoctorFacts, pusher: QueuedPusher): Finding[] {
  const about = { pusherId: pusher.pusher_id }
  const name = nameOf(pusher)
  if (pusher.enabled === 0) {
    const remedies = [
      setPusher(pusher, {
        code: 'enable pusher',
        label: `Enable the pusher of ${name}`,
        change: { enabled: true },
      }),
    ]
    return [{ code: 'pusher is disabled', text: `The pusher of ${name} is disabled.`, about, remedies }]
  }
  if (pusher.activated === 0)
    return [
      {
        code: 'pusher is not confirmed',
        text: `The app has not confirmed the pusher of ${name}.`,
        about,
        remedies: [],
      },
    ]
  const { failing_since: since, last_error: error } = pusher
  if (since === null) return []
  const isLong = now - since >= LONG_OUTAGE_MS
  return [
    {
      code: isLong ? 'pusher is failing' : 'pusher is retrying',
      text: `The pusher of ${name} has failed since ${new Date(since).toISOString()} (${error ?? 'unknown'}), with ${pusher.attempts} attempts.`,
      about: { ...about, since },
      remedies: [
        testPush(pusher, `Send a test to ${name}`),
        ...(isLong ? [deletePusher(pusher, `Delete the pusher of ${name}`)] : []),
      ],
    },
  ]
}

/** How long nothing must have arrived, in milliseconds. A device may be offline for a weekend. */
const UNSEEN_MS = 3 * DAY_MS

/** A device that used to fetch the events of its pushes, and does not any more. Apps that never fetch are not known. */
function arrivalFindings({ now, arrivals }: DoctorFacts, pusher: QueuedPusher): Finding[] {
  const { state, lastAt, notSeen } = summaryOf(arrivals.get(pusher.pusher_id) ?? [], now)
  if (pusher.enabled === 0 || state !== 'not seen' || lastAt === null || now - lastAt < UNSEEN_MS) return []
  const name = nameOf(pusher)
  return [
    {
      code: 'pushes do not arrive',
      text: `${name} has fetched none of the last ${notSeen} events that it was notified of. It last fetched one at ${new Date(lastAt).toISOString()}.`,
      about: { pusherId: pusher.pusher_id, since: lastAt },
      remedies: [testPush(pusher, `Send a test to ${name}`)],
    },
  ]
}

function sharedHandle({ holders }: DoctorFacts, pusher: QueuedPusher): Finding[] {
  const { handle } = pusher
  const others = holders.filter((one) => one.handle === handle && one.pusher_id !== pusher.pusher_id)
  // The device with the oldest pusher keeps the handle: the others were made from its data.
  if (handle === null || others.every((other) => other.pusher_id > pusher.pusher_id)) return []
  const name = nameOf(pusher)
  const change = { instance_handle: ownHandle(pusher) }
  return [
    {
      code: 'handle is shared',
      text: `${name} has the same handle as ${others.length === 1 ? 'another device' : `${others.length} other devices`}: ${handle}.`,
      about: { pusherId: pusher.pusher_id, handle },
      remedies: [
        setPusher(pusher, {
          code: 'own handle with the rules',
          label: `Give ${name} a handle of its own, with a copy of the rules`,
          change: { ...change, 'org.belfry.copy_push_rules': true },
        }),
        setPusher(pusher, {
          code: 'own handle without rules',
          label: `Give ${name} a handle of its own, without rules`,
          change,
        }),
      ],
    },
  ]
}

/** At most 32 characters. The same in each response, so that a repeated request changes nothing more. */
const ownHandle = ({ pusher_id: id, handle, pushkey }: QueuedPusher): string =>
  `${(handle ?? '').slice(0, 12)}-${shortHash(`${id} ${pushkey}`)}`

const nameOf = ({ device_display_name: name, app_id: appId }: QueuedPusher) => `${name} (${appId})`

const identityOf = ({ app_id, pushkey }: QueuedPusher): JsonObject => ({ app_id, pushkey })

const testPush = (pusher: QueuedPusher, label: string): Remedy => ({
  code: 'send a test',
  label,
  method: 'POST',
  path: '/_matrix/client/unstable/org.matrix.msc4173/pushers/push',
  body: identityOf(pusher),
})

const deletePusher = (pusher: QueuedPusher, label: string): Remedy => ({
  code: 'delete pusher',
  label,
  method: 'POST',
  path: SET,
  body: { ...identityOf(pusher), kind: null },
})

const SET = '/_matrix/client/v3/pushers/set'

/** The pusher as it is, with one change. The pusher stays with its device. */
function setPusher(
  pusher: QueuedPusher,
  { code, label, change }: Pick<Remedy, 'code' | 'label'> & { change: JsonObject },
): Remedy {
  const body = {
    ...identityOf(pusher),
    kind: pusher.kind_alias ?? pusher.kind,
    app_display_name: pusher.app_display_name,
    device_display_name: pusher.device_display_name,
    lang: pusher.lang,
    data: parseStored(pusher.data),
    enabled: pusher.enabled === 1,
    ...(pusher.handle !== null && { instance_handle: pusher.handle }),
    ...(pusher.disable_badge_count === 1 && { disable_badge_count: true }),
    ...(pusher.hold_ms > 0 && { 'org.belfry.hold_while_active_ms': pusher.hold_ms }),
    append: true,
    ...change,
  }
  return { code, label, method: 'POST', path: SET, body }
}
