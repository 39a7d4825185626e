import { createBatcher } from '../lib/batcher.ts'
import { removeItems } from '../sending/item-store.ts'
import { removeEmpty } from '../sending/keyed-lanes.ts'
import { stateOf } from '../sending/lane-store.ts'
import type { LanePort, Looked, Settled, Visit } from '../sending/port.ts'
import type { SendResult } from '../sending/result.ts'
import { GATEWAY_WORDS } from '../sending/result-words.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Apps } from './apps.ts'
import {
  exchange,
  type Exchange,
  type ExchangeDeps,
  isCutOff,
  type Job,
  stepOf,
  tellNews,
} from './exchange.ts'
import { deviceKeyOf } from './keys.ts'
import { nextItem } from './next-item.ts'
import type { Notification } from './notification.ts'
import type { QueueRoom, Weight } from './queue-room.ts'
import {
  type ItemContent,
  itemsAt,
  type Payload,
  recipientKeyIn,
  renewCounts,
  waitingIn,
  type WaitingRow,
} from './queue-store.ts'
import { countsOf } from './queue-text.ts'
import { type OnRejected, reject } from './recorder.ts'
import { noteSeen, type Seen } from './seen-store.ts'
import type { Report } from './step.ts'

/** An app that the configuration lacks now is looked for again so soon. */
const NO_APP_FOR_MS = 60_000

export type PushDeps = ExchangeDeps & {
  db: Database
  apps: () => Apps
  room: QueueRoom
  report: Report
  onRejected?: OnRejected
}

/** What is sent of a lane. `hasOlder`: something older waits in it. */
type Picked = { job: Job; position: number; weight: Weight; hasOlder: boolean }

type PushLook = Looked & { lastPosition: number; picked?: Picked }
/** As it is believed, with all that was learned. */
type PushResult = SendResult & { exchanged: Exchange }
type SettledPush = Settled<PushLook, PushResult>

/** What the sending engine is to know of the notifications that wait in the gateway. */
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
      if (picked !== undefined) tellNews(deps.log, kind, { app: picked.job.app, ...exchanged })
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
    if (next.kind === 'wait') return { ...looked, step: { kind: 'rested', until: next.until } }
    const { position, expiresAt } = next.item
    const content = await contentOf({ id: visit.laneId, position })
    // It had to go for a newer one since.
    if (content === undefined) return { ...looked, step: { kind: 'rested', until: now } }
    const job = jobOf(apps(), content, { expiresAt, attempts: lane.attempts })
    if (job === undefined) return { ...looked, step: { kind: 'rested', until: now + NO_APP_FOR_MS } }
    const weight = { source: content.source ?? '', bytes: content.bytes ?? 0 }
    const picked = { job, position, weight, hasOlder: position !== rows[0]?.position }
    return { ...looked, picked, step: { kind: 'send', positions: [position], value: null } }
  }
}

const lookOf = (row: WaitingRow): PushLook => ({
  state: stateOf(row),
  lastPosition: row.last_position,
  valueDue: 0,
  valueKnown: false,
  passed: [],
  step: { kind: 'rested' },
})

const waitingItem = ({ position, expires_at: expiresAt, taken_until: takenUntil }: WaitingRow) =>
  position === null ? [] : [{ position, expiresAt: expiresAt ?? Infinity, takenUntil }]

/** Undefined: its app is not configured any more. */
function jobOf(
  apps: Apps,
  { dedup_key: dedupKey, payload, counts }: ItemContent,
  { expiresAt, attempts }: { expiresAt: number; attempts: number },
): Job | undefined {
  const stored = JSON.parse(payload ?? '{}') as Payload
  const notification = stored.notification as Notification
  if (counts !== null) notification.counts = JSON.parse(counts) as Notification['counts']
  const [device] = notification.devices
  if (device === undefined) return undefined
  const app = apps.find(device.app_id)
  if (typeof app === 'string') return undefined
  return {
    app,
    line: app.provider.lineOf(device),
    device,
    notification,
    deviceKey: deviceKeyOf(device),
    recipientKey: recipientKeyIn(dedupKey ?? ''),
    messageKey: stored.message_key ?? undefined,
    origin: { isOwn: stored.own === 1, userId: stored.user_id ?? undefined },
    expiresAt,
    attempts: Math.max(stored.attempts, attempts),
  }
}

/** It failed, and would be tried again after its life. */
const isExpired = ({ event, state, look }: SettledPush) =>
  (event.kind === 'retry' || event.kind === 'misconfigured') &&
  (state.nextAttemptAt ?? 0) >= (look?.picked?.job.expiresAt ?? Infinity)

const isDone = (settled: SettledPush) =>
  ['delivered', 'rejected', 'refused'].includes(settled.event.kind) || isExpired(settled)

type Recorded = { now: number; settled: readonly SettledPush[] }

async function record(deps: PushDeps, tx: Transaction, { now, settled }: Recorded): Promise<void> {
  const seen: Seen[] = []
  const gone: Weight[] = []
  const expired: { laneId: number; position: number }[] = []
  for (const one of settled) {
    const { event, look, lane, isTooLate } = one
    if (look?.picked === undefined || isTooLate || !isDone(one)) continue
    const { job, position, weight } = look.picked
    gone.push(weight)
    if (isExpired(one)) expired.push({ laneId: lane.laneId, position })
    if (job.messageKey !== undefined)
      seen.push({ messageKey: job.messageKey, outcome: outcomeOf(one), at: now })
    if (event.kind === 'rejected') {
      const { deviceKey, device, origin } = job
      await reject(tx, { deviceKey, device, isOwn: origin.isOwn, at: now }, deps.onRejected)
    }
    if (event.kind === 'delivered') gone.push(...(await tellOlder(tx, lane.laneId, look.picked)))
  }
  await removeItems(tx, expired)
  await noteSeen(tx, seen)
  const looks = settled.flatMap(({ look, lane }) => (look ? [{ laneId: lane.laneId, ...look }] : []))
  await removeEmpty(tx, looks)
  tx.onCommit(() => deps.room.removed(gone))
}

function outcomeOf({ event }: SettledPush): Seen['outcome'] {
  return event.kind === 'delivered' || event.kind === 'rejected' ? event.kind : GATEWAY_WORDS.refused
}

/** What is older tells the counts that were told last. Resolves to what went. */
async function tellOlder(
  tx: Transaction,
  laneId: number,
  { job, position, hasOlder }: Picked,
): Promise<Weight[]> {
  const counts = countsOf(job.notification)
  if (!hasOlder || counts === undefined) return []
  return renewCounts(tx, { laneId, recipientKey: job.recipientKey, counts, before: position })
}

function announce({ report, clock }: PushDeps, settled: SettledPush): void {
  const { look, result, state } = settled
  if (look?.picked === undefined || result === undefined) return
  const { job } = look.picked
  const { status, reason, ms } = result.exchanged.result
  const attempt = job.attempts + 1
  const at = state.lastErrorAt !== null && state.nextAttemptAt !== null ? state.lastErrorAt : clock.now()
  const step = { outcome: result.exchanged.outcome, status, reason, attempt, ms, at }
  if (isDone(settled)) {
    report(stepOf(job, { ...step, ...(result.kind === 'delivered' && { providerId: result.providerId }) }))
    if (isExpired(settled)) report(stepOf(job, { outcome: 'expired', reason: 'expired', at, attempt }))
  } else report(stepOf(job, { ...step, nextAttemptAt: state.nextAttemptAt ?? at }))
}
