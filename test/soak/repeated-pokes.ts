import type { Death, FailedWrite, ReceivedPoke, Resumption, RunRecord } from './run-record.ts'

// Which pokes a pusher may receive twice.

/** A process that continues needs this time to notice that its leases were ended. */
export const RESUMING_MS = 10_000
/** A busy gateway reads what a process has sent up to this time after its end or stop. */
const READING_MS = 10_000

/**
 * For each process that continued, was killed or was stopped, the first poke in flight that arrived after
 * that and that another process has sent too. What a killed process has sent can be read after the poke of
 * the next one.
 */
export function pokesAfterSignals(
  pokes: readonly ReceivedPoke[],
  { deaths = [], resumptions = [] }: Pick<RunRecord, 'deaths' | 'resumptions'>,
): ReadonlySet<ReceivedPoke> {
  const late = new Set<ReceivedPoke>()
  const add = (poke: ReceivedPoke | undefined) => poke !== undefined && late.add(poke)
  for (const resumption of resumptions) add(pokeOfResumed(pokes, resumption))
  for (const death of deaths) add(pokeReadAfter(pokes, death))
  return late
}

const isSameEvent = (one: ReceivedPoke, other: ReceivedPoke) =>
  one.eventId !== undefined && one.eventId === other.eventId

const pokeOfResumed = (pokes: readonly ReceivedPoke[], { process, at: resumed }: Resumption) =>
  pokes.find(
    (poke) =>
      poke.process === process &&
      poke.at >= resumed &&
      poke.at <= resumed + RESUMING_MS &&
      pokes.some((other) => isSameEvent(other, poke) && other.process !== process),
  )

/** The process of a connection that was accepted after its end is not known. */
function pokeReadAfter(pokes: readonly ReceivedPoke[], { process, from, to }: Death) {
  const sentByNext = new Set<string>()
  for (const poke of process === undefined ? [] : pokes) {
    const { eventId, at, process: sender } = poke
    if (eventId === undefined || at < from || at > to + READING_MS) continue
    if (sender !== undefined && sender !== process) sentByNext.add(eventId)
    else if (sentByNext.has(eventId)) return poke
  }
  return undefined
}

export type Repeat = { before: ReceivedPoke; poke: ReceivedPoke }

/**
 * Events that a pusher received more than once. One poke is in flight for each pusher, so only the last poke
 * may be sent again: that of a process that was killed or stopped, or one whose result its process could not
 * store. On several shards, events of other rooms with lower positions can have become visible meanwhile:
 * they are sent before it.
 */
export function repeatedPokes(
  received: readonly ReceivedPoke[],
  {
    deaths,
    failedWrites = [],
    isOrderedAcrossRooms,
  }: Pick<RunRecord, 'deaths' | 'failedWrites' | 'isOrderedAcrossRooms'>,
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
    const isInFlight = isKillBetween(before, since[0] ?? poke) && !since.some((one) => isNextOf(before, one))
    const isAllowed =
      since.every((one) => isFirst(one, poke)) && (isInFlight || isNotStored({ before, poke }, failedWrites))
    if (isAllowed) allowed.push(poke)
    else forbidden.push({ before, poke })
  }
  return { allowed, forbidden }
}

/** A process sends a poke again when the database has refused its result. */
const isNotStored = ({ before, poke }: Repeat, failedWrites: readonly FailedWrite[]) =>
  failedWrites.some(
    ({ process, at }) =>
      process === before.process && process === poke.process && at >= before.at && at <= poke.at,
  )

/** A process that is not known can be any. */
const isSame = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined || one === other
