import { signalLines } from './describe-repeat.ts'
import type { Death, ReceivedPoke, RunRecord } from './run-record.ts'

// Which pokes came later than the kills and stops of the run explain, how late one outage alone made a poke,
// and what happened meanwhile.

/**
 * The next heartbeat of the process that ends what dead ones held finds a killed process: its database
 * session has ended (`cluster/membership.ts`).
 */
const HEARTBEAT_MS = 3_000
/** A stopped process counts as dead after so long without a heartbeat. Its last one can be new. */
const DEAD_AFTER_MS = 10_000
/** A poke may be so late by the outage of one process. Later pokes are described, also if they are allowed. */
export const ONE_OUTAGE_MS = 15_000
/** The most incidents, and pushers of one, that are described. */
const INCIDENTS = 10
const PUSHERS = 5
/** Late pokes whose messages are so close together are one incident. */
const SAME_INCIDENT_MS = 5_000

export type Delay = {
  poke: ReceivedPoke
  eventId: string
  acknowledgedAt: number
  /** From the response to the sender until the first poke for the message. */
  ms: number
  /** The part of it in which the process that sends for the pusher may have been dead, and no other one knew it. */
  outageMs: number
  /** The outages with a part in it, in their order. */
  shares: readonly Share[]
  /**
   * The longest part of the delay that begins with an outage, or with the response to the sender, and ends
   * with the next outage or the poke: of so much, only one outage can be the cause.
   */
  ofOneMs: number
}

/** The part of a delay that no earlier outage accounts for. */
type Share = { outage: Outage; ms: number }

type Signals = Pick<RunRecord, 'deaths' | 'resumptions' | 'failedWrites'>
type Pusher = RunRecord['pushers'][number]
type Outage = { from: number; until: number; death: Death }

/** @param pokes all of the pusher, without those of processes that continued */
export function delaysOf(
  pokes: readonly ReceivedPoke[],
  acknowledgedAt: ReadonlyMap<string, number>,
  outages: readonly Outage[],
): Delay[] {
  const delays = new Map<string, Delay>()
  for (const poke of pokes) {
    const { eventId = '', at } = poke
    const since = acknowledgedAt.get(eventId)
    if (since === undefined || delays.has(eventId)) continue
    const ms = Math.max(0, at - since)
    const shares = sharesOf(outages, { from: since, until: at })
    delays.set(eventId, {
      poke,
      eventId,
      acknowledgedAt: since,
      ms,
      outageMs: shares.reduce((sum, share) => sum + share.ms, 0),
      shares,
      ofOneMs: longestPart(shares, { from: since, until: since + ms }),
    })
  }
  return [...delays.values()]
}

/**
 * The times in which the process that sends for a pusher may have been dead without a successor: 3 s after a
 * kill; 13 s after a stop, or 3 s after its end if that is earlier. Another process may have taken over
 * before, and be killed itself: then the times add up. A process that sends to the pusher before a signal to
 * another one, and again after it, was not concerned, unless the pusher stood still for more than 3 s during
 * the outage: the other one may have had the lane meanwhile, and a stopped process of any role can hold rows
 * for which others wait while they hold the lane. During such a time a signal to any process counts: it can be
 * the one that ends what dead ones held.
 */
export function outagesOf(
  pusher: Pusher,
  pokes: readonly ReceivedPoke[],
  { deaths = [], resumptions = [] }: Signals,
): Outage[] {
  const endOf = ({ to, process, isStop }: Death) => {
    if (isStop !== true) return to
    const resumed = resumptions.find((one) => one.process === process && one.at >= to)
    return Math.min(to + DEAD_AFTER_MS, resumed?.at ?? Infinity)
  }
  const isConcerned = ({ role, process, from, to }: Death) => {
    if (pusher.isThroughGateways === true) return role !== 'http'
    if (role === 'http' || role === 'gateway') return false
    const before = pokes.findLast(({ at }) => at <= from)?.process
    const after = pokes.find(({ at }) => at > to)
    return before === undefined || before === process || before !== after?.process
  }
  const stoodStill = ({ from, until, death: { role, isStop } }: Outage) =>
    (isStop === true || (role !== 'http' && role !== 'gateway')) &&
    pokes.some(({ at }, place) => {
      const since = pokes[place - 1]?.at ?? at
      return at - Math.max(since, from) > HEARTBEAT_MS && since < until
    })
  const all = deaths.map((death) => ({ from: death.from, until: endOf(death) + HEARTBEAT_MS, death }))
  const concerned = all.filter((one) => isConcerned(one.death) || stoodStill(one))
  const isDuring = (outage: Outage) =>
    concerned.some(({ from, until }) => outage.from > from && outage.from <= until)
  return all
    .filter((outage) => concerned.includes(outage) || isDuring(outage))
    .toSorted((one, other) => one.from - other.from)
}

type Span = { from: number; until: number }

