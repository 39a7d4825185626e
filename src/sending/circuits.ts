import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { closedCircuit, noteAnswer, noteFailure, pauseLeft } from './circuit.ts'
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

// Keeps one slow destination from delaying another. A group (all pokes; one app of the gateway) has a limit of what may be in flight.
// Each of its lines (the origin of a gateway; a provider, or the origin of a push service) has a share of that limit and a
// circuit breaker (`circuit.ts`). The group has a circuit breaker too: it opens when no rejection can be believed.
//
// All of this is in memory, for each process by itself. After a start, `expectOutage` pauses the lines that are known to be down
// (`known-outages.ts`); others are found out about after `breaksAt` failures.

/** A line of several has this part of the group's limit. */
const SHARE_OF_LINE = 1 / 4
/** So many requests wait in memory for a slot; others stay in the database. */
const MAX_WAITING = 10_000
/** Users invent push services. Beyond this the line that was used longest ago is forgotten, unless it has something in flight. */
const MAX_KNOWN = 10_000

/** The right to send on a line, until it is left. Compared by identity. */
export type Pass = { readonly line: string; readonly sender: Sender; readonly group: unknown }

/**
 * `go`: send, then `leave` with the pass. `full`: there is no slot. `paused`: nothing is sent before `until`; `reason` is of the last failure.
 */
export type Admission =
  | { kind: 'go'; pass: Pass }
  | { kind: 'full' }
  | { kind: 'paused'; until: number; reason: string }

/** `withdraw` ends the wait: the admission is `full` then. */
export type Entrance = { admission: Admission | Promise<Admission>; withdraw: () => void }

/**
 * What one attempt shows about its line.
 *
 * - `delivered`
 * - `answered`: the destination works, whatever it said.
 * - `outage`: it does not.
 * - `misconfigured`: nothing can be sent there, whatever the device.
 * - `refused`: the configuration was refused in the answer to a message for one device.
 * - `alarm`: no rejection of this group is to be believed.
 * - `nothing`
 */
export type Evidence = 'delivered' | 'answered' | 'outage' | 'misconfigured' | 'refused' | 'alarm' | 'nothing'

/** `retryAfterMs`: as the destination asked. A lane that was told so is not called back earlier. */
export type Answer = { evidence: Evidence; reason: string; retryAfterMs?: number | undefined }

/** What an answer changes. */
export type Change = {
  /** A pause has begun, or the last one is over. */
  news?: 'broken' | 'back' | undefined
  /** Present while the line of a failure is paused: the sender may try again then. Milliseconds since the Unix epoch. */
  pausedUntil?: number
  /** Lanes that the pause has held, and the time at which each may continue: all of them, or the one that makes the next probe. */
  released: { laneId: number; at: number }[]
}

/** A pause, of the group under the name ''. */
export type Trouble = { line: string; reason: string; since: number; pausedUntil: number }

export type CircuitSettings = {
  clock: Clock
  random: Random
  /** So many messages of the group are in flight at most. */
  limit: number
  /** The line of a group that has no other may use the whole limit. */
  soleLineHasAll?: boolean
}

export type Circuits = ReturnType<typeof createCircuits>

/** What the engine needs of circuits. The name of a line is the destination of its lanes. */
export type LaneCircuits = Pick<Circuits, 'slotsAt' | 'isHeld' | 'report' | 'leave'> & {
  admit(line: string, sender: Sender, reserved?: Pass): Admission | Promise<Admission>
  /** Undefined: there is no slot to reserve. */
  reserve(line: string, sender: Sender): Pass | undefined
}

type Waiting = { line: GroupLine; sender: Sender; resolve: (admission: Admission) => void }
type GroupLine = Line<Waiting>
type Group = CircuitSettings & {
  readonly lines: BoundedMap<string, GroupLine>
  readonly whole: GroupLine
  /** The lines that have requests waiting, in turn. */
  readonly awaited: Set<GroupLine>
  waiting: number
}

