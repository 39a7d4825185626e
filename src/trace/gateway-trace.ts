import { createBatcher } from '../lib/batcher.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { gatewayStepsOfEvent } from './gateway-store.ts'
import { gatewaySteps, type JourneyStep } from './journey.ts'
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

/** What a gateway did with an event for one device, in its order. */
export type DeviceJourney = { app_id: string; pushkey_hash: string; steps: JourneyStep[] }

/** What a gateway did with an event, device by device; nothing is known of an event that it has not been told, or no more. */
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
