import { readActions, ruleOf } from '../notifications/stored-rule.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import { wakesDevice } from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'
import { arrivalsOf, type EventArrival } from '../trace/arrival/arrival-store.ts'
import { decisionIn } from '../trace/decisions-store.ts'
import { deviceState, type DeviceState } from '../trace/device-state.ts'
import { journeyStep, pusherSteps, type UserEvent } from '../trace/journey.ts'
import { decideForUser, isOfIgnoredSender, type UserDecision } from '../trace/notify-reason.ts'
import { type StoredStep, stepsOfEvents } from '../trace/steps-store.ts'
import { type ListedEvent, listedEvents } from './journey-list-store.ts'
import { type KnownPusher, knownPushers, pusherOfEvent } from './journey-pushers.ts'
import { type JourneyFilter, type PositionReader, positionReader } from './journey-scan.ts'
import { queuedBetween } from './journey-store.ts'
import { roomNamesFor } from './room-names.ts'

/** An event with the state for each device of a user. */
export type JourneyEntry = {
  event_id: EventId
  room_id: RoomId
  room_name: string | null
  sender: UserId
  type: string
  at: number
  redacted: boolean
  /** `notifies` null: it is not known any more. */
  decision: {
    notifies: boolean | null
    reason: string
    text: string
    rule: { kind: string; rule_id: string } | null
  }
  devices: DeviceEntry[]
}

/** The state of the event for one pusher that existed at the time of the event. */
export type DeviceEntry = {
  pusher_id: number
  app_id: string
  app_display_name: string
  device_display_name: string
  instance_handle: string | null
  removed_at: number | null
  state: DeviceState
  reason: string
  text: string
  /** The time of the step that gives the state. */
  at: number | null
  attempts: number
  next_attempt_at: number | null
  /** Of the last attempt. */
  error: string | null
  /** The fetch of the event by the device, and the time since the poke, in milliseconds; null: not known. */
  arrived: { at: number; after_ms: number } | null
  /** The device usually fetches events, and has not fetched this one. */
  not_seen: boolean
}

export type JourneyListRequest = {
  userId: UserId
  filter: JourneyFilter
  /** The maximum number of journeys, at least 1. */
  limit: number
  /** `next` of the previous page. */
  from?: number | undefined
}

export type JourneyPage = {
  journeys: JourneyEntry[]
  total: number
  /** There can be more than `total`. */
  isBounded: boolean
  next?: number
}

/** The maximum of `total` without filters that depend on the steps of the events. */
const MAX_COUNTED = 1000
/** The maximum number of events of which a request reads the steps: for its page, and for its total. */
const MAX_EXAMINED = 500
const CHUNK = 250
const TOP = Number.MAX_SAFE_INTEGER

/**
 * The journeys of a user that match, newest first. A page can have fewer journeys than `limit`, or none, and
 * still have a `next`: a request examines a limited number of events. `q` should be a snapshot.
 */
export async function listJourneys(q: Queries, request: JourneyListRequest): Promise<JourneyPage> {
  const { userId, filter, limit, from } = request
  const pushers = await knownPushers(q, userId)
  const list: List = {
    q,
    userId,
    filter,
    pushers,
    read: await positionReader(q, { userId, filter, pushers }),
  }
  const all = isFiltered(filter) ? await examine(list, { before: TOP, upTo: Infinity }) : undefined
  const { total, isBounded } = all ?? (await countAll(list))
  const page = (from === undefined && all) || (await examine(list, { before: from ?? TOP, upTo: limit + 1 }))
  const shown = page.found.slice(0, limit)
  const last = shown.at(-1)
  const next = page.found.length > limit ? last?.position : page.nextBefore
  return {
    journeys: await entriesOf(list, shown),
    total,
    isBounded,
    ...(next !== undefined && { next }),
  }
}

type List = {
  q: Queries
  userId: UserId
  filter: JourneyFilter
  pushers: readonly KnownPusher[]
  read: PositionReader
}

