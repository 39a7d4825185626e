import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Metrics } from '../../lib/metrics.ts'
import { startSweeper } from '../../lib/sweeper.ts'
import type { Database } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import { hostOf } from './count-shares.ts'
import { deleteSharesUpTo, devicesNotSeen, sharesAfter } from './share-store.ts'
import {
  type GatewayShare,
  gatewayShares,
  MIN_DEVICES,
  PERIOD_MS,
  periodOf,
  PERIODS_READ,
  resultsOf,
  type ShareGroup,
} from './shares.ts'

/** A gateway or an app through which well fewer pushes arrive than usual. */
export type ArrivalAlarm = {
  gateway: string
  /** null: all apps of the gateway. */
  app_id: string | null
  window: 'hour' | 'day'
  share: number
  usual_share: number
  /** The number of devices that did not get pushes. */
  devices: number
}

export type JudgedShare = GatewayShare & { alarm: ArrivalAlarm | undefined }

const WINDOWS_MS = { hour: 3_600_000, day: 24 * 3_600_000 } as const

/** The shares of all gateways and apps with results in the last eight days, those with an alarm first. */
export async function readShares(q: Queries, now: number): Promise<JudgedShare[]> {
  const rows = await q.all(sharesAfter, { after: periodOf(now) - PERIODS_READ - 1 })
  const shares = gatewayShares(rows, now)
  const judged: JudgedShare[] = []
  for (const share of shares) judged.push({ ...share, alarm: await alarmFor(q, share, now) })
  return judged.toSorted(
    (left, right) => Number(right.alarm !== undefined) - Number(left.alarm !== undefined),
  )
}

async function alarmFor(
  q: Queries,
  { fallen, usual, ...share }: GatewayShare,
  now: number,
): Promise<ArrivalAlarm | undefined> {
  if (fallen === undefined || usual === null) return undefined
  const affected = await q.all(devicesNotSeen, { since: now - WINDOWS_MS[fallen] - PERIOD_MS })
  const devices = affected
    .filter((row) => hostOf(row.destination) === share.gateway && row.app_id === (share.appId ?? row.app_id))
    .reduce((all, row) => all + row.devices, 0)
  if (devices < MIN_DEVICES) return undefined
  const { gateway, appId } = share
  return {
    gateway,
    app_id: appId,
    window: fallen,
    share: share[fallen].share ?? 0,
    usual_share: usual,
    devices,
  }
}

/** For `/health`. `since`: when this process noticed it. */
export type ArrivalHealth = { state: 'ok' | 'failing'; alarms: (ArrivalAlarm & { since: number })[] }

type WatchDeps = { db: Database; clock: Clock; log: Log; metrics: Metrics }

const WATCH_EVERY_MS = 60_000
/** The most gateways and apps in the metrics and in `/health`: users choose them. Those of one user are left out. */
const MAX_SHOWN = 50

/**
 * Compares the shares with the usual ones once a minute, and reports alarms: in the log, in metrics and for
 * `/health`.
 */
export function createShareWatch({ db, clock, log, metrics }: WatchDeps) {
  let alarms = new Map<string, ArrivalAlarm & { since: number }>()
  const show = createShareMetrics(metrics)

  async function watch(): Promise<void> {
    const now = clock.now()
    const shares = await db.snapshot((q) => readShares(q, now))
    const shown = shares.filter(({ isShared }) => isShared).slice(0, MAX_SHOWN)
    const found = shown.flatMap(({ alarm }) => (alarm === undefined ? [] : [alarm]))
    const before = alarms
    alarms = new Map(
      found.map((alarm) => {
        const key = keyOf(alarm)
        return [key, { ...alarm, since: before.get(key)?.since ?? now }]
      }),
    )
    for (const [key, { since: _since, ...alarm }] of alarms)
      if (!before.has(key)) log.warn(alarm, 'fewer pushes arrive than usual')
    for (const [key, { gateway, app_id }] of before)
      if (!alarms.has(key)) log.info({ gateway, app_id }, 'pushes arrive again, or there are too few results')
    show(shown)
    const oldest = periodOf(now) - PERIODS_READ - 1
    await db.transaction((tx) => tx.run(deleteSharesUpTo, { period: oldest }), { durably: false })
  }

  return {
    health: (): ArrivalHealth => ({
      state: alarms.size === 0 ? 'ok' : 'failing',
      alarms: [...alarms.values()],
    }),
    start: (): AsyncDisposable =>
      startSweeper(
        { clock, log },
        {
          of: 'shares of arrived pushes',
          everyMs: WATCH_EVERY_MS,
          atOnce: 1,
          async sweep() {
            await watch()
            return 0
          },
        },
      ),
  }
}

const keyOf = ({ gateway, app_id: appId }: ArrivalAlarm) => JSON.stringify([gateway, appId])

/** With several apps, a gateway has an entry of its own without an app. */
const labelsOf = ({ gateway, appId }: ShareGroup) => ({ gateway: gateway || 'other', app: appId ?? '' })

function createShareMetrics(metrics: Metrics): (shares: readonly JudgedShare[]) => void {
  const share = metrics.gauge(
    'belfry_arrival_share',
    'Share of pushes that are known to have arrived, of those with a known result',
    ['gateway', 'app', 'window'],
  )
  const results = metrics.gauge(
    'belfry_arrival_results',
    'Pushes of which it is known whether they arrived',
    ['gateway', 'app', 'window'],
  )
  const alarm = metrics.gauge('belfry_arrival_alarm', '1: far fewer pushes arrive than usual', [
    'gateway',
    'app',
  ])
  return (shares) => {
    for (const gauge of [share, results, alarm]) gauge.reset()
    for (const one of shares) {
      const labels = labelsOf(one)
      alarm.set(labels, one.alarm === undefined ? 0 : 1)
      for (const window of ['hour', 'day'] as const) {
        results.set({ ...labels, window }, resultsOf(one[window]))
        const found = one[window].share
        if (found !== null) share.set({ ...labels, window }, found)
      }
    }
  }
}
