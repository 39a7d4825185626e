import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { closedCircuit, noteResponse, noteFailure, pauseLeft } from './circuit.ts'
import {
  breakAtNextFailure,
  endProbe,
  holdLane,
  holdLast,
  isPaused,
  isRefusedAsAWhole,
  type Line,
  makeLine,
  noteDelivery,
  OF_GROUP,
  OF_LINE,
  SPREAD_MS,
  SPREAD_STEP_MS,
  type Sender,
} from './line.ts'

// Prevents that one slow destination delays others. A group (all pokes; one app of the gateway) has a limit
// of requests in flight. Each of its lines (the origin of a gateway; a provider, or the origin of a push
// service) has a share of that limit and a circuit breaker (`circuit.ts`). The group has a circuit breaker
// too: it opens when no rejection can be believed.
//
// Each process has this state in its own memory. Several processes tell each other of the pauses of pokes
// (`shared-circuits.ts`), and one of them probes. After a start, `expectOutage` pauses the lines that are
// known to be down (`known-outages.ts`). Other failing lines are detected after `breaksAt` failures.

/** The share of a line in the limit of a group with several lines. */
const LINE_SHARE = 1 / 4
/** The maximum number of first attempts that wait in memory for a slot. Further ones are queued in the database. */
const MAX_WAITING = 10_000
/**
 * The maximum number of lines, because users choose the push services. Above it, the least recently used line
 * without requests in flight is evicted.
 */
const MAX_KNOWN = 10_000

/** A slot of a line, until `leave` returns it. Compared by identity. */
export type Pass = { readonly line: string; readonly sender: Sender; readonly group: unknown }

/**
 * `go`: send, then call `leave` with the pass. `full`: no slot is free. `paused`: nothing may be sent before
 * `until`. `reason`: that of the last failure.
 */
export type Admission =
  | { kind: 'go'; pass: Pass }
  | { kind: 'full' }
  | { kind: 'paused'; until: number; reason: string }

/** `withdraw` ends the wait for a slot; the admission is then `full`. */
export type Entrance = { admission: Admission | Promise<Admission>; withdraw: () => void }

/**
 * The information of one attempt about its line.
 *
 * - `delivered`
 * - `responded`: the destination works: it sent a response of any kind.
 * - `outage`: the destination does not work.
 * - `misconfigured`: nothing can be sent to any device.
 * - `refused`: the configuration was refused in the response to a message for one device.
 * - `alarm`: rejections of this group are not reliable.
 * - `nothing`
 */
export type Evidence =
  | 'delivered'
  | 'responded'
  | 'outage'
  | 'misconfigured'
  | 'refused'
  | 'alarm'
  | 'nothing'

/** `retryAfterMs`: the wait that the destination requested. The lane is not released earlier. */
export type CircuitReport = { evidence: Evidence; reason: string; retryAfterMs?: number | undefined }

/** The effect of a report. */
export type Change = {
  /** A pause has begun or ended. */
  news?: 'broken' | 'back' | undefined
  /**
   * Set while the line of a failure is paused: the sender may retry at this time. Milliseconds since the Unix
   * epoch.
   */
  pausedUntil?: number
  /**
   * Lanes that the pause held, with the time at which each may continue: all of them, or the lane of the next
   * probe.
   */
  released: { laneId: number; at: number }[]
}

/** A pause of a line. The line '' is the group. */
export type Trouble = { line: string; reason: string; since: number; pausedUntil: number }

/** The pause of a line, for other processes. `pauses`: since the last response. */
export type Pause = { until: number; pauses: number; reason: string }

/** The last error of a line that was down at the start of this process, and the lanes that wait for it. */
export type Outage = { reason: string; held: readonly number[] }

export type CircuitSettings = {
  clock: Clock
  random: Random
  /** The maximum number of messages of the group in flight. */
  limit: number
  /** The only line of a group may use the whole limit. */
  soleLineHasAll?: boolean
  /** Whether this process sends the probes to a line. Default: every process does. */
  probes?: (line: string) => boolean
}

export type Circuits = ReturnType<typeof createCircuits>

/** The part of the circuits that the engine uses. The name of a line is the destination of its lanes. */
export type LaneCircuits = Pick<
  Circuits,
  'limit' | 'admit' | 'enterLane' | 'isHeld' | 'report' | 'leave' | 'expectOutage'
