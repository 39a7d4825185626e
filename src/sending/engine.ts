import type { Bus } from '../cluster/bus.ts'
import type { Heartbeats } from '../cluster/membership.ts'
import type { ProcessShare } from '../cluster/process-share.ts'
import { type Clock, steadyNow, waitAtMost } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import { type Database, StorageError } from '../storage/database.ts'
import type { LaneKind } from '../storage/sending-schema.ts'
import type { Change, LaneCircuits, Pass } from './circuits.ts'
import { createWorkFinder, type FindLanes, type WorkFinder } from './find-work.ts'
import {
  advanceLanes,
  NOT_DURABLE_REPEATABLE,
  type Claimed,
  type ClaimOf,
  claimLanes,
  endDeadLeases,
  type Lease,
} from './lane-store.ts'
import { createLaneShare, type LaneShare } from './lane-share.ts'
import { createLookAhead } from './look-ahead.ts'
import type { LanePort, Looked, Visit } from './port.ts'
import type { SendResult } from './result.ts'
import { createKeptLeases, type KeptLeases } from './kept-leases.ts'
import { holdForProbe, type KnownOutage } from './known-outages.ts'
import { createSettler, type Ended } from './settler.ts'
import type { Turn } from './settle-store.ts'
import type { LaneEvent } from './transition.ts'

// Sends the items of the lanes of one kind. A lane has these states:
//
//             woken: by the bus, the sweep, or the time of its retry
//   idle ──────────────────────────────────────────────────────────────▶ waiting
//      ▲                                                                    │ a slot and the lease are free
//      │ nothing left, failed, or another lane's turn                       ▼   (its circuit is open: idle; no slot: waiting)
//      └──────────────────────────── settling ◀── sending ◀── looking ◀── leased
//                                        │                       ▲
//                                        └── more items ─────────┘
//
// An idle lane can keep its lease (`kept-leases.ts`): it is then leased without a claim. The states from
// `waiting` on are in memory, in the order of arrival. The lease and the state of the lane are in the
// database. After a lost wake-up, or when a process dies in any state, items are late but never lost: the
// sweep finds the lane when its lease has ended. If the process dies between the response of the recipient
// and the commit of `settling`, the same item is sent again.
//
// Only the holder of the lease sends for a lane, one item at a time. This keeps the order.

/** The maximum number of consecutive sends for one lane while other lanes wait. */
const FAIR_SHARE = 16
/**
 * A lease that a look has found is certain for so long after the last heartbeat before the look: others take
 * a process for dead after 10 s without one.
 */
const CERTAIN_MS = 7_000

/** `isKept`: without a claim, so the lease may have been ended. */
type Leased = Claimed & { isKept?: true }

export type EngineDeps = { db: Database; clock: Clock; random: Random; log: Log; circuits: LaneCircuits }

export type EngineSettings = {
  kind: LaneKind
  /**
   * The bus topic with the ids of lanes to wake; without a message, the lanes are looked for. Absent: the
   * owner calls `riseBy`.
   */
  wokenBy?: { bus: Bus; topic: 'delivery' }
  /** The duration of a lease: much longer than the longest attempt. Each settling renews the lease. */
  leaseMs: number
  /** How long a stop waits for attempts in flight. Default: 8 s. */
  drainMs?: number | undefined
  /**
   * Called after `drainMs`: aborts attempts in flight, so that `send` resolves to undefined. Absent: they are
   * abandoned.
   */
  cutOff?: () => PromiseLike<void>
  /** Which events need a durable commit. Default: none, because a lost event is repeated. */
  isDurable?: (event: LaneEvent) => boolean
  /** Keep the lease of a lane that has nothing left to send, so that its next item needs no claim. Default: false. */
  keepsIdleLanes?: boolean
  /**
   * The destinations that were down when the last process ended. Called after the leases of dead processes
   * have ended. Default: none.
   */
  findOutages?: (now: number) => Promise<readonly KnownOutage[]>
  sweepEveryMs?: number
  findLanes?: FindLanes
  /** Which lanes this process sends for if several processes send. Default: all. */
  share?: ProcessShare | undefined
  /** Of this process. Default: those of `share`; without both, no other process can take it for dead. */
  heartbeats?: Heartbeats | undefined
}

export type Engine = AsyncDisposable & {
  /** A lane is due at this time. Milliseconds since the Unix epoch. */
  riseBy(at: number): void
  /** Looks for all lanes with work: another process may have left some. */
  sweepNow(): void
  /** Moves later retries of these lanes forward to these times. */
  advance(lanes: Change['released']): Promise<void>
}

/**
 * Starts sending. Disposing waits up to `drainMs` for attempts in flight. Remaining items are sent after the
 * next start.
 */
