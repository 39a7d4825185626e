import { hostname } from 'node:os'
import { type Role, ROLES } from '../config/roles.ts'
import { type Clock, steadyNow } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { VERSION } from '../lib/version.ts'
import { createWorkTimer } from '../lib/work-timer.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { KNOWN_SCHEMA, MIGRATING, refuseNewer } from '../storage/migrate.ts'
import {
  appliedMigrations,
  databaseTime,
  DEAD_AFTER_MS,
  holdTask,
  leaveTasks,
  liveProcesses,
  putProcess,
  type ProcessFacts,
  removeDeadProcesses,
  removeProcess,
  takeMigrationLock,
} from './processes-store.ts'
import type { Bus } from './bus.ts'
import type { BusHealth } from './shared-bus.ts'

// A process among those that share its database.
//
//   start() ──registered──▶ alive ──no heartbeat for 10 s, or its session ended──▶ dead: its row and its leases are removed
//                             │  ▲                                                    │
//                             │  └──────── its next heartbeat registers it again ─────┘
//                             └──leave()──▶ leaving: without roles and tasks ──disposed──▶ gone
//
// A process that comes or goes, and the leader that finds a dead one, tell the others over the bus: they
// write a heartbeat at once, and read the list. When what a dead one held has ended, the leader tells them
// that too: who noticed the death before looks again. A process whose heartbeats are missing is found when
// its 10 s are over, by a heartbeat of the others at that time.
//
// The leases of a process end with its row, before the end of their time. What a process writes after its
// leases were ended changes nothing, because each write compares the owner. A lease that a process was
// committing at its death can appear later, so they are ended again for a while.
//
// On SQLite the process is the only one: it has every task, and nothing is written.

const HEARTBEAT_MS = 3_000
/** After the time at which a silent process is dead. */
const AFTER_DEATH_MS = 20
/** A commit of a dead process takes no longer. */
const LATE_COMMIT_MS = 10_000
/** The message on the bus: what dead processes held has ended. */
const ENDED = 'ended'
const REPEATABLE = { durably: false, repeatable: true }
const HEARTBEAT = { ...REPEATABLE, isApart: true }

/**
 * `cluster`: ends what dead processes held. `sweep`: removes old rows of a server, in a process with this
 * role. `gateway sweep`: the same for a gateway that runs alone.
 */
export type ClusterTask = 'cluster' | 'sweep' | 'gateway sweep'

/** Written with each heartbeat. */
export type ProcessState = { bus: BusHealth }

export type LiveProcess = { id: string; roles: readonly Role[] }

export type Heartbeats = {
  /** The time since the last heartbeat. Milliseconds. */
  silentFor(): number
  /** Writes a heartbeat at once. Resolves when one was written, or when the signal aborts. */
  nextHeartbeat(signal: AbortSignal): Promise<void>
}

export type ClusterMember = AsyncDisposable &
  Heartbeats & {
    readonly id: string
    /** No other process can share the database. */
    readonly isOnly: boolean
    readonly roles: readonly Role[]
    /**
     * Registers this process. Rejects with a `StorageError` when the database refuses it. Nothing of the
     * database may be used before.
     */
    start(): Promise<void>
    /** The live processes at the last heartbeat, with this one, by ids. */
    live(): readonly LiveProcess[]
    has(task: ClusterTask): boolean
    /**
     * Calls `listener` after each change of the live processes or of the tasks of this one, and when what a
     * dead process held has ended (`hasEnded`), until the returned function is called.
     */
    onChange(listener: (hasEnded: boolean) => void): () => void
    /** Resolves while heartbeats are written. */
    check(): Promise<void>
    /** Gives up roles and tasks before the end, so that the others take over what is not in flight. Never rejects. */
    leave(): Promise<void>
  }

export type ClusterMemberOptions = {
  db: Database
  /** Of this process: a wait, and the age of the last heartbeat. */
  clock: Clock
  log: Log
  roles: readonly Role[]
  /** The tasks that this process can have, besides `cluster`. */
  tasks: readonly ClusterTask[]
  configHash: string
  /** Called with the time of the database at each heartbeat, and the steady time of its middle. */
  onTime?: (databaseNow: number, steadyAt: number) => void
  /** Ends what processes without a row in `processes` hold. It can run again. */
  endDead: (tx: Transaction) => Promise<void>
  heartbeatMs?: number
  /** What the process tells operators about itself (`belfry cluster status`). */
  state?: () => ProcessState
  /** Tells the others at once. Default: they see a change with their next heartbeat. */
  bus?: Bus
}

export function createMembership(options: ClusterMemberOptions): ClusterMember {
  return options.db.isServedAlone ? onlyProcess(options) : new SharedClusterMember(options)
}