> & {
  /**
   * Whether this process may take the lanes of a destination that is down; undefined: it is not down. Absent:
   * it takes all.
   */
  takes?: (destination: string) => boolean | undefined
}

type Waiting = { line: GroupLine; sender: Sender; resolve: (admission: Admission) => void }
type GroupLine = Line<Waiting>
type Group = CircuitSettings & {
  readonly lines: BoundedMap<string, GroupLine>
  readonly whole: GroupLine
  /** The lines with waiting requests, in the order of their turns. */
  readonly awaited: Set<GroupLine>
  waiting: number
}

const NOTHING_NEW: Change = { released: [] }
/** The wait for news of the probe of another process. */
const ELSEWHERE_MS = 5_000
/** Without news for this time after the end of a pause, a process probes the line although another one should. */
const OVERDUE_MS = 120_000

export function createCircuits(settings: CircuitSettings) {
  const lines = new BoundedMap<string, GroupLine>({
    limit: MAX_KNOWN,
    isInUse: (line) => line.inFlight > 0 || line.waiting.size > 0,
  })
  const group: Group = { ...settings, lines, whole: makeLine('', OF_GROUP), awaited: new Set(), waiting: 0 }
  const { clock, whole } = group
  return {
    /** The number of slots of the group. */
    limit: () => settings.limit,
    /** Requests a slot without waiting. `reserved`: a slot that the sender already has, possibly of another line. */
    admit: (name: string, sender: Sender, reserved?: Pass) =>
      admit(group, lineOf(group, name), { sender, reserved }),
    /** Like `admit` for a first attempt, and waits in memory for a slot. */
    enter: (name: string, sender: Sender) => enter(group, lineOf(group, name), sender),
    /**
     * The same for a lane. Calls `then` once, possibly before it returns. Returns a function that ends the
     * wait, like `withdraw`.
     */
    enterLane: (name: string, sender: Sender, then: (admission: Admission) => void) =>
      enterLane(group, { line: lineOf(group, name), sender, resolve: then }),
    report,
    leave,
    /**
     * Pauses a line that was down at the start of this process: one sender may probe it. `held`: the lanes
     * that wait for it.
     */
    expectOutage(name: string, { reason, held }: Outage): void {
      const line = lineOf(group, name)
      const since = clock.now()
      line.circuit = { ...closedCircuit(), failures: line.rules.breaksAt, pausedUntil: since }
      Object.assign(line, { reason, since })
      for (const laneId of held) holdLane(line, laneId)
    },
    /** The present pause of a line. */
    pauseOf(name: string): Pause | undefined {
      const line = lines.peek(name)
      if (line === undefined || !isPaused(line)) return undefined
      const { pausedUntil: until, pauses } = line.circuit
      return { until, pauses, reason: line.reason }
    },
    /** Takes over a pause from another process. */
    pause(name: string, { until, pauses, reason }: Pause): void {
      const line = lineOf(group, name)
      const { circuit, rules } = line
      if (!isPaused(line)) line.since = clock.now()
      circuit.failures = Math.max(circuit.failures, rules.breaksAt)
      Object.assign(circuit, { pauses, pausedUntil: until })
      line.reason = reason
    },
    /** Another process had a response. Returns the lanes that may continue. */
    resume: (name: string) => recordResponse(group, [lineOf(group, name)], { sender: {} }).released,
    /** Whether another process probes this paused line. */
    isProbedElsewhere(name: string): boolean {
      const line = lines.peek(name)
      return line !== undefined && isPaused(line) && isProbedElsewhere(group, line)
    },
    inFlight: () => whole.inFlight,
    /** The number of requests that wait in memory for a slot, without lanes that wait behind another lane. */
    waiting: () => group.waiting,
    /** Whether the pause of a line or of the group still holds a lane. */
    isHeld: (name: string, laneId: number): boolean =>
      whole.held.has(laneId) || lines.peek(name)?.held.has(laneId) === true,
    /** The remaining pause of a line, in milliseconds. */
    pauseAt: (name: string) => pauseOf(group, lineOf(group, name)),
    /** Pauses of the lines, after the pause of the group. */
    troubles: () => troublesOf(group),
    /** The number of lines in memory. */
    size: () => lines.size,
  }
}

