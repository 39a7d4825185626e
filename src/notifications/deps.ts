import type { Bus } from '../cluster/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

export type NotificationDeps = {
  clock: Clock
  bus: Bus
  log: Log
  legacyMentionRules: boolean
  /** Counts the evaluations that threw. */
  ruleFaults?: { inc(): void }
}
