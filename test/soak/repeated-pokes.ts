import type { ReceivedPoke, Resumption, RunRecord } from './run-record.ts'

// Which pokes a pusher may receive twice.

/** A process that continues needs this time to notice that its leases were ended. */
const RESUMING_MS = 10_000

/** For each process that continued, the first poke that another process has sent too: its request was in flight. */
export function pokesAfterStops(
  pokes: readonly ReceivedPoke[],
  resumptions: readonly Resumption[],
): ReadonlySet<ReceivedPoke> {
  const late = new Set<ReceivedPoke>()
  for (const { process, at: resumed } of resumptions) {
    const isOfAnother = ({ eventId }: ReceivedPoke) =>
      pokes.some((other) => other.eventId === eventId && other.process !== process)
    const again = pokes.find(
      (poke) =>
        poke.process === process &&
        poke.at >= resumed &&
        poke.at <= resumed + RESUMING_MS &&
        poke.eventId !== undefined &&
        isOfAnother(poke),
    )
    if (again) late.add(again)
  }
  return late
}

/** A busy gateway reads what a process has sent up to this time after its end or stop. */
const READING_MS = 10_000

export type Repeat = { before: ReceivedPoke; poke: ReceivedPoke }

/**
 * Events that a pusher received more than once. One poke is in flight for each pusher, so only the last poke of a process that was killed or stopped may be
 * sent again. On several shards, events of other rooms with lower positions can have become visible meanwhile: they are sent before it.
 */
export function repeatedPokes(
  received: readonly ReceivedPoke[],
  { deaths, isOrderedAcrossRooms }: Pick<RunRecord, 'deaths' | 'isOrderedAcrossRooms'>,
  positionOf: ReadonlyMap<string, number>,
): { allowed: ReceivedPoke[]; forbidden: Repeat[] } {
  const isKillBetween = (before: ReceivedPoke, next: ReceivedPoke) =>
    deaths === undefined
      ? before.kills !== next.kills
      : deaths.some(
          ({ from, to, process }) =>
            from <= next.at && before.at <= to + READING_MS && isSame(process, before.process),
        )
  const place = ({ eventId = '' }: ReceivedPoke) => positionOf.get(eventId) ?? -1
  const isFirst = (one: ReceivedPoke, repeat: ReceivedPoke) =>
    !isOrderedAcrossRooms && one.roomId !== repeat.roomId && place(one) < place(repeat)
  /** The process that sent the first one has recorded its result. */
  const isNextOf = (before: ReceivedPoke, one: ReceivedPoke) =>
    before.process !== undefined && before.process === one.process
  const allowed: ReceivedPoke[] = []
  const forbidden: Repeat[] = []
  const seen = new Map<string | undefined, number>()
  for (const [at, poke] of received.entries()) {
    const from = seen.get(poke.eventId)
    seen.set(poke.eventId, at)
    if (from === undefined) continue
    const [before = poke, ...since] = received.slice(from, at)
    const isAllowed =
      isKillBetween(before, since[0] ?? poke) &&
      since.every((one) => isFirst(one, poke) && !isNextOf(before, one))
    if (isAllowed) allowed.push(poke)
    else forbidden.push({ before, poke })
  }
  return { allowed, forbidden }
}

/** A process that is not known can be any. */
const isSame = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined || one === other