export async function startEngine<Look extends Looked, Result extends SendResult>(
  deps: EngineDeps,
  settings: EngineSettings,
  port: LanePort<Look, Result>,
): Promise<Engine> {
  const { db, circuits, clock } = deps
  await endDeadLeases(db, settings.kind)
  const now = clock.now()
  const outages = (await settings.findOutages?.(now)) ?? []
  for (const { destination, ...outage } of outages) circuits.expectOutage(destination, outage)
  // After the end of dead leases: a leased lane is not held.
  await holdForProbe(db, outages, now)
  const engine = new LaneEngine(deps, settings, port)
  engine.start()
  return engine
}

class LaneEngine<Look extends Looked, Result extends SendResult> implements Engine {
  readonly #deps: EngineDeps
  readonly #settings: EngineSettings
  readonly #port: LanePort<Look, Result>
  readonly #owner: string
  readonly #stop = new AbortController()
  /** Woken lanes, in order of arrival. */
  readonly #woken = new Map<number, undefined>()
  /** Lanes that got the slot for which they waited. */
  readonly #granted = new Map<number, Pass>()
  /** The lanes that waited for a slot since they were last taken. A call ends the wait. */
  readonly #withdrawals = new Map<number, () => void>()
  readonly #active = new Map<number, Promise<void>>()
  /** Lanes that were woken while active, since their last settling began. */
  readonly #again = new Set<number>()
  readonly #kept: KeptLeases
  readonly #share: LaneShare
  readonly #settler: ReturnType<typeof createSettler<Look, Result>>
  readonly #finder: WorkFinder
  #isFilling = false
  #areWokenFirst = false
  #unsubscribe: () => void = () => undefined
  #unwatch: () => void = () => undefined
  #finding: Promise<void> = Promise.resolve()

