import type { Bus } from '../cluster/bus.ts'
import { createBatcher } from '../lib/batcher.ts'
import type { Clock } from '../lib/clock.ts'
import type { Events } from '../lib/events.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { CompileOptions } from '../push-rules/index.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { type Attempt, attemptPoke, NOTHING_DONE, pastHead, tellOf } from './attempt.ts'
import { createDeviceRules } from './device-rules.ts'
import { type Collapse, isCarriedOut, passedOver, planCollapse } from './collapse.ts'
import { createEventCache } from './event-cache.ts'
import { createGateways, type Gateways, originOf } from './gateways.ts'
import { advanceRetries, giveBack, type GivenBack } from './hold-store.ts'
import { nextPoke, type NextStep, type Questions } from './next-poke.ts'
import type { LoadPokedEvents } from './poked-event.ts'
import { AT_START } from './outbox-store.ts'
import { isUnchanged, type Outcome, recordOutcomes, type Turn } from './outcome-store.ts'
import {
  claimPushers,
  clearLeases,
  type HeadRow,
  type HeadWanted,
  headsOf,
  type Lease,
} from './pusher-state-store.ts'
import type { PokeSender } from './send-poke.ts'
import { createTender, type Tender } from './tender.ts'
import { createWaitingLine, type Taken } from './waiting-line.ts'

// Sends what is in the outbox. A pusher goes through these states:
//
//             woken: by the bus, the sweeper, or its time to try again
//   resting ───────────────────────────────────────────────────────────▶ waiting
//      ▲                                                                    │ there is room, and the lease is free
//      │ nothing left, failed, or somebody else's turn                      ▼   (its gateway rests: resting; full: waiting)
//      └──────────────────────────── recording ◀── sending ◀── looking ◀── leased
//                                        │                       ▲ │ ▲
//                                        └── there is more ──────┘ └─┘ not needed any more: the next
//
// `waiting` and what follows is in memory, in the order of arrival; the lease and the outcome are in the database. So a lost
// wake-up, or a process that dies in any state, costs time and never a poke: the sweeper finds the pusher once its lease is
// free. Between `sending` and the commit of `recording` the gateway may have taken a poke that nobody knows of; it is sent
// once more then, with the same event id.
//
// While a lease is held its holder alone sends, one poke at a time: that is the order. The lease outlives the longest
// exchange by far and is renewed with each outcome.

export type DeliveryDeps = Questions & {
  db: Database
  bus: Bus
  clock: Clock
  random: Random
  log: Log
  events: Events
  send: PokeSender
  loadPokedEvents: LoadPokedEvents
  ruleSettings: CompileOptions
  /** Takes a pusher away for good, with all that belongs to it: its gateway has rejected it. */
  removePusher(tx: Transaction, pusherId: number): Promise<void>
  /** The most pokes in flight at one time. */
  concurrency: number
  includeContent: boolean
  /** How long a stop waits for what is in flight. 8 s. */
  drainMs?: number
}

/** Leased pushers and their URLs. */
type Claimed = ReadonlyMap<number, string | null>

const LEASE_MS = 60_000
/** So many pokes in a row for one pusher while others wait. */
const FAIR_SHARE = 16
/** So much of the concurrency at most is for one gateway. */
const GATEWAY_SHARE = 1 / 4

/** Starts sending. Disposing lets what is in flight finish, for `drainMs` at most; what is left is sent after the next start. */
export async function startDelivery(deps: DeliveryDeps): Promise<AsyncDisposable> {
  await clearLeases(deps.db)
  const worker = new Worker(deps)
  worker.start()
  return worker
}

/** What a power cut takes back is done once more: a lease is nobody's then, and a poke has the same event id. */
const AFTER_A_POWER_CUT_AGAIN = { durably: false }

class Worker implements AsyncDisposable {
  readonly #deps: DeliveryDeps
  readonly #owner: string
  readonly #stop = new AbortController()
  readonly #waiting = createWaitingLine()
  readonly #active = new Map<number, Promise<void>>()
  /** Woken while active, since their last outcome went to be recorded. */
  readonly #again = new Set<number>()
  readonly #headOf: (item: HeadWanted) => Promise<HeadRow | undefined>
  readonly #record: (outcome: Outcome) => Promise<Turn>
  readonly #eventAt: ReturnType<typeof createEventCache>
  readonly #deviceRulesOf: ReturnType<typeof createDeviceRules>
  readonly #gateways: Gateways
  readonly #giveBack: (pusher: GivenBack) => Promise<void>
  readonly #tender: Tender
  #isFilling = false
  /** Nothing may be written any more: the stop did not wait for what is still in flight. */
  #isAbandoned = false
  #unsubscribe: () => void = () => undefined
  #tending: Promise<void> = Promise.resolve()

