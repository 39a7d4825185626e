import { signalLines } from './describe-repeat.ts'
import type { Death, ReceivedPoke, RunRecord } from './run-record.ts'

// Which pokes came later than the kills and stops of the run explain, and what happened meanwhile.

/**
 * The next heartbeat of the process that ends what dead ones held finds a killed process: its database
 * session has ended (`cluster/membership.ts`).
 */
const HEARTBEAT_MS = 3_000
/** A stopped process counts as dead after so long without a heartbeat. Its last one can be new. */
const DEAD_AFTER_MS = 10_000
/** How much of an incident is described. */
const INCIDENTS = 3
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
}

type Signals = Pick<RunRecord, 'deaths' | 'resumptions' | 'failedWrites'>
type Pusher = RunRecord['pushers'][number]
type Outage = { from: number; until: number }

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
    delays.set(eventId, {
      poke,
      eventId,
      acknowledgedAt: since,
      ms,
      outageMs: overlapOf(outages, { from: since, until: at }),
    })
  }
  return [...delays.values()]
}

/**
 * The times in which the process that sends for a pusher may have been dead without a successor: 3 s after a
 * kill, 13 s after a stop. Another process may have taken over before, and be killed itself: then the times
 * add up. A process that sends to the pusher before a signal to another one, and again within 3 s after it,
 * was not concerned. After a longer pause the other one may have had the lane meanwhile.
 */
export function outagesOf(
  pusher: Pusher,
  pokes: readonly ReceivedPoke[],
  { deaths = [] }: Signals,
): Outage[] {
  const isConcerned = ({ role, process, from, to }: Death) => {
    if (pusher.isThroughGateways === true) return role !== 'http'
    if (role === 'http' || role === 'gateway') return false
    const before = pokes.findLast(({ at }) => at <= from)?.process
    const after = pokes.find(({ at }) => at > to)
    if (before === undefined || before === process || before !== after?.process) return true
    return after.at > to + HEARTBEAT_MS
  }
  return deaths
    .filter(isConcerned)
    .map(({ from, to, isStop }) => ({
      from,
      until: to + HEARTBEAT_MS + (isStop === true ? DEAD_AFTER_MS : 0),
    }))
    .toSorted((one, other) => one.from - other.from)
}

function overlapOf(outages: readonly Outage[], { from, until }: Outage): number {
  let sum = 0
  let end = from
  for (const outage of outages) {
    const begin = Math.max(end, outage.from)
    end = Math.max(end, Math.min(outage.until, until))
    sum += Math.max(0, end - begin)
  }
  return sum
}

/**
 * The late pokes by incidents: the pushers, how long each stood still, and the signals. Times are
 * milliseconds since the first message.
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
  return incidents.slice(0, INCIDENTS).flatMap((incident) => describeIncident(incident, pokes, signals))
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
    ...[...byPusher].slice(0, PUSHERS).map(([pushkey, delays]) => {
      const ofPusher = pokes.filter((poke) => poke.pushkey === pushkey && poke.at >= from && poke.at <= until)
      const gaps = ofPusher.map((poke, at) => ({ poke, before: ofPusher[at - 1] }))
      const gapOf = ({ poke, before }: (typeof gaps)[number]) => poke.at - (before?.at ?? from)
      const longest = gaps.toSorted((one, other) => gapOf(other) - gapOf(one))[0]
      const next = longest?.poke
      return `  ${pushkey}: ${delays.length} late of ${ofPusher.length} pokes; none from ${(longest?.before?.at ?? from) - from} ms (process ${longest?.before?.process ?? 'unknown'}) to ${(next?.at ?? until) - from} ms (process ${next?.process ?? 'unknown'})`
    }),
    ...signalLines(signals)
      .filter(({ at }) => at >= from - DEAD_AFTER_MS - HEARTBEAT_MS && at <= until)
      .toSorted((one, other) => one.at - other.at)
      .map(({ at, text }) => `  ${String(at - from).padStart(7)} ms  ${text}`),
  ]
}