/** Whether the list depends on more than the events. */
const isFiltered = ({ states, device }: JourneyFilter): boolean =>
  states !== undefined || device !== undefined

/** Counts positions only. The page at the top uses them as well. */
async function countAll(list: List): Promise<{ total: number; isBounded: boolean }> {
  const { read } = list
  const top = await read(TOP, MAX_COUNTED + 1)
  const { length } = top.positions
  list.read = async (before, count) => {
    if (before !== TOP || count > MAX_COUNTED) return read(before, count)
    return { positions: top.positions.slice(0, count), isLast: top.isLast && length <= count }
  }
  return { total: Math.min(length, MAX_COUNTED), isBounded: length > MAX_COUNTED }
}

type Found = { position: number; event: ListedEvent; decision: UserDecision; devices: DeviceEntry[] }

/** `nextBefore`: where the next request continues; undefined: all events were examined. */
type Examined = { found: Found[]; total: number; isBounded: boolean; nextBefore: number | undefined }

/** Reads events from `before` on, until `upTo` of them match or MAX_EXAMINED are examined. */
async function examine(list: List, { before, upTo }: { before: number; upTo: number }): Promise<Examined> {
  const found: Found[] = []
  let [examined, nextBefore]: [number, number | undefined] = [0, before]
  while (nextBefore !== undefined && examined < MAX_EXAMINED && found.length < upTo) {
    const count = Math.min(isFiltered(list.filter) ? CHUNK : upTo, MAX_EXAMINED - examined)
    const { positions, isLast } = await list.read(nextBefore, count)
    found.push(...(await matching(list, positions)))
    examined += positions.length
    nextBefore = isLast ? undefined : positions.at(-1)
  }
  return { found, total: found.length, isBounded: nextBefore !== undefined, nextBefore }
}

async function matching(
  { q, userId, filter, pushers }: Omit<List, 'read'>,
  positions: readonly number[],
): Promise<Found[]> {
  const [high, low] = [positions[0], positions.at(-1)]
  if (high === undefined || low === undefined) return []
  const events = await q.all(listedEvents, { userId, positions })
  const pusherIds = pushers.map(({ pusherId }) => pusherId)
  const steps = await stepsOfEvents(q, { positions, pusherIds })
  const arrivals = await arrivalsOf(q, { positions, pusherIds })
  const queued = Map.groupBy(await q.all(queuedBetween, { pusherIds, low, high }), (item) => item.position)
  const isShown = matches(filter)
  return events.flatMap((event) => {
    const { position } = event
    if (filter.roomId !== undefined && event.room_id !== filter.roomId) return []
    const records = {
      steps: steps.get(position) ?? [],
      queued: queued.get(position) ?? [],
      arrivals: arrivals.get(position) ?? [],
    }
    const decision = decisionOf(userId, event)
    const devices = devicesOf(pushers, { at: event.origin_server_ts, notifies: decision.notifies }, records)
    return isShown({ devices }) ? [{ position, event, decision, devices }] : []
  })
}

export type JourneysAt = {
  userId: UserId
  filter: JourneyFilter
  pushers: readonly KnownPusher[]
  positions: readonly number[]
}

/**
 * The journeys at these positions (newest first) that match, and the events that do not match because of
 * their devices. Events that do not concern the user are left out.
 */
export async function journeysAt(
  q: Queries,
  { userId, filter, pushers, positions }: JourneysAt,
): Promise<{ journeys: JourneyEntry[]; others: { position: number; eventId: EventId }[] }> {
  const list = { q, userId, pushers }
  const found = await matching({ ...list, filter: { roomId: filter.roomId, since: 0 } }, positions)
  const isShown = matches(filter)
  return {
    journeys: await entriesOf(list, found.filter(isShown)),
    others: found
      .filter((one) => !isShown(one))
      .map(({ position, event }) => ({ position, eventId: event.event_id })),
  }
}

