import { createBatcher } from '../lib/batcher.ts'
import { removeItems } from '../sending/item-store.ts'
import { removeEmpty } from '../sending/keyed-lanes.ts'
import { stateOf } from '../sending/lane-store.ts'
import type { LanePort, Looked, Settled, Visit } from '../sending/port.ts'
import { isFailure, type SendResult } from '../sending/result.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Apps } from './apps.ts'
import {
  exchange,
  type Exchange,
  type ExchangeDeps,
  isCutOff,
  type Job,
  jobOf,
  reportAttempt,
  logCircuitChange,
} from './exchange.ts'
import { nextItem } from './next-item.ts'
import type { Notification } from './notification.ts'
import { NO_APP_FOR_MS } from './push-circuits.ts'
import type { QueueCapacity, Weight } from './queue-capacity.ts'
import {
  type ItemContent,
  itemsAt,
  type Payload,
  renewCounts,
  waitingIn,
  type QueuedRow,
} from './queue-store.ts'
import { type Final, type OnRejected, reject, seenAs } from './recorder.ts'
import { noteSeen, type Seen } from './seen-store.ts'

export type PushDeps = ExchangeDeps & {
  db: Database
  apps: () => Apps
  capacity: QueueCapacity
  onRejected?: OnRejected
}

/** The item to send. `hasOlder`: the lane has older items. */
type Picked = { job: Job; position: number; weight: Weight; hasOlder: boolean }

type PushLook = Looked & { lastPosition: number; picked?: Picked }
/** The believed result, with the details of the attempt. */
type PushResult = SendResult & { exchanged: Exchange }
type SettledPush = Settled<PushLook, PushResult>

/** The port of the sending engine for the queue of the gateway. */
export function createPushPort(deps: PushDeps): LanePort<PushLook, PushResult> {
  return {
    look: createLook(deps),
    async send({ picked }) {
      if (picked === undefined) return undefined
      const release = picked.job.app.use()
      try {
        const exchanged = await exchange(deps, picked.job)
        return isCutOff(deps, exchanged) ? undefined : { ...exchanged.believed, exchanged }
      } finally {
        release()
      }
    },
    evidenceOf: ({ exchanged }) => exchanged.evidence,
    record: (tx, now, settled) => record(deps, tx, { now, settled }),
    announce: (settled) => announce(deps, settled),
    announceCircuit({ kind }, { picked }, { exchanged }) {
      if (picked !== undefined) logCircuitChange(deps.log, kind, { app: picked.job.app, ...exchanged })
    },
  }
}

function createLook({ db, apps, clock }: PushDeps): LanePort<PushLook, PushResult>['look'] {
  const rowsOf = createBatcher(async (visits: readonly Visit[]) => {
    const [first] = visits
    const laneIds = visits.map(({ laneId }) => laneId)
    const rows = first === undefined ? [] : await db.all(waitingIn, { laneIds, owner: first.owner })
    const byLane = Map.groupBy(rows, (row) => row.lane_id)
    return visits.map(({ laneId }) => byLane.get(laneId) ?? [])
  })
  const contentOf = createBatcher(async (items: readonly { id: number; position: number }[]) => {
    const found = new Map((await db.all(itemsAt, { items })).map((row) => [row.lane_id, row]))
    return items.map(({ id }) => found.get(id))
  })

  return async (visit) => {
    const rows = await rowsOf(visit)
    const [lane] = rows
    if (lane === undefined) return undefined
    const now = clock.now()
    const looked = lookOf(lane)
    if (visit.isStopping()) return { ...looked, step: { kind: 'given back' } }
    const next = nextItem(rows.flatMap(waitingItem), lane.attempts, now)
    if (next.kind === 'nothing') return looked
    if (next.kind === 'wait') return { ...looked, step: { kind: 'nothing due', until: next.until } }
    const { position, expiresAt } = next.item
    const content = await contentOf({ id: visit.laneId, position })
    // The item was replaced by a newer one since the first query.
    if (content === undefined) return { ...looked, step: { kind: 'nothing due', until: now } }
    const job = jobIn(apps(), content, { expiresAt, attempts: lane.attempts })
    if (job === undefined) return { ...looked, step: { kind: 'nothing due', until: now + NO_APP_FOR_MS } }
    const weight = { source: content.source ?? '', bytes: content.bytes ?? 0 }
    const picked = { job, position, weight, hasOlder: position !== rows[0]?.position }
    return { ...looked, picked, step: { kind: 'send', positions: [position], value: null } }
  }
}

