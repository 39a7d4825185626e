import type { Random } from './ids.ts'

const FIRST_CEILING_MS = 1000
const LAST_CEILING_MS = 3_600_000

/**
 * How long to wait after the `attempts`-th failure in a row (1 is the first), in milliseconds: a ceiling of 1 s that
 * doubles up to 1 h, and a wait drawn evenly from zero up to it ("full jitter"), so that callers who failed together do
 * not come back together.
 */
export function backOffMs(attempts: number, random: Random): number {
  const doublings = Math.max(0, attempts - 1)
  const ceiling = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** doublings)
  return random.below(ceiling + 1)
}
