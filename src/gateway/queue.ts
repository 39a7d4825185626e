import type { Random } from '../lib/ids.ts'
import { startSweeper } from '../lib/sweeper.ts'
import { type Engine, startEngine } from '../sending/engine.ts'
import type { Change } from '../sending/circuits.ts'
import { endPauses, removeEmpty } from '../sending/keyed-lanes.ts'
import type { Notification } from './notification.ts'
import { createPushCircuits, PAUSED } from './push-circuits.ts'
import { createPushPort, type PushDeps } from './push-port.ts'
import {
  dueWithTaken,
  endAllTaken,
  lanesAt,
  LEASE_MS,
  type Payload,
  queueWeight,
  takeExpired,
} from './queue-store.ts'
import { stepOf } from './step.ts'

// Sends what is in the queue, with the sending engine. Each device has a lane for each of its lines: it is sent one notification of the queue at
// a time. What has just come for it does not wait for those: a newer notification is worth more than an older one. Once it is
// delivered, the others are due.

export type QueueDeps = PushDeps & { random: Random }

export type Queue = AsyncDisposable & {
  /** Begins; what a process before has left is taken up. */
  start(): Promise<void>
  /** Something in the queue is due then. */
  expect(at: number): void
  /** The circuits let these lanes continue. */
  advance(lanes: Change['released']): Promise<void>
  /** Other apps are configured now: what waits for the end of a pause, or for its app, is tried. */
  lookAgain(): Promise<void>
}

const SWEEP_EVERY_MS = 30_000
const EXPIRED_AT_ONCE = 500

export function createQueue(deps: QueueDeps): Queue {
  const { db, clock, log } = deps
  const running = new AsyncDisposableStack()
  let engine: Engine | undefined
  const settings = {
    kind: 'push',
    leaseMs: LEASE_MS,
    // As many as the apps may have in flight: the circuits decide how many of which.
    get concurrency() {
      return deps.apps().all.reduce((sum, { limit }) => sum + limit, 0)
    },
  } as const

  const endAllPauses = () =>
    db.transaction((tx) => tx.run(endPauses, { kind: 'push', reason: PAUSED, now: clock.now() }))

  return {
    async start() {
      if (db.isServedAlone)
        await db.transaction(async (tx) => {
          await tx.run(dueWithTaken, { now: clock.now() })
          await tx.run(endAllTaken, {})
        })
      await endAllPauses()
      const circuits = createPushCircuits(deps)
      engine = running.use(await startEngine({ ...deps, circuits }, settings, createPushPort(deps)))
      const sweep = { of: 'notifications that have expired in the queue', sweep: () => sweepQueue(deps) }
      running.use(
        startSweeper({ clock, log }, { ...sweep, everyMs: SWEEP_EVERY_MS, atOnce: EXPIRED_AT_ONCE }),
      )
    },
    expect: (at) => engine?.riseBy(at),
    async advance(lanes) {
      try {
        await engine?.advance(lanes)
      } catch (error) {
        log.error({ err: error }, 'what waits in the queue could not be made due')
      }
    },
    async lookAgain() {
      try {
        await endAllPauses()
        engine?.riseBy(clock.now())
      } catch (error) {
        log.error({ err: error }, 'what waits in the queue could not be looked at again')
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Takes away what has expired; and counts what waits. Resolves to how many have expired. */
async function sweepQueue(deps: QueueDeps): Promise<number> {
  const { db, clock, room } = deps
  const now = clock.now()
  const expired = await db.transaction(async (tx) => {
    const rows = await tx.all(takeExpired, { now, limit: EXPIRED_AT_ONCE })
    if (rows.length === 0) return rows
    await removeEmpty(tx, await tx.all(lanesAt, { laneIds: rows.map((row) => row.lane_id) }))
    return rows
  })
  for (const row of expired) tellExpired(deps, row.payload, now)
  if (expired.length < EXPIRED_AT_ONCE)
    await db.transaction(
      async (tx) => {
        const counted = await tx.all(queueWeight, {})
        // After the hooks of the transactions before it, which it has counted.
        tx.onCommit(() => room.reset(counted))
      },
      { durably: false },
    )
  return expired.length
}

function tellExpired({ report }: QueueDeps, payload: string | null, at: number): void {
  const { attempts, notification } = JSON.parse(payload ?? '{}') as Payload & { notification: Notification }
  const [device] = notification.devices
  report(stepOf({ device, notification, attempts }, { outcome: 'expired', reason: 'expired', at }))
}