  constructor(deps: EngineDeps, settings: EngineSettings, port: LanePort<Look, Result>) {
    this.#deps = deps
    this.#settings = settings
    this.#port = port
    this.#owner = `${deps.db.processId}.${deps.random.token(12)}`
    this.#kept = createKeptLeases(settings.leaseMs)
    this.#settler = createSettler<Look, Result>({ ...deps, ...settings, lease: () => this.#lease() }, port)
    const { share, wokenBy } = settings
    const owner = this.#owner
    this.#share = createLaneShare({ ...deps, owner, kept: this.#kept, share, wokenBy })
    const isOurs = (laneId: number) => this.#isOurs(laneId)
    this.#finder = createWorkFinder(
      { ...deps, ...settings, owner, isOurs, takes: deps.circuits.takes },
      (laneIds) => this.#wake(laneIds),
    )
  }

  start(): void {
    const { wokenBy } = this.#settings
    this.#unwatch = this.#share.watch(() => this.#finder.sweepNow())
    if (wokenBy !== undefined)
      this.#unsubscribe = wokenBy.bus.subscribe([wokenBy.topic], (message) => {
        if (message === undefined) this.#finder.sweepNow()
        else this.#wake((message as number[]).filter((laneId) => this.#isOurs(laneId)))
      })
    this.#finding = this.#finder.findUntil(this.#stop.signal)
  }

  riseBy(at: number): void {
    this.#finder.riseBy(at)
  }

  sweepNow(): void {
    this.#finder.sweepNow()
  }

  async advance(lanes: Change['released']): Promise<void> {
    if (lanes.length === 0 || this.#settler.isAbandoned()) return
    await this.#deps.db.transaction((tx) => advanceLanes(tx, lanes), { inOwnGroup: true })
    this.#finder.riseBy(lanes.reduce((first, { at }) => Math.min(first, at), Infinity))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe()
    this.#unwatch()
    this.#stop.abort()
    for (const withdraw of this.#withdrawals.values()) withdraw()
    for (const pass of this.#granted.values()) this.#deps.circuits.leave(pass)
    await this.#finding
    const drained = Promise.all(this.#active.values())
    await waitAtMost(this.#deps.clock, this.#settings.drainMs ?? 8000, drained)
    if (this.#settings.cutOff !== undefined) {
      await this.#settings.cutOff()
      await drained
    }
    await this.#share.release(this.#kept.laneIds())
    this.#settler.abandon()
  }

  #lease(): Lease {
    const now = this.#deps.clock.now()
    const { leaseMs, keepsIdleLanes: keepsIdle = false } = this.#settings
    return { owner: this.#owner, until: now + leaseMs, now, keepsIdle }
  }

  /** A lane that this process works on is woken here, also one that belongs to another process. */
  #isOurs(laneId: number): boolean {
    return this.#active.has(laneId) || this.#share.has(laneId)
  }

  #wake(laneIds: readonly number[]): void {
    for (const id of laneIds) {
      if (this.#active.has(id)) this.#again.add(id)
      else if (!this.#withdrawals.has(id)) this.#woken.set(id, undefined)
    }
    this.#fill()
  }

  /**
   * Takes as many waiting lanes as may be leased. Lanes that were woken in the same tick and whose lease was
   * not kept are claimed together.
   */
  #fill(): void {
    if (this.#isFilling) return
    this.#isFilling = true
    queueMicrotask(() => {
      this.#isFilling = false
      // No more leases than slots.
      const room = this.#deps.circuits.limit() - this.#active.size
      if (room <= 0 || this.#stop.signal.aborted) return
      const taken = this.#take(room)
      const lease = this.#lease()
      const kept = new Map(taken.map(([laneId]) => [laneId, this.#kept.take(laneId, lease.now)]))
      const laneIds = taken.map(([laneId]) => laneId).filter((laneId) => kept.get(laneId)?.isFresh !== true)
      const claimed = this.#claim(
        { laneIds, idle: laneIds.filter((laneId) => kept.get(laneId) !== undefined) },
        lease,
      )
      for (const [laneId, pass] of taken) {
        const own = kept.get(laneId)
        const lane = own?.isFresh
          ? { ...own.lane, isKept: true as const }
          : claimed.then((lanes) => lanes.get(laneId))
        this.#active.set(laneId, this.#turnsOf({ laneId, pass }, lane))
      }
    })
  }

  /** Woken lanes and lanes that waited for slots go first in turn, so that neither starves. */
  #take(count: number): [laneId: number, pass: Pass | undefined][] {
    this.#areWokenFirst = !this.#areWokenFirst
    const taken: [number, Pass | undefined][] = []
    const queues = [this.#woken, this.#granted]
    for (const queue of this.#areWokenFirst ? queues : queues.toReversed())
      for (const one of queue) {
        if (taken.length === count) return taken
        taken.push(one)
        queue.delete(one[0])
        this.#withdrawals.delete(one[0])
      }
    return taken
  }

  async #claim(of: Omit<ClaimOf, 'kind'>, lease: Lease): Promise<ReadonlyMap<number, Claimed>> {
    if (of.laneIds.length === 0) return new Map()
    const { kind } = this.#settings
    return this.#deps.db.transaction((tx) => claimLanes(tx, { ...of, kind }, lease), NOT_DURABLE_REPEATABLE)
  }

  async #turnsOf(
    { laneId, pass }: { laneId: number; pass: Pass | undefined },
    leased: Leased | Promise<Leased | undefined>,
  ): Promise<void> {
    const { circuits, log } = this.#deps
    let withoutSlot: Leased | undefined
    try {
      const lane = await leased
      if (lane !== undefined) withoutSlot = await this.#admit(lane, pass)
    } catch (error) {
      // The lease expires, and the sweep finds the lane again.
      const isTold = error instanceof StorageError
      if (!isTold && !this.#settler.isAbandoned())
        log.error({ err: error, kind: this.#settings.kind, lane_id: laneId }, 'sending failed')
    }
    if (pass !== undefined) circuits.leave(pass)
    this.#active.delete(laneId)
    const isWoken = this.#again.delete(laneId)
    if (withoutSlot !== undefined) this.#awaitSlot(withoutSlot)
    else if (isWoken) this.#woken.set(laneId, undefined)
    this.#fill()
  }

  /** Waits in memory, without a lease, for a slot of the lane's destination. */
  #awaitSlot(lane: Claimed): void {
    if (this.#stop.signal.aborted) return
    const { laneId, destination } = lane
    // No promise: lanes that get slots in the same tick are leased together.
    const withdraw = this.#deps.circuits.enterLane(destination, lane, (admission) => {
      if (admission.kind === 'go') this.#granted.set(laneId, admission.pass)
      // Leased again, to record the pause.
      else this.#woken.set(laneId, undefined)
      this.#fill()
    })
    this.#withdrawals.set(laneId, withdraw)
  }

  /** Sends if the circuit allows it, else gives the lane back. Resolves to the lane if it must wait for a slot. */
  async #admit(lane: Leased, reserved: Pass | undefined): Promise<Leased | undefined> {
    const { circuits } = this.#deps
    const { destination, laneId } = lane
    const admission = circuits.admit(destination, lane, reserved)
    if (admission.kind === 'full') {
      await this.#settle({ lane, event: { kind: 'given back' }, release: true })
      return lane
    }
    if (admission.kind === 'paused') {
      const { until, reason } = admission
      await this.#settle({ lane, event: { kind: 'circuit paused', until, reason }, release: true })
      // The pause may have ended before its time was written.
      if (!circuits.isHeld(destination, laneId)) await this.advance([{ laneId, at: this.#deps.clock.now() }])
      this.#finder.riseBy(until)
      return undefined
    }
    try {
      await this.#visit(lane, admission.pass)
    } finally {
      if (admission.pass !== reserved) circuits.leave(admission.pass)
    }
    return undefined
  }

  /**
   * Sends for a leased lane, one item at a time, until it is empty, an attempt fails, or the lane must give
   * way to others.
   */
  async #visit(lane: Leased, pass: Pass): Promise<void> {
    const { laneId } = lane
    const isStopping = () => this.#stop.signal.aborted
    const visit = { laneId, owner: this.#owner, isStopping }
    const ahead = createLookAhead(this.#port, this.#deps.clock)
    for (let turn = 1; ; turn++) {
      const look = await this.#look(visit, () => ahead.take(lane.destination))
      if (look === undefined) {
        // The lease was ended, because this process was silent. It may be free again.
        if (lane.isKept) this.#again.add(laneId)
        return
      }
      if (look.destination !== undefined && look.destination !== lane.destination) {
        // The recipient was set again with another destination: the lane needs a slot there.
        this.#again.add(laneId)
        return
      }
      if (!this.#givesWay(turn)) ahead.readAfter(look, visit)
      const sent = look.step.kind === 'send' ? await this.#send(look, pass) : { event: look.step }
      const givesWay = this.#givesWay(turn)
      // The settling sees the items of all earlier wake-ups. For a held lane it does not, so its wake-up is
      // kept: it may be a call.
      const isWoken = sent.event.kind !== 'held' && this.#again.delete(laneId)
      const became = await this.#settle({ lane, look, ...sent, release: givesWay || isStopping() })
      // A wake-up during the attempt can be that for the end of the lease: the lane may be free.
      if (became === 'gone' ? isWoken : givesWay && became === 'released') this.#again.add(laneId)
      if (became === 'idle') this.#share.keep(lane, this.#deps.clock.now())
      if (became !== 'more') return
      if (sent.event.kind !== 'delivered') ahead.discard()
    }
  }

  /**
   * The next step of a lane: the one that was read ahead, or a look. It is read again while the lease is not
   * certain: a process that stood still (SIGSTOP), or that could write no heartbeat, may have lost the lease,
   * and another one may have sent the same.
   */
  async #look(visit: Visit, takeAhead: () => Promise<Look | undefined>): Promise<Look | undefined> {
    const { clock } = this.#deps
    const { share, heartbeats = share } = this.#settings
    const lastHeartbeat = () => steadyNow(clock) - (heartbeats?.silentFor() ?? 0)
    let since = lastHeartbeat()
    let look = (await takeAhead()) ?? (await this.#port.look(visit))
    while (look !== undefined && steadyNow(clock) - since >= CERTAIN_MS) {
      await heartbeats?.nextHeartbeat(this.#stop.signal)
      if (this.#stop.signal.aborted) return undefined
      since = lastHeartbeat()
      look = await this.#port.look(visit)
    }
    return look
  }

  #givesWay(turn: number): boolean {
    return turn % FAIR_SHARE === 0 && this.#woken.size + this.#withdrawals.size > 0
  }

  async #send(look: Look, pass: Pass): Promise<Pick<Ended<Look, Result>, 'result' | 'event' | 'notBefore'>> {
    const result = await this.#port.send(look)
    if (result === undefined) return { event: { kind: 'given back' } }
    const { pausedUntil, released } = this.#learn(look, result, pass)
    if (released.length > 0) await this.advance(released)
    return { result, event: result, notBefore: pausedUntil }
  }

  /** Reports a result to the circuits. */
  #learn(look: Look, result: Result, pass: Pass): Change {
    const { circuits } = this.#deps
    const { reason } = result
    const retryAfterMs = result.kind === 'retry' ? result.retryAfterMs : undefined
    const change = circuits.report(pass, {
      evidence: this.#port.evidenceOf(result),
      reason,
      retryAfterMs,
    })
    const { news, released } = change
    if (news === 'broken') this.#port.announceCircuit({ kind: 'broken', reason }, look, result)
    if (news === 'back') this.#port.announceCircuit({ kind: 'back', held: released.length }, look, result)
    return change
  }

  async #settle(ended: Ended<Look, Result>): Promise<Turn> {
    const written = await this.#settler.settle(ended)
    if (written === undefined) return 'gone'
    const { settled, turn } = written
    this.#port.announce(settled, turn)
    const { nextAttemptAt } = settled.state
    if (nextAttemptAt !== null) this.#finder.riseBy(nextAttemptAt)
    return turn
  }
}