const NOTHING_NEW: Change = { released: [] }

export function createCircuits(settings: CircuitSettings) {
  const lines = new BoundedMap<string, GroupLine>({
    limit: MAX_KNOWN,
    isInUse: (line) => line.inFlight > 0 || line.waiting.size > 0,
  })
  const group: Group = { ...settings, lines, whole: makeLine('', OF_GROUP), awaited: new Set(), waiting: 0 }
  const { clock, whole } = group
  return {
    /** How many slots of its share a line has left. */
    slotsAt: (name: string): number =>
      Math.min(shareOf(group) - (lines.peek(name)?.inFlight ?? 0), group.limit - whole.inFlight),
    /** Asks for a slot, without waiting. `reserved`: a slot that the sender has already, perhaps on another line. */
    admit: (name: string, sender: Sender, reserved?: Pass) =>
      admit(group, lineOf(group, name), { sender, reserved }),
    /** As `admit`, but waits in memory for a slot. */
    enter: (name: string, sender: Sender) => enter(group, lineOf(group, name), sender),
    /** Takes a slot without asking. */
    reserve: (name: string, sender: Sender): Pass => take(group, lineOf(group, name), sender),
    report,
    leave,
    /** A line that did not answer when this process began: one sender may probe it. `held`: the lanes that wait for it. */
    expectOutage(name: string, { reason, held }: { reason: string; held: readonly number[] }): void {
      const line = lineOf(group, name)
      const since = clock.now()
      line.circuit = { ...closedCircuit(), failures: line.rules.breaksAt, pausedUntil: since }
      Object.assign(line, { reason, since })
      for (const laneId of held) holdLane(line, laneId)
    },
    inFlight: () => whole.inFlight,
    /** How many requests wait in memory for a slot. */
    waiting: () => group.waiting,
    /** Whether the pause of a line, or of the group, still keeps a lane waiting. */
    isHeld: (name: string, laneId: number): boolean =>
      whole.held.has(laneId) || lines.peek(name)?.held.has(laneId) === true,
    waitingAt: (name: string): number => lines.peek(name)?.waiting.size ?? 0,
    /** How long nothing may be sent on a line, in milliseconds. */
    pauseAt: (name: string) => pauseOf(group, lineOf(group, name)),
    /** Pauses of the lines, after the pause of the group. */
    troubles: () => troublesOf(group),
    /** How many lines are known. */
    size: () => lines.size,
  }
}

/** Passes are made here, with their group. */
const groupOf = ({ group }: Pass) => group as Group

const lineOf = ({ lines }: Group, name: string): GroupLine =>
  lines.getOrInsertComputed(name, () => makeLine(name, OF_LINE))

const shareOf = ({ lines, limit, soleLineHasAll }: Group) =>
  soleLineHasAll === true && lines.size <= 1 ? limit : Math.max(1, Math.ceil(limit * SHARE_OF_LINE))

/** How long nothing may be sent on a line, in milliseconds. */
function pauseOf({ clock, whole }: Group, line: GroupLine): number {
  const now = clock.now()
  const leftOf = (one: GroupLine) => (isPaused(one) ? pauseLeft(one.circuit, one.rules, now) : 0)
  return Math.max(leftOf(line), leftOf(whole))
}

/** A probe needs no slot of the line's share: requests that hang may have all of them. */
const hasSlot = (group: Group, line: GroupLine) =>
  group.whole.inFlight < group.limit && (isPaused(line) || line.inFlight < shareOf(group))

function take(group: Group, line: GroupLine, sender: Sender): Pass {
  line.inFlight++
  group.whole.inFlight++
  return { line: line.name, sender, group }
}

function go({ clock, whole }: Group, line: GroupLine, pass: Pass): Admission {
  const probe = { by: pass, since: clock.now() }
  if (isPaused(line)) line.circuit.probe = probe
  if (isPaused(whole)) whole.circuit.probe = probe
  return { kind: 'go', pass }
}

