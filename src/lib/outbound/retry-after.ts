const MIN_MS = 1000
const MAX_MS = 3_600_000

// RFC 9110, section 5.6.7: all three forms of a date begin with the day name.
const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /

/**
 * The wait in a `Retry-After` header (RFC 9110, section 10.2.3: seconds, or a date) in milliseconds, limited to the
 * range from 1 s to 1 h. `undefined` for any other value. `now`: milliseconds since the Unix epoch.
 */
export function retryAfterMs(
  header: string | readonly string[] | undefined,
  now: number,
): number | undefined {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim()
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return clamp(Number(text) * 1000)
  const date = DATE.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(date) ? undefined : clamp(date - now)
}

const clamp = (ms: number) => Math.min(MAX_MS, Math.max(MIN_MS, ms))
