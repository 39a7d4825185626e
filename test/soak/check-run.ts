import { describeRepeat } from './describe-repeat.ts'
import { type Delay, delaysOf, describeLate, lateFigures, ONE_OUTAGE_MS, outagesOf } from './late-pokes.ts'
import { pokesAfterSignals, repeatedPokes, RESUMING_MS } from './repeated-pokes.ts'
import type { ReceivedPoke, Resumption, RunRecord } from './run-record.ts'

// Checks the pokes that a gateway received during a crash run against the guarantees of the server. A pure function.

export type CrashRunResult = {
  /** One sentence each; empty if all guarantees hold. */
  problems: string[]
  /** What is known about some of the problems, by lines. */
  details: string[]
  figures: {
    kills: number
    messages: number
    acknowledged: number
    /** Stored without an acknowledgement to the sender. */
    storedUnacknowledged: number
    pushers: number
    pokes: number
    badgePokes: number
    /**
     * Pairs of a message and a pusher that need a poke, and pairs that need none because the message was read
     * first.
     */
    owed: number
    readFirst: number
    duplicates: number
    /** The largest number of duplicates for one kill, over all pushers. */
    mostDuplicatesPerKill: number
    lost: number
    /**
     * Pokes that a stopped process sent again when it continued, and those of a killed one that arrived after
     * the poke of the next process.
     */
    lateDuplicates: number
    /** Pushes of the server's own gateways. */
    pushes: number
    /** Pushes that a stopped gateway had queued when it continued, and that arrived after later ones. */
    queuedPushes: number
    /** Events without a push, because a later one of their room was sent instead. */
    collapsed: number
    unavailable: number
    /**
     * The longest time from the response to the sender until the first poke of a pusher, and that of 99 % of
     * the pokes, in milliseconds.
     */
    latestMs: number
    lateP99Ms: number
    /** The longest time without the part in which the processes of the pusher may have been dead. */
    latestWithoutOutagesMs: number
    /** The longest part of a delay of which only one outage can be the cause. */
    latestByOneOutageMs: number
    /** The longest delay with a part of several outages, one after the other, and their number. */
    latestOverSeveralMs: number
    outagesOfThat: number
  }
}

/** The most problems of one kind that are listed. */
const SHOWN = 5

