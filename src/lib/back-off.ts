import type { Random } from './ids.ts'

const FIRST_CEILING_MS = 1000
const LAST_CEILING_MS = 3_600_000

/**
 * The wait after the `attempts`-th failure in a row (1 is the first), in milliseconds. The ceiling starts at 1 s and
 * doubles up to 1 h; the wait is drawn evenly between zero and the ceiling ("full jitter"), so that callers that
 * failed together do not retry together.
 */
export function backOffMs(attempts: number, random: Random): number {
  const doublings = Math.max(0, attempts - 1)
  const ceiling = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** doublings)
  return random.below(ceiling + 1)
}
