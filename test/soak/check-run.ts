// Checks the pokes that a gateway received during a crash run against the guarantees of the server. A pure function.

/** One poke, in the order of arrival at the gateway. */
export type ReceivedPoke = {
  pushkey: string
  /** Undefined: the poke contains only the badge. */
  eventId: string | undefined
  roomId: string | undefined
  unread: number | undefined
  /** How often the server had been killed before. */
  kills: number
  /** The time of arrival, in milliseconds. */
  at: number
}

export type RunRecord = {
  /** Every message in the database at the end, by stream position. `tag` is the text that its sender chose. */
  stored: readonly { eventId: string; roomId: string; tag: string }[]
  /** Event ids that the server returned, and the time of the response in milliseconds, by tag. */
  acknowledged: ReadonlyMap<string, { eventId: string; at: number }>
  pushers: readonly {
    pushkey: string
    rooms: ReadonlySet<string>
    /** Events that the user may have read before their poke. */
    read: ReadonlySet<string>
    /** The correct badge at the end. */
    badge: number
  }[]
  pokes: readonly ReceivedPoke[]
  kills: number
  /** The stream has one shard, so a pusher gets its pokes in the order of the events over all rooms; otherwise in the order of each room. */
  isOrderedAcrossRooms: boolean
  /** The longest time from the response to the sender until the poke, in milliseconds; undefined: not limited. */
  latestMs?: number | undefined
  /** The times at which stopped processes continued, in milliseconds: each may send a poke again that another process has sent meanwhile. */
  resumedAt?: readonly number[]
  /** When each kill began, and when the process was gone, in milliseconds. Another process may take over in between. */
  deaths?: readonly Death[]
  /** Responses with 503, which the senders have repeated. */
  unavailable?: number
}

export type Death = { from: number; to: number }

export type CrashRunResult = {
  /** One sentence each; empty if all guarantees hold. */
  problems: string[]
  figures: {
    kills: number
    messages: number
    acknowledged: number
    /** Stored without an acknowledgement to the sender. */
    storedUnacknowledged: number
    pushers: number
    pokes: number
    badgePokes: number
    /** Pairs of a message and a pusher that need a poke, and pairs that need none because the message was read first. */
    owed: number
    readFirst: number
    duplicates: number
    /** The largest number of duplicates for one kill, over all pushers. */
    mostDuplicatesPerKill: number
    lost: number
    /** Pokes that a stopped process sent again when it continued. */
    lateDuplicates: number
    unavailable: number
    /** The longest time from the response to the sender until the first poke of a pusher, and that of 99 % of the pokes, in milliseconds. */
    latestMs: number
    lateP99Ms: number
  }
}

/** The most problems of one kind that are listed. */
const SHOWN = 5

export function checkRun(record: RunRecord): CrashRunResult {
  const problems: string[] = []
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
  const lost: string[] = []
  const delays: Delay[] = []
  const acknowledgedAt = new Map([...record.acknowledged.values()].map(({ eventId, at }) => [eventId, at]))
  for (const pusher of record.pushers) {
    const all = byPusher.get(pusher.pushkey) ?? []
    const late = afterStops(all, record.resumedAt ?? [])
    lateDuplicates += late.size
    const pokes = all.filter((poke) => !late.has(poke))
    const received = pokes.filter((poke) => poke.eventId !== undefined)
    const receivedIds = new Set(received.map(({ eventId }) => eventId))
    for (const { eventId, roomId, tag } of record.stored) {
      if (!pusher.rooms.has(roomId)) continue
      if (receivedIds.has(eventId)) owed++
      else if (pusher.read.has(eventId)) readFirst++
      else lost.push(`${tag} (${eventId}) for ${pusher.pushkey}`)
    }
    const again = repeated(received, record.deaths ?? [])
    duplicates += again.allowed.length
    mostDuplicatesPerKill = Math.max(mostDuplicatesPerKill, mostOfOneKill(again.allowed))
    addProblems(`a duplicate of a poke that was not in flight, for ${pusher.pushkey}`, again.forbidden)
    const queues = record.isOrderedAcrossRooms
      ? [received]
      : [...Map.groupBy(received, ({ roomId }) => roomId).values()]
    addProblems(
      `out of order, for ${pusher.pushkey}`,
      queues.flatMap((pokesInOrder) => pokesOutOfOrder(pokesInOrder, positionOf)),
    )
    delays.push(...delaysOf(received, acknowledgedAt))
    const shown = pokes.at(-1)?.unread ?? 0
    if (pokes.length > 0 && shown !== pusher.badge)
      problems.push(`a wrong badge: ${pusher.pushkey} shows ${shown} instead of ${pusher.badge}`)
  }
  addProblems('no poke', lost)
  delays.sort((a, b) => a.ms - b.ms)
  const { latestMs = Infinity } = record
  addProblems(
    `later than ${latestMs} ms`,
    delays
      .filter(({ ms }) => ms > latestMs)
      .map(({ eventId, pushkey, ms }) => `${eventId} for ${pushkey} after ${ms} ms`),
  )
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
    unavailable: record.unavailable ?? 0,
    latestMs: delays.at(-1)?.ms ?? 0,
    lateP99Ms: delays[Math.floor(delays.length * 0.99)]?.ms ?? 0,
  }
  return { problems, figures }
}

