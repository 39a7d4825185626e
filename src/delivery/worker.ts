import { createCircuits } from '../sending/circuits.ts'
import { startEngine } from '../sending/engine.ts'
import { outagesOf } from '../sending/known-outages.ts'
import { createSharedCircuits } from '../sending/shared-circuits.ts'
import type { DeliveryDeps } from './deps.ts'
import { anyPusher } from './head-store.ts'
import { POKE_LEASE_MS } from './lease-times.ts'
import { createPokePort } from './poke-port.ts'

/**
 * Starts sending pokes. Disposing waits up to `drainMs` for pokes in flight. Remaining items are sent after
 * the next start.
 */
export async function startDelivery(deps: DeliveryDeps): Promise<AsyncDisposable> {
  const { db, bus, concurrency, drainMs, share } = deps
  // With a damaged table the start fails, and not the first poke.
  await db.first(anyPusher, {})
  const of = { ...deps, limit: concurrency }
  const shared = share && createSharedCircuits({ ...deps, kind: 'poke', share }, of)
  const circuits = shared ?? createCircuits(of)
  const wokenBy = { bus, topic: 'delivery' } as const
  const leases = { leaseMs: POKE_LEASE_MS, keepsIdleLanes: true }
  const findOutages = (now: number) => outagesOf(db, 'poke', now)
  const settings = { kind: 'poke', wokenBy, ...leases, drainMs, findOutages, share } as const
  const engine = await startEngine({ ...deps, circuits }, settings, createPokePort(deps))
  const disconnect = shared?.connect(engine)
  return {
    async [Symbol.asyncDispose]() {
      disconnect?.()
      await engine[Symbol.asyncDispose]()
    },
  }
}