/** Only this file creates passes, with their group. */
const groupOf = ({ group }: Pass) => group as Group

const lineOf = ({ lines }: Group, name: string): GroupLine =>
  lines.getOrInsertComputed(name, () => makeLine(name, OF_LINE))

const shareOf = ({ lines, limit, soleLineHasAll }: Group) =>
  soleLineHasAll === true && lines.size <= 1 ? limit : Math.max(1, Math.ceil(limit * LINE_SHARE))

/** The remaining pause of a line or of its group, in milliseconds; 0 for the sender of the probe. */
function pauseOf(group: Group, line: GroupLine, pass?: Pass): number {
  const { clock, whole } = group
  const now = clock.now()
  const isProbe = (one: GroupLine) => pass !== undefined && one.circuit.probe?.by === pass
  const leftOf = (one: GroupLine) => {
    if (!isPaused(one) || isProbe(one)) return 0
    const left = pauseLeft(one.circuit, one.rules, now)
    return left === 0 && one !== whole && isProbedElsewhere(group, one) ? ELSEWHERE_MS : left
  }
  return Math.max(leftOf(line), leftOf(whole))
}

const isProbedElsewhere = ({ probes, clock }: Group, { name, circuit }: GroupLine) =>
  probes?.(name) === false && clock.now() - circuit.pausedUntil < OVERDUE_MS

/** A probe needs no slot of the line's share, because hanging requests can occupy all of them. */
const hasSlot = (group: Group, line: GroupLine) =>
  group.whole.inFlight < group.limit && (isPaused(line) || line.inFlight < shareOf(group))

function takeSlot(group: Group, line: GroupLine, sender: Sender): Pass {
  line.inFlight++
  group.whole.inFlight++
  return { line: line.name, sender, group }
}

function proceed({ clock, whole }: Group, line: GroupLine, pass: Pass): Admission {
  const probe = { by: pass, since: clock.now() }
  if (isPaused(line)) line.circuit.probe = probe
  if (isPaused(whole)) whole.circuit.probe = probe
  return { kind: 'go', pass }
}

type AdmissionRequest = { sender: Sender; reserved?: Pass | undefined }

/** Returns the slot. If a probe was not sent, the next sender may probe. */
export function leave(pass: Pass): void {
  const group = groupOf(pass)
  const { whole } = group
  const line = lineOf(group, pass.line)
  line.inFlight = Math.max(0, line.inFlight - 1)
  whole.inFlight = Math.max(0, whole.inFlight - 1)
  endProbe(line, pass)
  endProbe(whole, pass)
  admitWaiting(group)
}

function admit(group: Group, line: GroupLine, { sender, reserved }: AdmissionRequest): Admission {
  if (pauseOf(group, line, reserved) > 0) return hold(group, line, sender)
  if (reserved?.line === line.name && reserved.group === group) return proceed(group, line, reserved)
  if (!hasSlot(group, line)) return { kind: 'full' }
  return proceed(group, line, takeSlot(group, line, sender))
}

function hold(group: Group, line: GroupLine, { laneId }: Sender): Admission {
  const { clock, whole } = group
  const paused = isPaused(line) ? line : whole
  const after = laneId === undefined ? 0 : holdLane(paused, laneId)
  return { kind: 'paused', until: clock.now() + pauseOf(group, line) + after, reason: paused.reason }
}

function enter(group: Group, line: GroupLine, sender: Sender): Entrance {
  const admission = admit(group, line, { sender })
  if (admission.kind !== 'full' || group.waiting >= MAX_WAITING)
    return { admission, withdraw: () => undefined }
  const { promise, resolve } = Promise.withResolvers<Admission>()
  const one = { line, sender, resolve }
  startWait(group, one)
  return { admission: promise, withdraw: () => endWait(group, one, { kind: 'full' }) }
}

function enterLane(group: Group, lane: Waiting): () => void {
  const { line, sender } = lane
  const admission = admit(group, line, { sender })
  if (admission.kind === 'full') {
    line.lanes.add(lane)
    if (line.lanes.size === 1) startWait(group, lane)
  } else lane.resolve(admission)
  return () => endWait(group, lane, { kind: 'full' })
}

function startWait(group: Group, one: Waiting): void {
  one.line.waiting.add(one)
  group.awaited.add(one.line)
  group.waiting++
}