function missingMessages({ acknowledged }: RunRecord, positionOf: ReadonlyMap<string, number>): string[] {
  return [...acknowledged].filter(([, { eventId }]) => !positionOf.has(eventId)).map(([tag]) => tag)
}

type Delay = { eventId: string; pushkey: string; ms: number }

/** The delay of the first poke for each event. */
function delaysOf(received: readonly ReceivedPoke[], acknowledgedAt: ReadonlyMap<string, number>): Delay[] {
  const delays = new Map<string, Delay>()
  for (const { eventId = '', pushkey, at } of received) {
    const since = acknowledgedAt.get(eventId)
    if (since === undefined || delays.has(eventId)) continue
    delays.set(eventId, { eventId, pushkey, ms: Math.max(0, at - since) })
  }
  return [...delays.values()]
}

function repeatedTags(tags: readonly string[]): string[] {
  return tags.filter((tag, at) => tags.indexOf(tag) !== at)
}

/** A process that continues needs this time to notice that its leases were ended. */
const RESUMING_MS = 10_000

/** For each time at which a process continued, the first poke for an event whose poke had arrived before. */
function afterStops(pokes: readonly ReceivedPoke[], resumedAt: readonly number[]): ReadonlySet<ReceivedPoke> {
  const late = new Set<ReceivedPoke>()
  for (const resumed of resumedAt) {
    const again = pokes.find(
      ({ eventId, at }, index) =>
        at >= resumed &&
        at <= resumed + RESUMING_MS &&
        eventId !== undefined &&
        pokes.slice(0, index).some((before) => before.eventId === eventId && before.at < resumed),
    )
    if (again) late.add(again)
  }
  return late
}

/** A busy gateway reads what a process has sent up to this time after its end. */
const READING_MS = 2_000

/**
 * Events that a pusher received more than once. One poke is in flight for each pusher, so after a kill only the last poke may be sent again,
 * as the next poke of that pusher.
 */
function repeated(
  received: readonly ReceivedPoke[],
  deaths: readonly Death[],
): { allowed: number[]; forbidden: string[] } {
  const isKillBetween = (before: ReceivedPoke, poke: ReceivedPoke) =>
    before.kills !== poke.kills ||
    deaths.some(({ from, to }) => from <= poke.at && before.at <= to + READING_MS)
  const allowed: number[] = []
  const forbidden: string[] = []
  const seen = new Set<string | undefined>()
  for (const [at, poke] of received.entries()) {
    if (seen.has(poke.eventId)) {
      const before = received[at - 1]
      if (before && before.eventId === poke.eventId && isKillBetween(before, poke)) allowed.push(poke.kills)
      else forbidden.push(`${String(poke.eventId)} after ${poke.kills} kills`)
    }
    seen.add(poke.eventId)
  }
  return { allowed, forbidden }
}

function mostOfOneKill(values: readonly number[]): number {
  return Math.max(0, ...[...Map.groupBy(values, (value) => value).values()].map(({ length }) => length))
}

function pokesOutOfOrder(
  received: readonly ReceivedPoke[],
  positionOf: ReadonlyMap<string, number>,
): string[] {
  const found: string[] = []
  let highest = -1
  for (const { eventId = '' } of received) {
    const at = positionOf.get(eventId)
    if (at === undefined) continue
    if (at < highest) found.push(eventId)
    highest = Math.max(highest, at)
  }
  return found
}