  constructor(deps: DeliveryDeps) {
    const { db, random } = deps
    const owner = random.token(12)
    this.#deps = deps
    this.#owner = owner
    this.#eventAt = createEventCache(deps.loadPokedEvents, db)
    this.#deviceRulesOf = createDeviceRules((userId) => deps.rulesOf(db, userId), deps.ruleSettings)
    this.#headOf = createBatcher(async (items) => {
      const found = await headsOf(db, owner, items)
      return items.map((item) => found.get(item.pusherId))
    })
    this.#record = createBatcher((outcomes) => this.#recordAll(outcomes))
    this.#giveBack = createBatcher((pushers) => this.#giveAllBack(pushers))
    this.#gateways = createGateways({ ...deps, share: Math.ceil(deps.concurrency * GATEWAY_SHARE) })
    this.#tender = createTender(deps, (pusherIds) => this.#wake(pusherIds))
  }

  start(): void {
    this.#unsubscribe = this.#deps.bus.subscribe(['delivery'], (message) => this.#wake(message as number[]))
    this.#tending = this.#tender.tendUntil(this.#stop.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe()
    this.#stop.abort()
    await this.#tending
    const enough = new AbortController()
    const drained = Promise.all(this.#active.values()).then(() => enough.abort())
    await Promise.race([drained, this.#deps.clock.sleep(this.#deps.drainMs ?? 8000, enough.signal)])
    this.#isAbandoned = true
  }

  #wake(pusherIds: readonly number[]): void {
    for (const id of pusherIds) {
      if (this.#active.has(id)) this.#again.add(id)
      else this.#waiting.add(id)
    }
    this.#fill()
  }

  /** Takes pushers from those who wait, as many as there is room for: all that were woken in this turn at once. */
  #fill(): void {
    if (this.#isFilling) return
    this.#isFilling = true
    queueMicrotask(() => {
      this.#isFilling = false
      const room = this.#deps.concurrency - this.#active.size
      if (room <= 0 || this.#stop.signal.aborted) return
      const taken = this.#waiting.take(room, this.#gateways.roomAt)
      if (taken.length === 0) return
      const claimed = this.#claim(taken.map(({ pusherId }) => pusherId))
      for (const one of taken) {
        if (one.origin !== undefined) this.#gateways.reserve(one.origin)
        this.#active.set(one.pusherId, this.#turnsOf(one, claimed))
      }
    })
  }

  /** Leases pushers. Resolves to the URLs of those that it got. */
  async #claim(pusherIds: readonly number[]): Promise<Claimed> {
    const lease = this.#lease()
    const claim = (tx: Transaction) => claimPushers(tx, pusherIds, lease)
    return this.#deps.db.transaction(claim, AFTER_A_POWER_CUT_AGAIN)
  }

  #lease(): Lease {
    const now = this.#deps.clock.now()
    return { owner: this.#owner, until: now + LEASE_MS, now }
  }

  async #turnsOf({ pusherId, origin }: Taken, claimed: Promise<Claimed>): Promise<void> {
    let waitsAt: string | undefined
    try {
      const url = (await claimed).get(pusherId)
      if (url !== undefined) waitsAt = await this.#visit(pusherId, originOf(url), origin)
    } catch (error) {
      // The lease runs out by itself, and the sweeper comes back to it.
      if (!this.#isAbandoned) this.#deps.log.error({ err: error, pusher_id: pusherId }, 'delivery failed')
    }
    if (origin !== undefined) this.#gateways.leave(origin, pusherId)
    this.#active.delete(pusherId)
    const isWoken = this.#again.delete(pusherId)
    if (waitsAt !== undefined) this.#waiting.addFor(waitsAt, pusherId)
    else if (isWoken) this.#waiting.add(pusherId)
    this.#fill()
  }

  /** Sends to the gateway, if that may be now; else gives the pusher back. Resolves to the gateway that it is to wait for. */
  async #visit(pusherId: number, origin: string, reserved: string | undefined): Promise<string | undefined> {
    const isReserved = origin === reserved
    const admission = this.#gateways.admit(origin, pusherId, isReserved)
    if (admission.kind !== 'go') {
      await this.#giveBack({ pusherId, ...(admission.kind === 'resting' && { resting: admission }) })
      if (admission.kind === 'full') return origin
      this.#tender.riseBy(admission.until)
      return undefined
    }
    try {
      await this.#work(pusherId, origin)
    } finally {
      if (!isReserved) this.#gateways.leave(origin, pusherId)
    }
    return undefined
  }

  async #work(pusherId: number, origin: string): Promise<void> {
    let done = AT_START
    let plan: Collapse | undefined
    let isPlanned = false
    for (let turns = 1; ; turns++) {
      const head = await this.#headOf({ pusherId, done: passedOver(done, plan) })
      if (!head) return
      if (head.failing_since !== null && !isPlanned && !this.#isStopping()) {
        isPlanned = true
        plan = await planCollapse(this.#deps.db, pusherId, (position) => this.#judge(pusherId, position))
        if (plan !== undefined) continue
      }
      const step = this.#isStopping() ? GIVE_BACK : await this.#nextStep(head)
      if (step.kind === 'skip') {
        if (plan !== undefined && head.urgent_head === null) {
          // What the plan kept has just been read, and what it stands for may be told after all.
          isPlanned = false
          plan = undefined
          continue
        }
        this.#deps.events.pokeSkipped({ pusherId, reason: step.reason })
        done = pastHead(head, done)
        continue
      }
      const attempt = await attemptPoke(this.#deps, head, step, done)
      await this.#learn(origin, attempt)
      const othersWait = turns % FAIR_SHARE === 0 && this.#waiting.size > 0
      const collapsed = this.#carriedOut(plan, attempt, head)
      const outcome = { ...attempt.outcome, collapsed, release: othersWait || this.#isStopping() }
      // A wake-up from before this was for rows that the recording will see.
      this.#again.delete(pusherId)
      const turn = await this.#record(outcome)
      tellOf(this.#deps.events, attempt, turn)
      for (const [reason, count] of collapsed?.skipped ?? [])
        this.#deps.events.pokeSkipped({ pusherId, reason, count })
      if (outcome.nextAttemptAt !== null) this.#tender.riseBy(outcome.nextAttemptAt)
      if (othersWait && turn === 'released') this.#again.add(pusherId)
      if (turn !== 'kept') return
      done = AT_START
      plan = undefined
    }
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted
  }

  #nextStep(head: HeadRow): Promise<NextStep> {
    const { db: q, clock } = this.#deps
    const caches = { eventAt: this.#eventAt, deviceRulesOf: this.#deviceRulesOf }
    return nextPoke({ ...this.#deps, ...caches, q, now: clock.now() }, head)
  }

  async #judge(pusherId: number, position: number): Promise<NextStep | undefined> {
    const beyond = { ordinary: position - 1, urgent: Number.MAX_SAFE_INTEGER }
    const head = await this.#headOf({ pusherId, done: beyond })
    return head && this.#nextStep(head)
  }

  #carriedOut(plan: Collapse | undefined, { outcome }: Attempt, head: HeadRow): Collapse | null {
    const since = { failingSince: head.failing_since, now: this.#deps.clock.now() }
    return plan !== undefined && isCarriedOut(plan, outcome, since) ? plan : null
  }

  async #recordAll(outcomes: readonly Outcome[]): Promise<readonly Turn[]> {
    if (this.#isAbandoned) return outcomes.map(() => 'gone')
    const lease = this.#lease()
    return this.#deps.db.transaction(async (tx) => {
      const settled: Outcome[] = []
      for (const outcome of outcomes) settled.push(await this.#obeyRejection(tx, outcome))
      return recordOutcomes(tx, lease, settled)
    }, AFTER_A_POWER_CUT_AGAIN)
  }

  /** A pusher that was set anew during the exchange stays: it is told once more, and may be rejected once more. */
  async #obeyRejection(tx: Transaction, outcome: Outcome): Promise<Outcome> {
    if (outcome.kind !== 'rejected') return outcome
    const { pusherId, setAt } = outcome
    if (await isUnchanged(tx, { pusherId, setAt, owner: this.#owner })) {
      await this.#deps.removePusher(tx, pusherId)
      return outcome
    }
    return { ...outcome, ...NOTHING_DONE }
  }

  /** What the answer of a gateway means for the others who send to it. */
  async #learn(origin: string, { outcome, sent }: Attempt): Promise<void> {
    if (sent === undefined) return
    const verdict = this.#gateways.report(origin, outcome.pusherId, sent.result)
    if (verdict.kind === 'resting') {
      if (outcome.nextAttemptAt !== null)
        outcome.nextAttemptAt = Math.max(outcome.nextAttemptAt, verdict.until)
      if (verdict.isNews && outcome.error !== null) this.#deps.events.gatewayDown({ error: outcome.error })
    }
    if (verdict.kind !== 'back') return
    this.#deps.events.gatewayBack({ held: verdict.pushers.length })
    if (verdict.pushers.length === 0 || this.#isAbandoned) return
    await this.#deps.db.transaction((tx) => advanceRetries(tx, verdict.pushers))
    this.#tender.riseBy(verdict.pushers.reduce((first, { at }) => Math.min(first, at), Infinity))
  }

  async #giveAllBack(pushers: readonly GivenBack[]): Promise<undefined[]> {
    const lease = this.#lease()
    if (!this.#isAbandoned) await this.#deps.db.transaction((tx) => giveBack(tx, lease, pushers))
    return pushers.map(() => undefined)
  }
}

const GIVE_BACK: NextStep = { kind: 'rest', badgeKnown: false }
