import { median } from '../../lib/median.ts'
import type { StoredStep } from '../steps-store.ts'

// The conclusions from fetches. Pure. A wrong conclusion is worse than none.

/**
 * A device that has not fetched an event this long after its poke is late, in milliseconds. Longer than
 * `LAST_SEEN_EVERY_MS`.
 */
export const DEADLINE_MS = 120_000
/** A late fetch is a proof up to this time, and a request of the device shows that it works up to this time. */
export const LATEST_MS = 3_600_000
/** `devices.last_seen_ts` can be older than the last request by this time (`accounts/last-seen.ts`). */
export const LAST_SEEN_EVERY_MS = 60_000
/** The number of rows of a pusher from which its habit is computed. */
export const HISTORY = 40
/** Fewer fetches are no habit. */
const MIN_FETCHED = 5
/**
 * The newest misses of a pusher are kept, so that they do not replace its fetches, which are its habit, in
 * its history.
 */
export const KEPT_NOT_SEEN = 20
/**
 * Further misses in a row do not count for the share of the gateway: one device that is broken for days must
 * not outweigh the others.
 */
export const COUNTED_IN_A_ROW = 10
/** The usual delay is the median of this number of fetches. */
const DELAYS = 15

export type ArrivalState = 'fetched' | 'waiting' | 'not seen' | 'missed'
export type Arrival = { state: ArrivalState; sentAt: number; at: number; expected: boolean }

/**
 * Whether the app of a pusher usually fetches the event of a push. `newest`: the last `HISTORY` results.
 * Misses that were concluded while it did (`not seen`) do not end the habit; misses before do.
 */
export function usuallyFetches(newest: readonly Pick<Arrival, 'state'>[]): boolean {
  const fetched = newest.filter(({ state }) => state === 'fetched').length
  const missed = newest.filter(({ state }) => state === 'missed').length
  return fetched >= MIN_FETCHED && 4 * missed <= fetched
}

/** The attempt of a poke that caused a fetch. `sentAt`: its start; `recordedAt`: when its result was recorded. */
export type Cause = { sentAt: number; recordedAt: number; expected: boolean }

/** Errors after which the gateway may have the poke. */
const UNCERTAIN: ReadonlySet<string | null> = new Set(['timeout', 'connection closed', 'connection reset'])

/**
 * The last attempt, of those of one event for one pusher, that started before a fetch and may have reached
 * the gateway.
 */
export function causeOf(
  steps: readonly (Pick<StoredStep, 'step' | 'reason' | 'ms' | 'isFetchExpected'> & { at: number })[],
  fetchedAt: number,
): Cause | undefined {
  return steps
    .filter(({ step, reason }) => step === 'sent' || (step === 'failed' && UNCERTAIN.has(reason)))
    .map(({ at, ms, isFetchExpected }) => ({
      sentAt: at - (ms ?? 0),
      recordedAt: at,
      expected: isFetchExpected === true,
    }))
    .findLast(({ sentAt }) => sentAt <= fetchedAt)
}

/**
 * The meaning of a fetch. A late one is a proof only if no newer poke was sent: apps also fetch older events
 * for the one of a push, and providers may keep only the newest push of a device that is offline.
 */
export function meaningOf(
  { sentAt, recordedAt }: Cause,
  fetch: {
    at: number
    /** The last poke of the pusher that was accepted; null: none. */ lastPokeAt: number | null
  },
): 'fetched' | 'inconclusive' | 'nothing' {
  const after = fetch.at - sentAt
  if (after <= DEADLINE_MS) return 'fetched'
  if (after > LATEST_MS) return 'nothing'
  return (fetch.lastPokeAt ?? 0) <= recordedAt ? 'fetched' : 'inconclusive'
}

/** The arrivals of a pusher, for its status. Times are in milliseconds. */
export type ArrivalSummary = {
  /** `unknown`: the app does not usually fetch events. `not seen`: the last results. */
  state: 'arrives' | 'not seen' | 'unknown'
  lastAt: number | null
  usualMs: number | null
  /** The number of pokes in a row that did not arrive, `KEPT_NOT_SEEN` at most. */
  notSeen: number
  /** Pokes that the device has not fetched, without a conclusion yet. */
  waiting: number
  hour: Share
  day: Share
}

/** `share`: null without pokes. */
export type Share = { arrived: number; not_seen: number; share: number | null }

const HOUR_MS = 3_600_000

/** `newest`: the last `HISTORY` results of the pusher, the newest first. */
export function summaryOf(newest: readonly Arrival[], now: number): ArrivalSummary {
  const known = newest.filter(({ state }) => state !== 'waiting')
  const fetched = known.filter(({ state }) => state === 'fetched')
  const isHabit = usuallyFetches(known)
  const notSeen = notSeenInARow(known)
  return {
    state: !isHabit ? 'unknown' : notSeen > 0 ? 'not seen' : 'arrives',
    lastAt: fetched.length === 0 ? null : Math.max(...fetched.map(({ at }) => at)),
    usualMs: isHabit ? median(fetched.slice(0, DELAYS).map(({ at, sentAt }) => at - sentAt)) : null,
    notSeen: isHabit ? notSeen : 0,
    waiting: newest.length - known.length,
    hour: shareOf(known.filter(({ at }) => at > now - HOUR_MS)),
    day: shareOf(known.filter(({ at }) => at > now - 24 * HOUR_MS)),
  }
}

/** The number of the newest results that are misses. Waiting ones are ignored. */
export function notSeenInARow(newest: readonly Pick<Arrival, 'state'>[]): number {
  const known = newest.filter(({ state }) => state !== 'waiting')
  const firstOther = known.findIndex(({ state }) => state !== 'not seen')
  return firstOther === -1 ? known.length : firstOther
}

function shareOf(results: readonly Arrival[]): Share {
  const counted = results.filter(({ expected }) => expected)
  const arrived = counted.filter(({ state }) => state === 'fetched').length
  const notSeen = counted.filter(({ state }) => state === 'not seen').length
  return { arrived, not_seen: notSeen, share: shareFrom(arrived, notSeen) }
}

export function shareFrom(arrived: number, notSeen: number): number | null {
  return arrived + notSeen === 0 ? null : arrived / (arrived + notSeen)
}
