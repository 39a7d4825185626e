import type { Clock } from '../lib/clock.ts'
import type { Transaction } from '../storage/database.ts'
import type { createAcceptor, Unwritten } from './accept.ts'
import { responseOf } from './response.ts'
import type { Notification } from './notification.ts'
import type { Queue } from './queue.ts'
import type { Recorder } from './recorder.ts'
import type { Report, StepTrace } from './step.ts'

// Pokes of the server that this gateway is part of. Delivery removes a poke from its queue in a transaction,
// and the results of the gateway are written in the same one. So they need no commit before the response: if
// the process dies, the poke is sent again, as one whose response was lost.

export type OwnPokes = {
  /**
   * Like `notify`, for a poke with one device. The result of a finished first attempt is not written: the
   * caller passes `unwritten` to `record`. If it does not, the poke must be sent again.
   *
   * @throws {MatrixError} like `notify`
   */
  notifyOwn(
    notification: Notification,
    userId?: string,
  ): Promise<{ rejected: string[]; unwritten: Unwritten }>
  /** Writes the results of pokes, in the transaction that ends these pokes. It can run again. */
  record(tx: Transaction, unwritten: readonly Unwritten[]): Promise<void>
}

type OwnPokesDeps = {
  clock: Clock
  /** For log and metrics. */
  report: Report
  trace?: StepTrace | undefined
  acceptor: ReturnType<typeof createAcceptor>
  recorder: Recorder
  queue: Queue
}

export function createOwnPokes({ clock, report, trace, acceptor, recorder, queue }: OwnPokesDeps): OwnPokes {
  return {
    async notifyOwn(notification, userId) {
      const unwritten: Unwritten = { steps: [], results: [] }
      let hasResponded = false
      const collect: Report = (step) => {
        report(step)
        // An attempt that takes too long continues after the response.
        if (hasResponded) trace?.record(step)
        else unwritten.steps.push(step)
      }
      const origin = { isOwn: true, userId }
      const instead = { report: collect, unwritten }
      try {
        const accepting = notification.devices.map((device) =>
          acceptor.accept(device, { notification, origin, instead }),
        )
        return { ...responseOf(notification, await Promise.all(accepting)), unwritten }
      } catch (error) {
        for (const step of unwritten.steps) trace?.record(step)
        throw error
      } finally {
        hasResponded = true
      }
    },
    async record(tx, unwritten) {
      const results = unwritten.flatMap((one) => one.results)
      await recorder.writeIn(tx, results, () => queue.expect(clock.now()))
      const steps = unwritten.flatMap((one) => one.steps)
      await trace?.recordIn(tx, steps)
    },
  }
}
