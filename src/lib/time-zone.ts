import { BoundedMap } from './bounded-map.ts'
import { DAY_MS } from './sweeper.ts'

// Times on the clock of a time zone of the IANA database, with the data of the running Node.

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
/** 1 January 1970 was a Thursday. */
const FIRST_DAY = 4
/** Longer than every name in the database. */
const MAX_NAME_LENGTH = 64
const MAX_OFFSETS = 10_000
/** More than the zones of one push rule. A formatter takes some 50 kB. */
const MAX_FORMATTERS = 100

/** Offsets from UTC change at multiples of this time only (since 1972). */
const SLOT_MS = 15 * MINUTE_MS

/** Offsets in milliseconds by slot and zone; null: there is no such zone. */
const offsets = new BoundedMap<string, number | null>({ limit: MAX_OFFSETS })

const formatters = new BoundedMap<string, Intl.DateTimeFormat>({ limit: MAX_FORMATTERS })

/**
 * Whether the IANA database has a time zone of this name, such as `Europe/Berlin`. Offsets such as `+02:00`
 * are no names.
 */
export function isTimeZone(name: string): boolean {
  return offsetAt(0, name) !== null
}

/**
 * The weekday (0 is Sunday) and the minute of the day (0 to 1439) in a time zone. `at`: milliseconds since
 * the Unix epoch. Undefined: there is no such time zone.
 */
export function localTimeIn(zone: string, at: number): { day: number; minute: number } | undefined {
  const offset = knownOffset(at, zone)
  if (offset === null) return undefined
  const local = at + offset
  const days = Math.floor(local / DAY_MS)
  const minute = Math.floor(local / MINUTE_MS) - days * DAY_MINUTES
  return { day: (((days + FIRST_DAY) % 7) + 7) % 7, minute }
}

const knownOffset = (at: number, zone: string): number | null =>
  offsets.getOrInsertComputed(`${Math.floor(at / SLOT_MS)} ${zone.slice(0, MAX_NAME_LENGTH + 1)}`, () =>
    offsetAt(at, zone),
  )

/**
 * Making a formatter takes up to 1 ms, its use some µs.
 * @throws RangeError for an unknown zone
 */
const formatterOf = (zone: string): Intl.DateTimeFormat =>
  formatters.getOrInsertComputed(
    zone,
    (timeZone) => new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }),
  )

/** `GMT`, `GMT+05:30`, and in old times also with seconds. */
const OFFSET = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/

function offsetAt(at: number, zone: string): number | null {
  if (!/^[A-Za-z]/.test(zone) || zone.length > MAX_NAME_LENGTH) return null
  try {
    const name = formatterOf(zone)
      .formatToParts(at)
      .find((part) => part.type === 'timeZoneName')?.value
    const [, sign, hours, minutes, seconds] = OFFSET.exec(name ?? '') ?? []
    const size = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
    return (sign === '-' ? -size : size) * 1000
  } catch {
    // Intl throws a RangeError for an unknown zone, and for a time outside of its range.
    return null
  }
}
