import { isObject } from './key-path.ts'
import { meter } from './meter.ts'
import { type LocalTime, type Moment, type OwnerFacts, type PushRule, UNTIL } from './model.ts'

// The condition `time_and_day` (MSC3767). A time is a minute of the local day, and both ends of an interval are
// included: 07:00 as an end includes the whole minute. An interval whose end is before its start continues on the next
// day, and belongs to the weekday on which it starts.

/** The names of the condition: that of the proposal, and its unstable name. */
export const TIME_AND_DAY = ['time_and_day', 'org.matrix.msc3767.time_and_day'] as const

/** Whether the kind of a condition is one of the names of `time_and_day`. */
export const isTimeAndDay = (kind: unknown): boolean => (TIME_AND_DAY as readonly unknown[]).includes(kind)

export type TimeInterval = {
  /** The first and the last minute of the day (0 to 1439). */
  readonly from: number
  readonly to: number
  /** Bit `1 << day` for each weekday on which the interval starts; 0 is Sunday. */
  readonly days: number
}

export type Schedule = { readonly intervals: readonly TimeInterval[]; readonly timezone: string }

/** The time zone of a condition without `timezone` whose owner has no time zone. As in MSC3767. */
export const DEFAULT_TIMEZONE = 'UTC'

/**
 * For all conditions of a rule together. The work to find the next end of a rule grows with the square of
 * this number.
 */
export const MAX_INTERVALS = 32

const DAY_MINUTES = 1440
const ALL_DAYS = 0b1111111
const TIME = /^([01][0-9]|2[0-3]):([0-5][0-9])$/

/**
 * `condition`: any JSON object. Resolves to undefined if it is malformed. `timezone`: the time zone of the
 * owner, for a condition without one.
 */
export function parseSchedule(
  condition: Record<string, unknown>,
  timezone: string | undefined,
): Schedule | undefined {
  const { timezone: own, intervals: list } = condition
  if (own !== undefined && typeof own !== 'string') return undefined
  if (!Array.isArray(list) || list.length === 0) return undefined
  const intervals = list.map(parseInterval)
  if (intervals.includes(undefined)) return undefined
  return { intervals: intervals as TimeInterval[], timezone: own ?? timezone ?? DEFAULT_TIMEZONE }
}

/** The number of intervals of conditions, which can be any JSON. */
export const intervalsOf = (conditions: readonly unknown[]): number =>
  conditions
    .map((condition) =>
      isObject(condition) && isTimeAndDay(condition['kind']) ? condition['intervals'] : [],
    )
    .reduce((count: number, list) => count + (Array.isArray(list) ? list.length : 0), 0)

function parseInterval(interval: unknown): TimeInterval | undefined {
  if (!isObject(interval)) return undefined
  const days = parseDays(interval['day_of_week'])
  const times = parseTimes(interval['time_of_day'])
  return days === undefined || times === undefined ? undefined : { ...times, days }
}

/** Without `day_of_week` an interval starts on every day. 7 is Sunday too. */
function parseDays(list: unknown): number | undefined {
  if (list === undefined) return ALL_DAYS
  if (!Array.isArray(list)) return undefined
  let days = 0
  for (const day of list as unknown[]) {
    if (typeof day !== 'number' || !Number.isInteger(day) || day < 0 || day > 7) return undefined
    days |= 1 << (day % 7)
  }
  return days
}

/** Without `time_of_day` an interval is the whole day. */
function parseTimes(pair: unknown): { from: number; to: number } | undefined {
  if (pair === undefined) return { from: 0, to: DAY_MINUTES - 1 }
  if (!Array.isArray(pair) || pair.length !== 2) return undefined
  const [from, to] = pair.map(parseTime)
  return from === undefined || to === undefined ? undefined : { from, to }
}

function parseTime(text: unknown): number | undefined {
  const parsed = typeof text === 'string' ? TIME.exec(text) : null
  return parsed === null ? undefined : Number(parsed[1]) * 60 + Number(parsed[2])
}

/** Whether a local time is in the schedule. */
export function isWithin({ intervals }: Pick<Schedule, 'intervals'>, { day, minute }: LocalTime): boolean {
  return intervals.some(({ from, to, days }) => {
    const startsOn = (weekday: number) => (days & (1 << weekday)) !== 0
    if (from <= to) return minute >= from && minute <= to && startsOn(day)
    return (minute >= from && startsOn(day)) || (minute <= to && startsOn((day + 6) % 7))
  })
}

/**
 * The steps for the local time of a zone at an event, charged once for each zone and event: most of it is for
 * a zone that is used for the first time. An evaluation reads at most some 150 zones.
 */
const STEPS_PER_ZONE = 2000
const STEPS_PER_INTERVAL = 4

/**
 * The moment of an event. `localTime` must be a pure function of `at` and of the zone; undefined: there is no
 * such zone.
 */
export function createMoment(at: number, localTime: (zone: string) => LocalTime | undefined): Moment {
  return { at, localTime, known: undefined }
}

