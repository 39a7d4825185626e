// What a server that was killed again and again has promised, held against what its gateway has seen. Pure: the story in,
// what is wrong with it out.

/** One poke, in the order in which the gateway was given them. */
export type SeenPoke = {
  pushkey: string
  /** None: it told the badge alone. */
  eventId: string | undefined
  roomId: string | undefined
  unread: number | undefined
  /** So many times had the server been killed. */
  kills: number
}

export type Story = {
  /** Every message that the server has in the end, in the order of its stream. `tag` was given to each by its sender. */
  stored: readonly { eventId: string; roomId: string; tag: string }[]
  /** What the server acknowledged, by tag. */
  acknowledged: ReadonlyMap<string, string>
  pushers: readonly {
    pushkey: string
    rooms: ReadonlySet<string>
    /** Messages that their user may have read before they were told of them. */
    read: ReadonlySet<string>
    /** The number that is true in the end. */
    badge: number
  }[]
  pokes: readonly SeenPoke[]
  kills: number
}

export type CrashRunResult = {
  /** One sentence each; none is what is hoped for. */
  problems: string[]
  figures: {
    kills: number
    messages: number
    acknowledged: number
    /** Stored, although their senders were never told. */
    storedUnacknowledged: number
    pushers: number
    pokes: number
    badgePokes: number
    /** Pairs of a message and a pusher that had to be told, and those that were read first and need not. */
    owed: number
    readFirst: number
    duplicates: number
    /** The most that one pusher was told twice around one kill. */
    mostDuplicatesPerKill: number
    lost: number
  }
}

/** At most so many sentences of one kind: the first few say what is wrong. */
const SHOWN = 5

export function judge(story: Story): CrashRunResult {
  const problems: string[] = []
  const complain = (kind: string, found: readonly string[]) => {
    for (const one of found.slice(0, SHOWN)) problems.push(`${kind}: ${one}`)
    if (found.length > SHOWN) problems.push(`${kind}: and ${found.length - SHOWN} more`)
  }
  const place = new Map(story.stored.map(({ eventId }, at) => [eventId, at]))
  complain('acknowledged, but not stored', missing(story, place))
  complain('stored twice', twice(story.stored.map(({ tag }) => tag)))
  const events = story.pokes.filter((poke) => poke.eventId !== undefined)
  complain(
    'a poke for what does not exist',
    events.filter(({ eventId }) => !place.has(eventId ?? '')).map(({ eventId }) => String(eventId)),
  )
  const byPusher = Map.groupBy(story.pokes, ({ pushkey }) => pushkey)
  const known = new Set(story.pushers.map(({ pushkey }) => pushkey))
  complain(
    'a poke to nobody',
    [...byPusher.keys()].filter((pushkey) => !known.has(pushkey)),
  )

  let [owed, readFirst, duplicates, mostDuplicatesPerKill] = [0, 0, 0, 0]
  const lost: string[] = []
  for (const pusher of story.pushers) {
    const pokes = byPusher.get(pusher.pushkey) ?? []
    const told = pokes.filter((poke) => poke.eventId !== undefined)
    const toldIds = new Set(told.map(({ eventId }) => eventId))
    for (const { eventId, roomId, tag } of story.stored) {
      if (!pusher.rooms.has(roomId)) continue
      if (toldIds.has(eventId)) owed++
      else if (pusher.read.has(eventId)) readFirst++
      else lost.push(`${tag} (${eventId}) for ${pusher.pushkey}`)
    }
    const again = repeated(told)
    duplicates += again.allowed.length
    mostDuplicatesPerKill = Math.max(mostDuplicatesPerKill, most(again.allowed))
    complain(`a duplicate of what was not in flight, for ${pusher.pushkey}`, again.forbidden)
    complain(`out of order, for ${pusher.pushkey}`, outOfOrder(told, place))
    const shown = pokes.at(-1)?.unread ?? 0
    if (pokes.length > 0 && shown !== pusher.badge)
      problems.push(`a wrong badge: ${pusher.pushkey} shows ${shown}, and ${pusher.badge} is true`)
  }
  complain('no poke', lost)
  if (owed === 0 && lost.length === 0) problems.push('nothing was to be told: there is nothing to judge by')
  const figures = {
    kills: story.kills,
    messages: story.stored.length,
    acknowledged: story.acknowledged.size,
    storedUnacknowledged: story.stored.filter(({ tag }) => !story.acknowledged.has(tag)).length,
    pushers: story.pushers.length,
    pokes: story.pokes.length,
    badgePokes: story.pokes.length - events.length,
    owed: owed + lost.length,
    readFirst,
    duplicates,
    mostDuplicatesPerKill,
    lost: lost.length,
  }
  return { problems, figures }
}

function missing({ acknowledged }: Story, place: ReadonlyMap<string, number>): string[] {
  return [...acknowledged].filter(([, eventId]) => !place.has(eventId)).map(([tag]) => tag)
}

function twice(tags: readonly string[]): string[] {
  return tags.filter((tag, at) => tags.indexOf(tag) !== at)
}

/**
 * What a pusher was told more than once. One poke is in flight per pusher, so a kill can make it forget the last one alone:
 * the next thing that it is told of is that event again.
 */
function repeated(told: readonly SeenPoke[]): { allowed: number[]; forbidden: string[] } {
  const allowed: number[] = []
  const forbidden: string[] = []
  const seen = new Set<string | undefined>()
  for (const [at, poke] of told.entries()) {
    if (seen.has(poke.eventId)) {
      const before = told[at - 1]
      if (before?.eventId === poke.eventId && before?.kills !== poke.kills) allowed.push(poke.kills)
      else forbidden.push(`${String(poke.eventId)} after ${poke.kills} kills`)
    }
    seen.add(poke.eventId)
  }
  return { allowed, forbidden }
}

function most(values: readonly number[]): number {
  return Math.max(0, ...[...Map.groupBy(values, (value) => value).values()].map(({ length }) => length))
}

function outOfOrder(told: readonly SeenPoke[], place: ReadonlyMap<string, number>): string[] {
  const found: string[] = []
  let furthest = -1
  for (const { eventId = '' } of told) {
    const at = place.get(eventId)
    if (at === undefined) continue
    if (at < furthest) found.push(eventId)
    furthest = Math.max(furthest, at)
  }
  return found
}
