import { StorageError } from '../storage/database.ts'
import { type Circuits, createCircuits } from '../sending/circuits.ts'
import type { KnownOutage } from '../sending/known-outages.ts'
import type { Pass } from '../sending/line.ts'
import type { DeliveryDeps } from './deps.ts'
import { knownOutages } from './known-outages.ts'
import { type Claimed, createLeases, type Leases } from './leases.ts'
import { originOf } from './origin.ts'
import { clearLeases } from './pusher-state-store.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { createTender, type Tender } from './tender.ts'
import { createVisit } from './visit.ts'
import { createWaitingLine } from './waiting-line.ts'

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
// While a lease is held its holder alone sends, one poke at a time: that is the order.
//
// Here is the loop and who waits in it. `visit.ts` has what is done while a pusher is leased, `recorder.ts` what is
// written down of it, `leases.ts` the leases.

/** Starts sending. Disposing lets what is in flight finish, for `drainMs` at most; what is left is sent after the next start. */
export async function startDelivery(deps: DeliveryDeps): Promise<AsyncDisposable> {
  await clearLeases(deps.db)
  const worker = new Worker(deps)
  worker.start(await knownOutages(deps.db))
  return worker
}

class Worker implements AsyncDisposable {
  readonly #deps: DeliveryDeps
  readonly #stop = new AbortController()
  readonly #waiting = createWaitingLine()
  readonly #active = new Map<number, Promise<void>>()
  /** Woken while active, since their last outcome went to be recorded. */
  readonly #again = new Set<number>()
  readonly #leases: Leases
  readonly #circuits: Circuits
  readonly #recorder: Recorder
  readonly #sendFor: (pusherId: number, pass: Pass) => Promise<void>
  readonly #tender: Tender
  #isFilling = false
  #unsubscribe: () => void = () => undefined
  #tending: Promise<void> = Promise.resolve()

  constructor(deps: DeliveryDeps) {
    const owner = deps.random.token(12)
    this.#deps = deps
    this.#leases = createLeases(deps, owner)
    this.#circuits = createCircuits({ ...deps, limit: deps.concurrency })
    this.#tender = createTender(deps, (pusherIds) => this.#wake(pusherIds))
    const riseBy = (at: number) => this.#tender.riseBy(at)
    this.#recorder = createRecorder({ ...deps, leases: this.#leases, circuits: this.#circuits, riseBy })
    this.#sendFor = createVisit({
      ...deps,
      owner,
      recorder: this.#recorder,
      riseBy,
      isStopping: () => this.#stop.signal.aborted,
      othersWait: () => this.#waiting.size > 0,
      forgetWakes: (pusherId) => this.#again.delete(pusherId),
      comeBack: (pusherId) => this.#again.add(pusherId),
    })
  }

  start(outages: readonly KnownOutage[]): void {
    for (const { destination, reason, held } of outages)
      this.#circuits.expectOutage(destination, { reason, held })
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
    this.#recorder.abandon()
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
      const taken = this.#waiting.take(room, this.#circuits.slotsAt)
      if (taken.length === 0) return
      const claimed = this.#leases.claim(taken.map(({ pusherId }) => pusherId))
      for (const one of taken) {
        const { pusherId, origin } = one
        const reserved =
          origin === undefined ? undefined : this.#circuits.reserve(origin, { laneId: pusherId })
        this.#active.set(pusherId, this.#turnsOf(pusherId, { reserved, claimed }))
      }
    })
  }

  async #turnsOf(
    pusherId: number,
    { reserved, claimed }: { reserved: Pass | undefined; claimed: Promise<Claimed> },
  ): Promise<void> {
    let waitsAt: string | undefined
    try {
      const url = (await claimed).get(pusherId)
      if (url !== undefined) waitsAt = await this.#visit(pusherId, originOf(url), reserved)
    } catch (error) {
      // The lease runs out by itself, and the sweeper comes back to it.
      const isTold = error instanceof StorageError
      if (!isTold && !this.#recorder.isAbandoned())
        this.#deps.log.error({ err: error, pusher_id: pusherId }, 'delivery failed')
    }
    if (reserved !== undefined) this.#circuits.leave(reserved)
    this.#active.delete(pusherId)
    const isWoken = this.#again.delete(pusherId)
    if (waitsAt !== undefined) this.#waiting.addFor(waitsAt, pusherId)
    else if (isWoken) this.#waiting.add(pusherId)
    this.#fill()
  }

  /** Sends to the gateway, if that may be now; else gives the pusher back. Resolves to the gateway that it is to wait for. */
  async #visit(pusherId: number, origin: string, reserved: Pass | undefined): Promise<string | undefined> {
    const admission = this.#circuits.admit(origin, { laneId: pusherId }, reserved)
    if (admission.kind !== 'go') {
      const { kind } = admission
      await this.#recorder.giveBack({
        pusherId,
        ...(kind === 'paused' && { resting: { until: admission.until, error: admission.reason } }),
      })
      if (kind === 'full') return origin
      this.#tender.riseBy(admission.until)
      return undefined
    }
    const { pass } = admission
    try {
      await this.#sendFor(pusherId, pass)
    } finally {
      if (pass !== reserved) this.#circuits.leave(pass)
    }
    return undefined
  }
}
