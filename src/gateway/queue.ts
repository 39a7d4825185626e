import type { Random } from '../lib/ids.ts'
import { startSweeper } from '../lib/sweeper.ts'
import { type Engine, startEngine } from '../sending/engine.ts'
import type { Change } from '../sending/circuits.ts'
import { endPauses, removeEmpty } from '../sending/keyed-lanes.ts'
import { type KnownOutage, pausesOf } from '../sending/known-outages.ts'
import { advanceLanes } from '../sending/lane-store.ts'
import type { GatewayMembership } from './claims.ts'
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
  lockLanesWithExpired,
  takeExpired,
} from './queue-store.ts'
import { stepOf } from './step.ts'

// Sends the queued notifications with the sending engine. Each device has a lane for each of its lines, and
// is sent one queued notification at a time. A new notification does not wait for the queued ones, because it
// is more useful than they are. After its delivery the queued ones are due.

export type QueueDeps = PushDeps & { random: Random; membership: GatewayMembership }

export type Queue = AsyncDisposable & {
  /**
   * Starts sending, including the items that an earlier process left. `isSending` false: another process
   * sends, and this one counts the queue.
   */
  start(isSending: boolean): Promise<void>
  /** An item is due at this time. */
  expect(at: number): void
  /** The circuits let these lanes continue. */
  advance(lanes: Change['released']): Promise<void>
  /** The configuration has changed: lanes that wait for the end of a pause, or for their app, are tried. */
  retryPaused(): Promise<void>
}

const SWEEP_EVERY_MS = 30_000
const EXPIRED_AT_ONCE = 500

export function createQueue(deps: QueueDeps): Queue {
  const { db, clock, log, membership } = deps
  const running = new AsyncDisposableStack()
  let engine: Engine | undefined
  const settings = {
    kind: 'push',
    leaseMs: LEASE_MS,
    findOutages: (now: number) => findPauses(deps, now),
    heartbeats: membership,
  } as const

  return {
    async start(isSending) {
      if (!isSending) {
        running.use(startCounting(deps))
        return
      }
      if (db.isServedAlone)
        await db.transaction(async (tx) => {
          await tx.run(dueWithTaken, { now: clock.now() })
          await tx.run(endAllTaken, {})
        })
      const circuits = createPushCircuits(deps)
      const started = running.use(await startEngine({ ...deps, circuits }, settings, createPushPort(deps)))
      engine = started
      running.defer(membership.onChange(() => started.sweepNow()))
      const sweep = { of: 'expired notifications of the queue', sweep: () => sweepQueue(deps) }
      running.use(
        startSweeper({ clock, log }, { ...sweep, everyMs: SWEEP_EVERY_MS, atOnce: EXPIRED_AT_ONCE }),
      )
    },
    expect: (at) => engine?.riseBy(at),
    async advance(lanes) {
      try {
        await engine?.advance(lanes)
      } catch (error) {
        log.error({ err: error }, 'the retries of queued notifications could not be moved forward')
      }
    },
    async retryPaused() {
      try {
        const now = clock.now()
        await db.transaction((tx) => tx.run(endPauses, { kind: 'push', reason: PAUSED, now }))
        engine?.riseBy(now)
      } catch (error) {
        log.error(
          { err: error },
          'the queued notifications could not be retried after a change of the configuration',
        )
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** The lines that were paused when the last process ended stay paused: one lane of each sends a probe at once. */
async function findPauses({ db }: QueueDeps, now: number): Promise<KnownOutage[]> {
  const pauses = await pausesOf(db, 'push', { paused: PAUSED, now })
  const probes = pauses.flatMap(({ held: [laneId] }) => (laneId === undefined ? [] : [{ laneId, at: now }]))
  if (probes.length > 0) await db.transaction((tx) => advanceLanes(tx, probes), { inOwnGroup: true })
  return pauses
}

/** Removes expired items, and counts the queue. Resolves to the number of expired items. */
async function sweepQueue(deps: QueueDeps): Promise<number> {
  const { db, clock } = deps
  const now = clock.now()
  const expired = await db.transaction(async (tx) => {
    // Lanes before items, as in the transactions that send.
    tx.write(lockLanesWithExpired, { now, limit: EXPIRED_AT_ONCE })
    const rows = await tx.all(takeExpired, { now, limit: EXPIRED_AT_ONCE })
    if (rows.length === 0) return rows
    await removeEmpty(tx, await tx.all(lanesAt, { laneIds: rows.map((row) => row.lane_id) }))
    return rows
  })
  for (const row of expired) tellExpired(deps, row.payload, now)
  if (expired.length < EXPIRED_AT_ONCE) await countQueue(deps)
  return expired.length
}

async function countQueue({ db, capacity }: QueueDeps): Promise<void> {
  await db.transaction(
    async (tx) => {
      const counted = await tx.all(queueWeight, {})
      // The hooks of earlier transactions run before this one, and the count includes their changes.
      tx.onCommit(() => capacity.reset(counted))
    },
    { durably: false },
  )
}

/** For a process that adds to the queue and does not send from it. */
function startCounting(deps: QueueDeps): AsyncDisposable {
  return startSweeper(deps, {
    of: 'size of the queue',
    everyMs: SWEEP_EVERY_MS,
    atOnce: 1,
    async sweep() {
      await countQueue(deps)
      return 0
    },
  })
}

function tellExpired({ report }: QueueDeps, payload: string | null, at: number): void {
  const { attempts, notification } = JSON.parse(payload ?? '{}') as Payload & { notification: Notification }
  const [device] = notification.devices
  report(stepOf({ device, notification, attempts }, { outcome: 'expired', reason: 'expired', at }))
}
