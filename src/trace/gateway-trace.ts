import { createBatcher } from '../lib/batcher.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { gatewayStepsOfEvent } from './gateway-store.ts'
import { gatewaySteps, type JourneyStep } from './journey.ts'
import type { GatewayStep, Trace } from './trace.ts'

export type GatewayTrace = AsyncDisposable & {
  /** Records a step asynchronously. Never throws. */
  record(step: GatewayStep): void
  /** Records steps in a transaction of the caller. */
  recordIn(tx: Queries, steps: readonly GatewayStep[]): Promise<void>
}

/**
 * Records the steps of a gateway outside of its transactions. Steps at nearly the same time share one
 * transaction. Disposing waits for pending writes.
 */
export function createGatewayTrace(deps: { db: Database; trace: Trace; log: Log }): GatewayTrace {
  const { db, trace, log } = deps
  const pending = new Set<Promise<void>>()
  const write = createBatcher(async (steps: readonly GatewayStep[]) => {
    // A step that is lost in a power cut does not affect deliveries, so the write need not be durable.
    await db.transaction((tx) => trace.recordGatewaySteps(tx, steps), {
      durably: false,
      repeatable: true,
    })
    return steps.map(() => undefined)
  })
  return {
    record(step) {
      if (!trace.isEnabled) return
      const writing = write(step)
        .catch((error: unknown) => log.error({ err: error }, 'steps of the gateway could not be recorded'))
        .then(() => void pending.delete(writing))
      pending.add(writing)
    },
    recordIn: (tx, steps) => trace.recordGatewaySteps(tx, steps),
    async [Symbol.asyncDispose]() {
      await Promise.all(pending)
    },
  }
}

/** The steps of a gateway for an event and one device, in order. */
export type DeviceJourney = { app_id: string; pushkey_hash: string; steps: JourneyStep[] }

/** The steps of a gateway for an event, by device. Empty for an event that is unknown or no longer recorded. */
export async function readGatewayJourney(q: Queries, eventId: string): Promise<DeviceJourney[]> {
  const devices: DeviceJourney[] = []
  for (const row of await q.all(gatewayStepsOfEvent, { eventId })) {
    const { app_id, pushkey_hash } = row
    const known = devices.find((one) => one.app_id === app_id && one.pushkey_hash === pushkey_hash)
    const device = known ?? { app_id, pushkey_hash, steps: [] }
    if (!known) devices.push(device)
    device.steps.push(...gatewaySteps([row]))
  }
  return devices
}