const lookOf = (row: QueuedRow): PushLook => ({
  state: stateOf(row),
  lastPosition: row.last_position,
  passed: [],
  step: { kind: 'nothing due' },
})

const waitingItem = ({ position, expires_at: expiresAt, taken_until: takenUntil }: QueuedRow) =>
  position === null ? [] : [{ position, expiresAt: expiresAt ?? Infinity, takenUntil }]

/** Undefined: the app is not configured any more. */
function jobIn(apps: Apps, { payload, counts }: ItemContent, when: Pick<Job, 'expiresAt' | 'attempts'>) {
  const stored = JSON.parse(payload ?? '{}') as Payload
  const notification = stored.notification as Notification
  if (counts !== null) notification.counts = JSON.parse(counts) as Notification['counts']
  const [device] = notification.devices
  const app = device === undefined ? 'unknown' : apps.find(device.app_id)
  if (device === undefined || typeof app === 'string') return undefined
  return jobOf({
    app,
    device,
    notification,
    messageKey: stored.message_key ?? undefined,
    origin: { isOwn: stored.own === 1, userId: stored.user_id ?? undefined },
    expiresAt: when.expiresAt,
    attempts: Math.max(stored.attempts, when.attempts),
  })
}

/** The attempt failed, and the notification expires before the next one. */
const isExpired = ({ event, state, look }: SettledPush) =>
  isFailure(event) && (state.nextAttemptAt ?? 0) >= (look?.picked?.job.expiresAt ?? Infinity)

/** The final result, if the notification is not sent again. */
function finalOf(settled: SettledPush): Final | undefined {
  const { kind } = settled.event
  if (kind === 'delivered' || kind === 'rejected' || kind === 'refused') return kind
  return isExpired(settled) ? 'refused' : undefined
}

type Recorded = { now: number; settled: readonly SettledPush[] }

async function record(deps: PushDeps, tx: Transaction, { now, settled }: Recorded): Promise<void> {
  const seen: Seen[] = []
  const gone: Weight[] = []
  const expired: { laneId: number; position: number }[] = []
  for (const one of settled) {
    const { event, look, lane, isTooLate } = one
    const result = finalOf(one)
    if (look?.picked === undefined || isTooLate || result === undefined) continue
    const { laneId } = lane
    const { job, position, weight, hasOlder } = look.picked
    gone.push(weight)
    seen.push(...seenAs(job, result, now))
    if (isExpired(one)) expired.push({ laneId, position })
    if (event.kind === 'delivered') await one.result?.exchanged.write?.(tx)
    if (event.kind === 'rejected') await reject(tx, { job, at: now }, deps.onRejected)
    if (event.kind === 'delivered' && hasOlder)
      gone.push(...(await renewCounts(tx, { laneId, job, before: position })))
  }
  removeItems(tx, expired)
  await noteSeen(tx, seen)
  const lanes = settled.flatMap(({ look, lane }) =>
    look ? [{ lane_id: lane.laneId, last_position: look.lastPosition }] : [],
  )
  await removeEmpty(tx, lanes)
  tx.onCommit(() => deps.capacity.removed(gone))
}

function announce({ report, clock }: PushDeps, settled: SettledPush): void {
  const { look, result, state } = settled
  if (look?.picked === undefined || result === undefined) return
  const { exchanged } = result
  const at = state.lastErrorAt !== null && state.nextAttemptAt !== null ? state.lastErrorAt : clock.now()
  const nextAttemptAt = isFailure(result) ? (state.nextAttemptAt ?? at) : undefined
  reportAttempt(report, look.picked.job, { exchanged, at, nextAttemptAt })
}