type Asking = { sender: Sender; reserved?: Pass | undefined }

/** Gives the slot back. A probe that was not sent leaves its turn to the next sender. */
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

function admit(group: Group, line: GroupLine, { sender, reserved }: Asking): Admission {
  if (pauseOf(group, line) > 0) return hold(group, line, sender)
  if (reserved?.line === line.name && reserved.group === group) return go(group, line, reserved)
  if (!hasSlot(group, line)) return { kind: 'full' }
  return go(group, line, take(group, line, sender))
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
  line.waiting.add(one)
  group.awaited.add(line)
  group.waiting++
  return { admission: promise, withdraw: () => dismiss(group, one, { kind: 'full' }) }
}

function dismiss(group: Group, one: Waiting, admission: Admission): void {
  if (!one.line.waiting.delete(one)) return
  group.waiting--
  if (one.line.waiting.size === 0) group.awaited.delete(one.line)
  one.resolve(admission)
}

/** Slots are free: the lines take turns, so that none of them keeps another waiting. */
function admitWaiting(group: Group): void {
  const { awaited, whole, limit } = group
  for (const line of awaited) {
    const [first] = line.waiting
    if (first === undefined) continue
    if (pauseOf(group, line) > 0)
      for (const one of line.waiting) dismiss(group, one, hold(group, line, one.sender))
    else if (hasSlot(group, line)) {
      dismiss(group, first, go(group, line, take(group, line, first.sender)))
      if (line.waiting.size > 0) {
        awaited.delete(line)
        awaited.add(line)
      }
    }
    if (whole.inFlight >= limit) return
  }
}

/** Notes the answer to something that was sent. */
export function report(pass: Pass, { evidence, reason, retryAfterMs }: Answer): Change {
  const group = groupOf(pass)
  const { whole } = group
  const line = lineOf(group, pass.line)
  const failure = { pass, reason, retryAfterMs }
  switch (evidence) {
    case 'delivered':
      noteDelivery(line, pass.sender)
      return answers(group, [whole, line], pass)
    case 'answered':
      // Only a delivery shows that the group is configured well: its next probe comes later.
      if (whole.circuit.probe?.by === pass) fails(group, whole, { pass, reason: whole.reason })
      return answers(group, [line], pass)
    case 'alarm':
      return fails(group, whole, failure)
    case 'misconfigured':
    case 'refused':
    case 'outage':
      if (evidence === 'refused' && !isRefusedAsAWhole(line, pass.sender)) return NOTHING_NEW
      if (evidence !== 'outage') breakAtNextFailure(line, evidence)
      return fails(group, line, failure)
    case 'nothing':
      return NOTHING_NEW
  }
}

type Failure = { pass: Pass; reason: string; retryAfterMs?: number | undefined }

function fails({ clock, random }: Group, line: GroupLine, { pass, reason, retryAfterMs }: Failure): Change {
  const now = clock.now()
  const isNews = noteFailure(line.circuit, line.rules, { by: pass, now, random })
  line.reason = reason
  if (!isPaused(line)) return NOTHING_NEW
  if (isNews) line.since = now
  const { laneId } = pass.sender
  const after = retryAfterMs === undefined && laneId !== undefined ? holdLast(line, laneId) : 0
  const endsAt = Math.max(line.circuit.pausedUntil, now)
  // Lanes that were held during the probe expect it to take as long as it may.
  const [next] = line.held.keys()
  const released = next === undefined || next === laneId ? [] : [{ laneId: next, at: endsAt }]
  return { news: isNews ? 'broken' : undefined, pausedUntil: endsAt + after, released }
}

function answers({ clock, random }: Group, lines: readonly GroupLine[], { sender }: Pass): Change {
  const held: number[] = []
  let wasPaused = false
  for (const line of lines) {
    wasPaused = noteAnswer(line.circuit, line.rules) || wasPaused
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
