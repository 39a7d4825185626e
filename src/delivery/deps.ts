import type { Bus } from '../cluster/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { Events } from '../lib/events.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { CompileOptions } from '../push-rules/index.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Trace } from '../trace/trace.ts'
import type { Questions } from './next-poke.ts'
import type { LoadPokedEvents } from './poked-event.ts'
import type { SenderDeps } from './sender-for.ts'

export type DeliveryDeps = Questions &
  SenderDeps & {
    db: Database
    bus: Bus
    clock: Clock
    random: Random
    log: Log
    events: Events
    trace: Trace
    loadPokedEvents: LoadPokedEvents
    ruleSettings: CompileOptions
    /** Takes a pusher away for good, with all that belongs to it: its gateway has rejected it. */
    removePusher(tx: Transaction, pusherId: number): Promise<void>
    /** The most pokes in flight at one time. */
    concurrency: number
    includeContent: boolean
    /** How long a stop waits for what is in flight. 8 s. */
    drainMs?: number
  }
