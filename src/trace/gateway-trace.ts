import { createBatcher } from '../lib/batcher.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import type { GatewayStep, Trace } from './trace.ts'

export type GatewayTrace = AsyncDisposable & {
  /** Records a step some time soon: nobody waits for it, and it never throws. */
  note(step: GatewayStep): void
}

/**
 * For a gateway that has no transaction of its own for what it did: steps that come close together share one. Disposing
 * waits for what is still to be written.
 */
export function createGatewayTrace(deps: { db: Database; trace: Trace; log: Log }): GatewayTrace {
  const { db, trace, log } = deps
  const pending = new Set<Promise<void>>()
  const write = createBatcher(async (steps: readonly GatewayStep[]) => {
    // What a power cut takes away of it says nothing about what was delivered.
    await db.transaction((tx) => trace.recordGatewaySteps(tx, steps), { durably: false })
    return steps.map(() => undefined)
  })
  return {
    note(step) {
      if (!trace.isEnabled) return
      const writing = write(step)
        .catch((error: unknown) => log.error({ err: error }, 'steps of the gateway could not be recorded'))
        .then(() => void pending.delete(writing))
      pending.add(writing)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(pending)
    },
  }
}