function endWait(group: Group, one: Waiting, admission: Admission): void {
  const { line } = one
  const isLane = line.lanes.delete(one)
  const isNext = line.waiting.delete(one)
  if (!isLane && !isNext) return
  if (isNext) group.waiting--
  const [next] = line.lanes
  if (isLane && next !== undefined && !line.waiting.has(next)) startWait(group, next)
  if (line.waiting.size === 0) group.awaited.delete(line)
  one.resolve(admission)
}

/** Assigns free slots. The lines take turns, so that no line delays another. */
function admitWaiting(group: Group): void {
  const { awaited, whole, limit } = group
  for (const line of awaited) {
    const [first] = line.waiting
    if (first === undefined) continue
    if (pauseOf(group, line) > 0)
      for (const one of line.waiting) endWait(group, one, hold(group, line, one.sender))
    else if (hasSlot(group, line)) {
      endWait(group, first, proceed(group, line, takeSlot(group, line, first.sender)))
      if (line.waiting.size > 0) {
        awaited.delete(line)
        awaited.add(line)
      }
    }
    if (whole.inFlight >= limit) return
  }
}

/** Records the result of an attempt. */
export function report(pass: Pass, { evidence, reason, retryAfterMs }: CircuitReport): Change {
  const group = groupOf(pass)
  const { whole } = group
  const line = lineOf(group, pass.line)
  const failure = { pass, reason, retryAfterMs }
  switch (evidence) {
    case 'delivered':
      noteDelivery(line, pass.sender)
      return recordResponse(group, [whole, line], pass)
    case 'responded':
      // Only a delivery shows that the configuration of the group works, so the group stays paused until its
      // next probe.
      if (whole.circuit.probe?.by === pass) recordFailure(group, whole, { pass, reason: whole.reason })
      return recordResponse(group, [line], pass)
    case 'alarm':
      return recordFailure(group, whole, failure)
    case 'misconfigured':
    case 'refused':
    case 'outage':
      if (evidence === 'refused' && !isRefusedAsAWhole(line, pass.sender)) return NOTHING_NEW
      if (evidence !== 'outage') breakAtNextFailure(line, evidence)
      return recordFailure(group, line, failure)
    case 'nothing':
      return NOTHING_NEW
  }
}

type Failure = { pass: Pass; reason: string; retryAfterMs?: number | undefined }

function recordFailure(
  { clock, random }: Group,
  line: GroupLine,
  { pass, reason, retryAfterMs }: Failure,
): Change {
  const now = clock.now()
  const isFirst = noteFailure(line.circuit, line.rules, { by: pass, now, random })
  line.reason = reason
  if (!isPaused(line)) return NOTHING_NEW
  if (isFirst) line.since = now
  const { laneId } = pass.sender
  const after = retryAfterMs === undefined && laneId !== undefined ? holdLast(line, laneId) : 0
  const endsAt = Math.max(line.circuit.pausedUntil, now)
  // Lanes that were held during the probe have the longest duration of a probe as their time.
  const [next] = line.held.keys()
  const released = next === undefined || next === laneId ? [] : [{ laneId: next, at: endsAt }]
  return { news: isFirst ? 'broken' : undefined, pausedUntil: endsAt + after, released }
}

function recordResponse(
  { clock, random }: Group,
  lines: readonly GroupLine[],
  { sender }: Pick<Pass, 'sender'>,
): Change {
  const held: number[] = []
  let wasPaused = false
  for (const line of lines) {
    wasPaused = noteResponse(line.circuit, line.rules) || wasPaused
    if (line.held.size === 0) continue
    for (const laneId of line.held.keys()) if (laneId !== sender.laneId) held.push(laneId)
    line.held.clear()
  }
  if (!wasPaused) return NOTHING_NEW
  const now = clock.now()
  const spread = spreadOf(held.length)
  return { news: 'back', released: held.map((laneId) => ({ laneId, at: now + random.below(spread) })) }
}

const spreadOf = (lanes: number) => Math.min(SPREAD_MS, lanes * SPREAD_STEP_MS)

function troublesOf({ lines, whole }: Group): Trouble[] {
  return [whole, ...lines.values()].filter(isPaused).map(({ name, reason, since, circuit }) => ({
    line: name,
    reason,
    since,
    pausedUntil: circuit.pausedUntil,
  }))
}