function sharesOf(outages: readonly Outage[], { from, until }: Span): Share[] {
  const shares: Share[] = []
  let end = from
  for (const outage of outages) {
    const begin = Math.max(end, outage.from)
    end = Math.max(end, Math.min(outage.until, until))
    if (end > begin) shares.push({ outage, ms: end - begin })
  }
  return shares
}

function longestPart(shares: readonly Share[], { from, until }: Span): number {
  const begins = [from, ...shares.slice(1).map(({ outage }) => Math.max(from, outage.from))]
  return Math.max(...begins.map((begin, at) => (begins[at + 1] ?? until) - begin))
}

/** What the delays say about the outages. All times are in milliseconds. */
export function lateFigures(delays: readonly Delay[]) {
  const most = (of: readonly Delay[], value: (delay: Delay) => number) =>
    of.reduce((longest, delay) => Math.max(longest, value(delay)), 0)
  const overSeveral = delays.filter(({ shares }) => shares.length > 1)
  const latestOverSeveralMs = most(overSeveral, ({ ms }) => ms)
  return {
    latestWithoutOutagesMs: most(delays, ({ ms, outageMs }) => ms - outageMs),
    latestByOneOutageMs: most(delays, ({ ofOneMs }) => ofOneMs),
    latestOverSeveralMs,
    outagesOfThat: overSeveral.find(({ ms }) => ms === latestOverSeveralMs)?.shares.length ?? 0,
  }
}

/**
 * The late pokes by incidents: the pushers, how long each stood still, how much of its latest poke each outage
 * accounts for, and the signals. Times are milliseconds since the first message.
 */
export function describeLate(
  late: readonly Delay[],
  pokes: readonly ReceivedPoke[],
  signals: Signals,
): string[] {
  const incidents: Delay[][] = []
  for (const delay of late.toSorted((one, other) => one.acknowledgedAt - other.acknowledgedAt)) {
    const last = incidents.at(-1)
    const isSame = delay.acknowledgedAt - (last?.at(-1)?.acknowledgedAt ?? -Infinity) < SAME_INCIDENT_MS
    if (last !== undefined && isSame) last.push(delay)
    else incidents.push([delay])
  }
  return [
    ...incidents.slice(0, INCIDENTS).flatMap((incident) => describeIncident(incident, pokes, signals)),
    ...(incidents.length > INCIDENTS ? [`${incidents.length - INCIDENTS} more incidents`] : []),
  ]
}

function describeIncident(
  incident: readonly Delay[],
  pokes: readonly ReceivedPoke[],
  signals: Signals,
): string[] {
  const from = incident[0]?.acknowledgedAt ?? 0
  const until = Math.max(...incident.map(({ poke }) => poke.at))
  const worst = Math.max(...incident.map(({ ms }) => ms))
  const byPusher = Map.groupBy(incident, ({ poke }) => poke.pushkey)
  return [
    `${incident.length} late pokes to ${byPusher.size} pushers, from ${new Date(from).toISOString()} on, the latest after ${worst} ms`,
    ...[...byPusher].slice(0, PUSHERS).flatMap(([pushkey, delays]) => {
      const ofPusher = pokes.filter((poke) => poke.pushkey === pushkey && poke.at >= from && poke.at <= until)
      const gaps = ofPusher.map((poke, at) => ({ poke, before: ofPusher[at - 1] }))
      const gapOf = ({ poke, before }: (typeof gaps)[number]) => poke.at - (before?.at ?? from)
      const longest = gaps.toSorted((one, other) => gapOf(other) - gapOf(one))[0]
      const next = longest?.poke
      return [
        `  ${pushkey}: ${delays.length} late of ${ofPusher.length} pokes; none from ${(longest?.before?.at ?? from) - from} ms (process ${longest?.before?.process ?? 'unknown'}) to ${(next?.at ?? until) - from} ms (process ${next?.process ?? 'unknown'})`,
        ...delays
          .toSorted((one, other) => other.ms - one.ms)
          .slice(0, 1)
          .map((latest) => `    ${sharesText(latest)}`),
      ]
    }),
    ...signalLines(signals)
      .filter(({ at }) => at >= from - DEAD_AFTER_MS - HEARTBEAT_MS && at <= until)
      .toSorted((one, other) => one.at - other.at)
      .map(({ at, text }) => `  ${String(at - from).padStart(7)} ms  ${text}`),
  ]
}

function sharesText({ ms, outageMs, shares, ofOneMs }: Delay): string {
  const parts = shares.map(
    ({ outage: { death }, ms: part }) =>
      `${part} ms ${death.name ?? 'killed'}, process ${death.process ?? 'unknown'}`,
  )
  const of = [...parts, `${ms - outageMs} ms without an outage`].join('; ')
  return `the latest after ${ms} ms: ${of}; at most ${ofOneMs} ms by one`
}