function onlyProcess({ db, roles }: ClusterMemberOptions): ClusterMember {
  const self = { id: db.processId, roles }
  return {
    ...self,
    isOnly: true,
    start: async () => undefined,
    live: () => [self],
    has: () => true,
    onChange: () => () => undefined,
    silentFor: () => 0,
    nextHeartbeat: async () => undefined,
    check: async () => undefined,
    leave: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

class SharedClusterMember implements ClusterMember {
  readonly id: string
  readonly isOnly = false
  readonly roles: readonly Role[]
  readonly #options: ClusterMemberOptions
  #registration: Omit<ProcessFacts, 'state'>
  readonly #stop = new AbortController()
  readonly #listeners = new Set<(hasEnded: boolean) => void>()
  /** Called once, after the next heartbeat. */
  readonly #awaiting = new Set<() => void>()
  #live: readonly LiveProcess[]
  #tasks: ReadonlySet<ClusterTask> = new Set()
  /** The rows of dead processes are removed, and what they held is not ended yet. */
  #mustEndDead = false
  /** On the steady clock. */
  #endsAgainUntil = -Infinity
  /** What a dead process held has ended since the last heartbeat. */
  #hasEnded = false
  /** From the last heartbeat until another process is dead, if that process writes none. Milliseconds. */
  #nextDeathMs = Infinity
  #seenAt: number
  #isStarted = false
  #isLeaving = false
  #beating: Promise<void> = Promise.resolve()
  /** Pending while what dead processes held is being ended. */
  #ending: Promise<void> | undefined
  #lastBeat: Promise<void> = Promise.resolve()
  readonly #timer: ReturnType<typeof createWorkTimer>
  #unsubscribe: () => void = () => undefined

  constructor(options: ClusterMemberOptions) {
    const { db, roles, configHash, clock } = options
    this.id = db.processId
    this.roles = roles
    this.#options = options
    this.#timer = createWorkTimer(clock)
    this.#live = [{ id: this.id, roles }]
    this.#seenAt = steadyNow(clock)
    this.#registration = {
      processId: this.id,
      roles: roles.join(','),
      host: hostname(),
      pid: process.pid,
      version: VERSION,
      knownSchema: KNOWN_SCHEMA,
      configHash,
    }
  }

  async start(): Promise<void> {
    const { db, clock } = this.#options
    // A migration that this version could not follow sees the row, or is seen here.
    await db.transaction(async (tx) => {
      await tx.all(takeMigrationLock, { lock: MIGRATING })
      refuseNewer(await tx.all(appliedMigrations, {}), true)
      tx.write(putProcess, this.#facts())
    }, HEARTBEAT)
    this.#isStarted = true
    await this.#beat()
    await this.#ending
    this.#beating = this.#beatUntilStopped()
    const { bus } = this.#options
    this.#unsubscribe =
      bus?.subscribe(['processes'], (message) => {
        this.#hasEnded ||= message === ENDED
        this.#timer.wakeBy(clock.now())
      }) ?? this.#unsubscribe
    bus?.publish('processes')
  }

  async leave(): Promise<void> {
    const { db, log, bus } = this.#options
    if (!this.#isStarted || this.#isLeaving) return
    this.#isLeaving = true
    this.#registration = { ...this.#registration, roles: '' }
    try {
      await this.#beat()
      await db.transaction(async (tx) => tx.write(leaveTasks, { holder: this.id }), HEARTBEAT)
      bus?.publish('processes')
    } catch (error) {
      log.warn({ err: error }, 'the other processes could not be told that this one stops')
    }
  }

  live(): readonly LiveProcess[] {
    return this.#live
  }

  has(task: ClusterTask): boolean {
    return this.#tasks.has(task) && this.silentFor() < DEAD_AFTER_MS
  }

  onChange(listener: (hasEnded: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  silentFor(): number {
    return steadyNow(this.#options.clock) - this.#seenAt
  }

  nextHeartbeat(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#awaiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#awaiting.add(done)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
      else this.#timer.wakeBy(this.#options.clock.now())
    })
  }

  async check(): Promise<void> {
    const ms = this.silentFor()
    if (ms >= DEAD_AFTER_MS) throw new Error(`no heartbeat was written for ${Math.round(ms / 1000)} s`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { db, log, bus } = this.#options
    if (!this.#isStarted) return
    this.#unsubscribe()
    this.#stop.abort()
    await this.#beating
    await this.#lastBeat.catch(() => undefined)
    await this.#ending
    try {
      await db.transaction(async (tx) => {
        tx.write(leaveTasks, { holder: this.id })
        tx.write(removeProcess, { processId: this.id })
      }, HEARTBEAT)
      bus?.publish('processes')
    } catch (error) {
      log.warn(
        { err: error },
        'this process could not be removed from the list of processes; it counts as dead after 10 s',
      )
    }
  }

  async #beatUntilStopped(): Promise<void> {
    const { clock, log, heartbeatMs = HEARTBEAT_MS } = this.#options
    const { signal } = this.#stop
    let round = this.#timer.startRound()
    for (;;) {
      await round.sleepUntil(clock.now() + Math.min(heartbeatMs, this.#nextDeathMs), signal)
      if (signal.aborted) return
      // Before the heartbeat, so that a message during it causes another one.
      round = this.#timer.startRound()
      try {
        await this.#beat()
      } catch (error) {
        log.error({ err: error }, 'the heartbeat could not be written')
      }
    }
  }

  #facts(): ProcessFacts {
    return { ...this.#registration, state: JSON.stringify(this.#options.state?.() ?? null) }
  }

  /** One at a time, so that an earlier one does not write the roles of a process that leaves. */
  #beat(): Promise<void> {
    this.#lastBeat = this.#lastBeat.catch(() => undefined).then(() => this.#beatNow())
    return this.#lastBeat
  }

  /**
   * All writes leave in one batch with the commit. So a process that stops in between (SIGSTOP) holds no row
   * for which the heartbeats of the others would wait. The tasks come first: a process that was taken for
   * dead waits for the one that removes it while it has locked nothing.
   */
  async #beatNow(): Promise<void> {
    const { db, clock, onTime } = this.#options
    const tasks = this.#isLeaving ? [] : (['cluster', ...this.#options.tasks] as const)
    this.#nextDeathMs = Infinity
    const beat = await db.transaction(async (tx) => {
      const from = steadyNow(clock)
      const time = await tx.first(databaseTime, {})
      const written = {
        time: { now: time?.now ?? 0, steadyAt: (from + steadyNow(clock)) / 2 },
        held: new Set<ClusterTask>(),
        dead: [] as readonly { process_id: string; roles: string }[],
        live: [] as readonly LiveRow[],
      }
      for (const name of tasks)
        tx.write(holdTask, { name, holder: this.id }, (rows) => rows.length > 0 && written.held.add(name))
      tx.write(putProcess, this.#facts())
      tx.write(removeDeadProcesses, { holder: this.id }, (rows) => (written.dead = rows))
      tx.write(liveProcesses, {}, (rows) => (written.live = rows))
      return written
    }, HEARTBEAT)
    onTime?.(beat.time.now, beat.time.steadyAt)
    this.#seenAt = beat.time.steadyAt
    for (const done of Array.from(this.#awaiting)) done()
    this.#endDead(beat.dead, beat.held)
    this.#note(beat.held, beat.live)
  }

  /** The next heartbeat does not wait for it: it can wait for lanes that a stopped process has locked. */
  #endDead(dead: readonly { process_id: string; roles: string }[], held: ReadonlySet<ClusterTask>): void {
    const { log, clock } = this.#options
    for (const { process_id: process, roles } of dead)
      log.warn({ process, roles }, 'a process is dead: what it held is ended')
    const isNew = held.has('cluster') && !this.#tasks.has('cluster')
    // The last holder of the task may have died between the two transactions, and the second one can fail.
    this.#mustEndDead ||= dead.length > 0 || isNew
    if (this.#mustEndDead) this.#endsAgainUntil = steadyNow(clock) + LATE_COMMIT_MS
    else if (!held.has('cluster') || steadyNow(clock) >= this.#endsAgainUntil) return
    this.#ending ??= this.#endUntilDone().finally(() => {
      this.#ending = undefined
    })
  }

  async #endUntilDone(): Promise<void> {
    for (let isAgain = true; isAgain;) isAgain = await this.#endOnce()
  }

  /** Resolves to whether more processes were found dead meanwhile. After a failure the next heartbeat tries again. */
  async #endOnce(): Promise<boolean> {
    const { db, log, endDead, bus } = this.#options
    const isDue = this.#mustEndDead
    this.#mustEndDead = false
    try {
      await db.transaction(endDead, { ...REPEATABLE, inOwnGroup: true })
    } catch (error) {
      this.#mustEndDead ||= isDue
      log.error({ err: error }, 'what dead processes held could not be ended')
      return false
    }
    if (isDue) bus?.publish('processes', ENDED)
    return this.#mustEndDead
  }

  #note(held: ReadonlySet<ClusterTask>, rows: readonly LiveRow[]): void {
    const others = rows.filter((row) => row.process_id !== this.id)
    const leftMs = others.map(({ seen_at: seenAt, now }) => seenAt + DEAD_AFTER_MS - now)
    this.#nextDeathMs = Math.max(0, Math.min(...leftMs)) + AFTER_DEATH_MS
    const live = rows.map((row) => ({ id: row.process_id, roles: rolesIn(row.roles) }))
    const isSame =
      JSON.stringify(live) === JSON.stringify(this.#live) &&
      held.size === this.#tasks.size &&
      [...held].every((task) => this.#tasks.has(task))
    this.#live = live
    this.#tasks = held
    const hasEnded = this.#hasEnded
    this.#hasEnded = false
    if (!isSame || hasEnded) for (const listener of this.#listeners) listener(hasEnded)
  }
}

type LiveRow = { process_id: string; roles: string; seen_at: number; now: number }

/** A process that leaves has none, and a newer one may have others. */
function rolesIn(text: string): Role[] {
  const names = text.split(',')
  return ROLES.filter((role) => names.includes(role))
}
