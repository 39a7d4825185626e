import { BoundedMap } from './bounded-map.ts'
import { DAY_MS } from './sweeper.ts'

// Times on the clock of a time zone of the IANA database, with the data of the running Node.

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
/** 1 January 1970 was a Thursday. */
const FIRST_DAY = 4
/** Longer than every name in the database. */
const MAX_NAME_LENGTH = 64
const MAX_KNOWN = 1000

/** Offsets from UTC change at multiples of this time only (since 1972). */
const SLOT_MS = 15 * MINUTE_MS

/** The offset of a zone in one slot; null: there is no such zone. */
type Known = { readonly slot: number; readonly offsetMs: number | null }

const known = new BoundedMap<string, Known>({ limit: MAX_KNOWN })

/** Whether the IANA database has a time zone of this name, such as `Europe/Berlin`. Offsets such as `+02:00` are no names. */
export function isTimeZone(name: string): boolean {
  return offsetAt(0, name) !== null
}

/**
 * The weekday (0 is Sunday) and the minute of the day (0 to 1439) in a time zone. `at`: milliseconds since the Unix epoch. Undefined:
 * there is no such time zone.
 */
export function localTimeIn(zone: string, at: number): { day: number; minute: number } | undefined {
  const offset = knownOffset(at, zone)
  if (offset === null) return undefined
  const local = at + offset
  const days = Math.floor(local / DAY_MS)
  const minute = Math.floor(local / MINUTE_MS) - days * DAY_MINUTES
  return { day: (((days + FIRST_DAY) % 7) + 7) % 7, minute }
}

/** Making a formatter takes some 50 µs and much memory, so only the offset is kept. */
function knownOffset(at: number, zone: string): number | null {
  const slot = Math.floor(at / SLOT_MS)
  const found = known.get(zone)
  if (found?.slot === slot) return found.offsetMs
  const offsetMs = offsetAt(at, zone)
  known.set(zone, { slot, offsetMs })
  return offsetMs
}

/** `GMT`, `GMT+05:30`, and in old times also with seconds. */
const OFFSET = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/

function offsetAt(at: number, zone: string): number | null {
  if (!/^[A-Za-z]/.test(zone) || zone.length > MAX_NAME_LENGTH) return null
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value
    const [, sign, hours, minutes, seconds] = OFFSET.exec(name ?? '') ?? []
    const size = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
    return (sign === '-' ? -size : size) * 1000
  } catch {
    // Intl throws a RangeError for an unknown zone, and for a time outside of its range.
    return null
  }
}
