import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { oncePer } from '../lib/once-per.ts'

const QUIET_MS = 60_000

/**
 * Tells the operator that messages are lost for what only he can mend. The same reason is told once a minute: there is one such
 * message for every notification. `reason`: one of a provider's words.
 */
export type Alarm = (reason: string) => void

export function makeAlarm(
  { log, clock, appId }: { log: Log; clock: Clock; appId: string },
  text: string,
): Alarm {
  const isDue = oncePer(QUIET_MS, clock)
  return (reason) => {
    if (isDue(reason)) log.error({ app_id: appId, reason }, text)
  }
}