export function checkRun(record: RunRecord): CrashRunResult {
  const problems: string[] = []
  const details: string[] = []
  const addProblems = (kind: string, found: readonly string[]) => {
    for (const one of found.slice(0, SHOWN)) problems.push(`${kind}: ${one}`)
    if (found.length > SHOWN) problems.push(`${kind}: and ${found.length - SHOWN} more`)
  }
  const positionOf = new Map(record.stored.map(({ eventId }, at) => [eventId, at]))
  addProblems('acknowledged, but not stored', missingMessages(record, positionOf))
  addProblems('stored twice', repeatedTags(record.stored.map(({ tag }) => tag)))
  const events = record.pokes.filter((poke) => poke.eventId !== undefined)
  addProblems(
    'a poke for an unknown event',
    events.filter(({ eventId }) => !positionOf.has(eventId ?? '')).map(({ eventId }) => String(eventId)),
  )
  const byPusher = Map.groupBy(record.pokes, ({ pushkey }) => pushkey)
  const known = new Set(record.pushers.map(({ pushkey }) => pushkey))
  addProblems(
    'a poke to an unknown pusher',
    [...byPusher.keys()].filter((pushkey) => !known.has(pushkey)),
  )

  let [owed, readFirst, duplicates, mostDuplicatesPerKill, lateDuplicates] = [0, 0, 0, 0, 0]
  let [pushes, queuedPushes, collapsed] = [0, 0, 0]
  const lost: string[] = []
  const delays: Delay[] = []
  const acknowledgedAt = new Map([...record.acknowledged.values()].map(({ eventId, at }) => [eventId, at]))
  const isBefore = (one: string, other = '') => (positionOf.get(one) ?? 0) < (positionOf.get(other) ?? 0)
  const isQueued = mayBeQueued(record.resumptions ?? [], acknowledgedAt)
  for (const pusher of record.pushers) {
    const all = byPusher.get(pusher.pushkey) ?? []
    const late = pokesAfterSignals(all, record)
    lateDuplicates += late.size
    if (pusher.isThroughGateways === true) pushes += all.length
    const pokes = all.filter((poke) => !late.has(poke))
    const received = pokes.filter((poke) => poke.eventId !== undefined)
    // Two processes that continue or end can both have sent an event late.
    const receivedIds = new Set(all.map(({ eventId }) => eventId))
    const newest = new Map(received.map(({ roomId, eventId }) => [roomId, eventId]))
    for (const { eventId, roomId, tag } of record.stored) {
      if (!pusher.rooms.has(roomId)) continue
      if (receivedIds.has(eventId)) owed++
      else if (pusher.collapsed?.has(eventId) && isBefore(eventId, newest.get(roomId))) collapsed++
      else if (pusher.read.has(eventId)) readFirst++
      else lost.push(`${tag} (${eventId}) for ${pusher.pushkey}`)
    }
    const again = repeatedPokes(received, record, positionOf)
    duplicates += again.allowed.length
    mostDuplicatesPerKill = Math.max(mostDuplicatesPerKill, mostOfOneKill(again.allowed))
    addProblems(
      `a duplicate of a poke that was not in flight, for ${pusher.pushkey}`,
      again.forbidden.map(({ poke }) => `${String(poke.eventId)} after ${poke.kills} kills`),
    )
    for (const repeat of again.forbidden.slice(0, SHOWN)) details.push(...describeRepeat(repeat, all, record))
    const queues = record.isOrderedAcrossRooms
      ? [received]
      : [...Map.groupBy(received, ({ roomId }) => roomId).values()]
    const disordered = queues.flatMap((pokesInOrder) => pokesOutOfOrder(pokesInOrder, positionOf))
    const queued = pusher.isThroughGateways === true ? disordered.filter(isQueued) : []
    queuedPushes += queued.length
    addProblems(
      `out of order, for ${pusher.pushkey}`,
      disordered.filter((poke) => !queued.includes(poke)).map(({ eventId }) => String(eventId)),
    )
    delays.push(...delaysOf(received, acknowledgedAt, outagesOf(pusher, pokes, record)))
    const shown = pokes.at(-1)?.unread ?? 0
    if (pokes.length > 0 && shown !== pusher.badge)
      problems.push(`a wrong badge: ${pusher.pushkey} shows ${shown} instead of ${pusher.badge}`)
  }
  addProblems('no poke', lost)
  delays.sort((a, b) => a.ms - b.ms)
  const { latestMs = Infinity } = record
  const isTooLate = ({ ms, outageMs }: Delay) => ms - outageMs > latestMs
  addProblems(
    `later than ${latestMs} ms without the outages`,
    delays
      .filter(isTooLate)
      .map(
        ({ eventId, poke: { pushkey }, ms, outageMs }) =>
          `${eventId} for ${pushkey} after ${ms} ms, of which ${outageMs} ms were outages`,
      ),
  )
  const lateByOne = delays.filter(({ ofOneMs, shares }) => ofOneMs > ONE_OUTAGE_MS && shares.length > 0)
  addProblems(
    `later than ${ONE_OUTAGE_MS} ms by one outage`,
    (record.latestMs === undefined ? [] : lateByOne).map(
      ({ eventId, poke: { pushkey }, ms, ofOneMs }) =>
        `${eventId} for ${pushkey} after ${ms} ms, of which ${ofOneMs} ms by one outage`,
    ),
  )
  const described = delays.filter((one) => isTooLate(one) || one.ms > ONE_OUTAGE_MS)
  details.push(...describeLate(described, record.pokes, record))
  if (owed === 0 && lost.length === 0) problems.push('no poke was expected: the run checks nothing')
  const figures = {
    kills: record.kills,
    messages: record.stored.length,
    acknowledged: record.acknowledged.size,
    storedUnacknowledged: record.stored.filter(({ tag }) => !record.acknowledged.has(tag)).length,
    pushers: record.pushers.length,
    pokes: record.pokes.length,
    badgePokes: record.pokes.length - events.length,
    owed: owed + lost.length,
    readFirst,
    duplicates,
    mostDuplicatesPerKill,
    lost: lost.length,
    lateDuplicates,
    pushes,
    queuedPushes,
    collapsed,
    unavailable: record.unavailable ?? 0,
    latestMs: delays.at(-1)?.ms ?? 0,
    lateP99Ms: delays[Math.floor(delays.length * 0.99)]?.ms ?? 0,
    ...lateFigures(delays),
  }
  return { problems, details, figures }
}

function missingMessages({ acknowledged }: RunRecord, positionOf: ReadonlyMap<string, number>): string[] {
  return [...acknowledged].filter(([, { eventId }]) => !positionOf.has(eventId)).map(([tag]) => tag)
}

function repeatedTags(tags: readonly string[]): string[] {
  return tags.filter((tag, at) => tags.indexOf(tag) !== at)
}

function mostOfOneKill(repeats: readonly ReceivedPoke[]): number {
  return Math.max(0, ...[...Map.groupBy(repeats, ({ kills }) => kills).values()].map(({ length }) => length))
}

function pokesOutOfOrder(
  received: readonly ReceivedPoke[],
  positionOf: ReadonlyMap<string, number>,
): ReceivedPoke[] {
  const found: ReceivedPoke[] = []
  let highest = -1
  for (const poke of received) {
    const at = positionOf.get(poke.eventId ?? '')
    if (at === undefined) continue
    if (at < highest) found.push(poke)
    highest = Math.max(highest, at)
  }
  return found
}

/**
 * A gateway responds to a notification after 10 s and queues it, and new ones do not wait for the queue. So a
 * gateway that was stopped can send what it had taken before after later ones.
 */
const mayBeQueued =
  (resumptions: readonly Resumption[], acknowledgedAt: ReadonlyMap<string, number>) =>
  ({ eventId = '', at }: ReceivedPoke) => {
    const takenAt = acknowledgedAt.get(eventId) ?? at
    return resumptions.some(
      ({ at: resumed }) => takenAt <= resumed && at >= resumed && at <= resumed + RESUMING_MS,
    )
  }