/** The local time at a moment, or undefined for an unknown zone. */
export function localTimeAt(moment: Moment, zone: string): LocalTime | undefined {
  const known = moment.known?.get(zone)
  if (known !== undefined) return known ?? undefined
  meter.left -= STEPS_PER_ZONE
  const local = moment.localTime(zone)
  moment.known ??= new Map()
  moment.known.set(zone, local ?? null)
  return local
}

/** Whether the schedule holds at a moment. Without a moment, and in an unknown zone, it does not. */
export function holdsAt(schedule: Schedule, moment: Moment | undefined): boolean {
  if (moment === undefined) return false
  meter.left -= STEPS_PER_INTERVAL * schedule.intervals.length
  const local = localTimeAt(moment, schedule.timezone)
  return local !== undefined && isWithin(schedule, local)
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MAX_TEXT_INTERVALS = 10

const clockText = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** Such as `Mon Tue 22:00-07:00, Sat Sun 00:00-23:59 Europe/Berlin`. */
export function scheduleText({ intervals, timezone }: Schedule): string {
  const shown = intervals.slice(0, MAX_TEXT_INTERVALS).map(({ from, to, days }) => {
    const names = days === ALL_DAYS ? [] : DAYS.filter((_, day) => (days & (1 << day)) !== 0)
    return [...names, `${clockText(from)}-${clockText(to)}`].join(' ')
  })
  const more = intervals.length > MAX_TEXT_INTERVALS ? ', …' : ''
  return `${shown.join(', ')}${more} ${timezone.slice(0, 100)}`
}

/** Such as `Fri 23:14`. */
export const localTimeText = ({ day, minute }: LocalTime): string => `${DAYS[day] ?? ''} ${clockText(minute)}`

const MINUTE_MS = 60_000
const WEEK_DAYS = 7

type ClockOf = (zone: string, at: number) => LocalTime | undefined

/**
 * The next time after `at` at which schedules stop to hold together, in milliseconds since the Unix epoch;
 * undefined: there is none within eight days. An end at a time that does not exist on a day (a change to
 * summer time) is left out.
 */
export function nextEndOf(schedules: readonly Schedule[], at: number, clockOf: ClockOf): number | undefined {
  if (schedules.some(({ intervals }) => intervals.every(({ days }) => days === 0))) return undefined
  const holds = (time: number) =>
    schedules.every((schedule) => {
      const local = clockOf(schedule.timezone, time)
      return local !== undefined && isWithin(schedule, local)
    })
  const ends = new Map(
    schedules.flatMap(({ intervals, timezone }) =>
      intervals.map(({ to }) => [`${to} ${timezone}`, { minute: (to + 1) % DAY_MINUTES, timezone }] as const),
    ),
  )
  for (let days = 0; days <= WEEK_DAYS + 1; days++) {
    const from = at + days * DAY_MINUTES * MINUTE_MS
    const times = new Set([...ends.values()].map((end) => timeOf(clockOf, { ...end, from })))
    const next = [...times]
      .filter((time): time is number => time !== undefined && time > at)
      .toSorted((a, b) => a - b)
      .find((time) => holds(time - MINUTE_MS) && !holds(time))
    if (next !== undefined) return next
  }
  return undefined
}

/** The next time at which the clock of a zone shows this minute of the day. */
function timeOf(
  clockOf: ClockOf,
  { timezone, minute, from }: { timezone: string; minute: number; from: number },
): number | undefined {
  const local = clockOf(timezone, from)
  if (local === undefined) return undefined
  const start = Math.floor(from / MINUTE_MS)
  const guess = start + ((minute - local.minute + DAY_MINUTES) % DAY_MINUTES)
  const there = clockOf(timezone, guess * MINUTE_MS)
  if (there === undefined) return undefined
  // The offset of the zone may change in between.
  const half = DAY_MINUTES / 2
  const missing = ((minute - there.minute + half + DAY_MINUTES) % DAY_MINUTES) - half
  return (guess + missing) * MINUTE_MS
}

/**
 * The next time after `at` at which a rule stops to apply: its end, or the end of its schedules. Undefined:
 * there is none, or it is not known, or the rule has ended. Schedules with more than 32 intervals together,
 * of a rule that an older version stored, have no end.
 */
export function nextEndOfRule(
  rule: PushRule,
  { timezone }: OwnerFacts,
  { at, clockOf }: { at: number; clockOf: ClockOf },
): number | undefined {
  // Rules that were stored without validation can have any value.
  const until: unknown = rule[UNTIL]
  if (until !== undefined && (typeof until !== 'number' || until <= at)) return undefined
  const conditions: unknown = 'conditions' in rule ? rule.conditions : undefined
  const timed = (Array.isArray(conditions) ? (conditions as unknown[]) : []).filter(
    (condition) => isObject(condition) && isTimeAndDay(condition['kind']),
  ) as Record<string, unknown>[]
  if (timed.length === 0 || intervalsOf(timed) > MAX_INTERVALS) return until
  const schedules = timed.map((condition) => parseSchedule(condition, timezone))
  const end = schedules.includes(undefined) ? undefined : nextEndOf(schedules as Schedule[], at, clockOf)
  return end === undefined || until === undefined ? (end ?? until) : Math.min(end, until)
}
