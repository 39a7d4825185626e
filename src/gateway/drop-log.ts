import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { oncePer } from '../lib/once-per.ts'

const REPEAT_AFTER_MS = 60_000

/**
 * Logs an error when a message is dropped for a reason that only the operator can correct. The same reason is
 * logged at most once a minute, because it can concern every notification. `reason`: a word of the provider.
 */
export type DropLog = (reason: string) => void

export function createDropLog(
  { log, clock, appId }: { log: Log; clock: Clock; appId: string },
  text: string,
): DropLog {
  const isDue = oncePer(REPEAT_AFTER_MS, clock)
  return (reason) => {
    if (isDue(reason)) log.error({ app_id: appId, reason }, text)
  }
}