/** Whether one of the devices is wanted. */
const matches =
  (filter: JourneyFilter) =>
  ({ devices }: Pick<Found, 'devices'>): boolean =>
    !isFiltered(filter) ||
    devices.some(
      ({ state, pusher_id: id }) => (filter.states?.has(state) ?? true) && (filter.device ?? id) === id,
    )

type Records = {
  steps: readonly (StoredStep & { at: number })[]
  queued: readonly { lane_id: number; created_at: number }[]
  arrivals: readonly EventArrival[]
}

function devicesOf(
  pushers: readonly KnownPusher[],
  event: UserEvent,
  { steps, queued, arrivals }: Records,
): DeviceEntry[] {
  const { at } = event
  return pushers
    .filter(({ createdAt, removedAt }) => createdAt <= at && (removedAt ?? at) >= at)
    .map((pusher) => {
      const kept = steps.filter(({ pusherId }) => pusherId === pusher.pusherId)
      const queuedAt = queued.find(({ lane_id: laneId }) => laneId === pusher.pusherId)?.created_at ?? null
      const ofEvent = pusherOfEvent(pusher, { at, queuedAt, kept, gateway: [] })
      const arrival = arrivals.find(({ pusherId }) => pusherId === pusher.pusherId)
      return deviceEntry(pusher, pusherSteps(ofEvent, event), arrival)
    })
}

function deviceEntry(
  pusher: KnownPusher,
  steps: ReturnType<typeof pusherSteps>,
  arrival: EventArrival | undefined,
): DeviceEntry {
  const { state, step } = deviceState(steps) ?? {
    state: 'unknown' as const,
    step: journeyStep('not queued', 'not recorded', { at: null }),
  }
  const attempts = steps.filter((one) => one.step === 'attempt')
  return {
    pusher_id: pusher.pusherId,
    app_id: pusher.appId,
    app_display_name: pusher.appDisplayName,
    device_display_name: pusher.deviceDisplayName,
    instance_handle: pusher.handle,
    removed_at: pusher.removedAt,
    state,
    reason: step.reason,
    text: step.text,
    at: step.at,
    attempts: attempts.length,
    next_attempt_at: state === 'held' ? pusher.heldUntil : (step.next_attempt_at ?? null),
    error: step.error ?? attempts.at(-1)?.error ?? null,
    arrived: arrival?.state === 'fetched' ? { at: arrival.at, after_ms: arrival.at - arrival.sentAt } : null,
    not_seen: arrival?.state === 'not seen',
  }
}

function decisionOf(userId: UserId, { cohort, decisions, ...row }: ListedEvent): UserDecision {
  const outcome =
    row.notify === null || row.actions === null
      ? undefined
      : {
          notify: row.notify === 1,
          rule: ruleOf(row),
          wakes: wakesDevice({ actions: readActions(row.actions) }),
        }
  const recorded =
    decisions === null || cohort === null ? undefined : decisionIn(decisions, { cohort, userId })
  return decideForUser({ ignoresSender: isOfIgnoredSender(outcome), outcome, recorded })
}

async function entriesOf(
  { q, userId }: Pick<List, 'q' | 'userId'>,
  found: readonly Found[],
): Promise<JourneyEntry[]> {
  const names = await roomNamesFor(q, userId, [...new Set(found.map(({ event }) => event.room_id))])
  return found.map(({ event, decision, devices }) => {
    const { notifies, reason, rule } = decision
    return {
      event_id: event.event_id,
      room_id: event.room_id,
      room_name: names.get(event.room_id) ?? null,
      sender: event.sender,
      type: event.type,
      at: event.origin_server_ts,
      redacted: event.redacted_by !== null,
      decision: {
        notifies: notifies ?? null,
        reason,
        text: journeyStep('decided', reason, { at: null }).text,
        rule: rule && { kind: rule.kind, rule_id: rule.ruleId },
      },
      devices,
    }
  })
}
