import { type Share, shareFrom } from './arrivals.ts'

// Whether fewer pushes arrive through a gateway than usual. Pure.

export const PERIOD_MS = 600_000
const PERIODS_PER_HOUR = 6
const PERIODS_PER_DAY = 24 * PERIODS_PER_HOUR
/** Days before the last one from which the usual share is computed. */
const USUAL_DAYS = 7
/** The number of periods that are read. */
export const PERIODS_READ = (1 + USUAL_DAYS) * PERIODS_PER_DAY
/** Fewer results are no share. */
const MIN_RESULTS = 20
/** A share that is lower than usual by less is no reason for an alarm, … */
const MIN_FALL = 0.25
/** … and neither is one that chance can explain. */
const DEVIATIONS = 3
/** The pushes that did not arrive were for at least so many devices: one broken phone is not a broken gateway. */
export const MIN_DEVICES = 2

export const periodOf = (at: number): number => Math.floor(at / PERIOD_MS)

/** The results of one gateway and app in one period. */
export type PeriodShare = {
  period: number
  gateway: string
  app_id: string
  arrived: number
  not_seen: number
  /** The hash of the only user; empty: there are several. */
  single_user: string
}

/** `appId` null: all apps of the gateway. */
export type ShareGroup = { gateway: string; appId: string | null }

export type GatewayShare = ShareGroup & {
  hour: Share
  day: Share
  /**
   * The median of the shares of the seven days before the last one, of those with enough results; null: there
   * is none.
   */
  usual: number | null
  /** The window in which the share is well below the usual one, if at least `MIN_DEVICES` devices are affected. */
  fallen: 'hour' | 'day' | undefined
  /**
   * The results are of several users. The gateway of one user can be that user's own server, whose name says
   * who it is.
   */
  isShared: boolean
}

/** The shares of gateways with several apps, and of each app. Those with the most results of the last day are first. */
export function gatewayShares(rows: readonly PeriodShare[], now: number): GatewayShare[] {
  const ofApps = Map.groupBy(rows, ({ gateway, app_id: appId }) => JSON.stringify([gateway, appId]))
  const appsOf = Map.groupBy(ofApps.values(), ([first]) => first?.gateway ?? '')
  const totals = [...appsOf.values()].filter((apps) => apps.length > 1).map((apps) => apps.flat())
  const shares = [
    ...totals.map((group) => shareOf({ rows: group, isTotal: true }, now)),
    ...[...ofApps.values()].map((group) => shareOf({ rows: group, isTotal: false }, now)),
  ]
  return shares.toSorted((left, right) => resultsOf(right.day) - resultsOf(left.day))
}

export const resultsOf = ({ arrived, not_seen: notSeen }: Share): number => arrived + notSeen

function shareOf(
  { rows, isTotal }: { rows: readonly PeriodShare[]; isTotal: boolean },
  now: number,
): GatewayShare {
  const present = periodOf(now)
  /** The results in the periods that ended less than `from` and at least `to` periods ago. */
  const between = (from: number, to = 0) =>
    sum(rows.filter(({ period }) => period > present - from && period <= present - to))
  // The current period has just begun, so the last hour has the six periods before it, too.
  const [hour, day] = [between(PERIODS_PER_HOUR + 1), between(PERIODS_PER_DAY + 1)]
  const days = Array.from({ length: USUAL_DAYS }, (_, n) =>
    between((n + 2) * PERIODS_PER_DAY + 1, (n + 1) * PERIODS_PER_DAY + 1),
  )
  const usual = medianShare(days)
  return {
    gateway: rows[0]?.gateway ?? '',
    appId: isTotal ? null : (rows[0]?.app_id ?? ''),
    hour,
    day,
    usual,
    fallen: usual === null ? undefined : fallenIn({ hour, day }, usual),
    isShared: rows.some(({ single_user: user }) => user === '' || user !== rows[0]?.single_user),
  }
}

function sum(rows: readonly PeriodShare[]): Share {
  const arrived = rows.reduce((all, row) => all + row.arrived, 0)
  const notSeen = rows.reduce((all, row) => all + row.not_seen, 0)
  return { arrived, not_seen: notSeen, share: shareFrom(arrived, notSeen) }
}

/** Robust against a day of outage, which must not become usual. */
function medianShare(days: readonly Share[]): number | null {
  const shares = days.flatMap((day) =>
    day.share === null || resultsOf(day) < MIN_RESULTS ? [] : [day.share],
  )
  const sorted = shares.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

/** The last hour decides; with too few results, the last day does. */
function fallenIn(windows: { hour: Share; day: Share }, usual: number): 'hour' | 'day' | undefined {
  const name = resultsOf(windows.hour) >= MIN_RESULTS ? 'hour' : 'day'
  const window = windows[name]
  const results = resultsOf(window)
  if (window.share === null || results < MIN_RESULTS) return undefined
  const chance = DEVIATIONS * Math.sqrt((usual * (1 - usual)) / results)
  return usual - window.share > Math.max(MIN_FALL, chance) ? name : undefined
}
