import type { Unwritten } from '../gateway/accept.ts'
import type { Bus } from '../cluster/bus.ts'
import type { ProcessShare } from '../cluster/process-share.ts'
import type { Clock } from '../lib/clock.ts'
import type { Events } from '../lib/events.ts'
import type { LoadWords } from '../language/load-words.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { CompileOptions } from '../push-rules/index.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Trace } from '../trace/trace.ts'
import type { DeliveryQueries } from './next-poke.ts'
import type { LoadPokedEvents } from './poked-event.ts'
import type { RecentEvents } from './recent-events.ts'
import type { SenderDeps } from './sender-for.ts'

export type DeliveryDeps = Omit<DeliveryQueries, 'recipientFacts'> &
  SenderDeps & {
    db: Database
    bus: Bus
    /** Which lanes this process sends for if several processes send. Default: all. */
    share?: ProcessShare | undefined
    clock: Clock
    random: Random
    log: Log
    events: Events
    trace: Trace
    loadPokedEvents: LoadPokedEvents
    recentEvents: RecentEvents
    ruleSettings: CompileOptions
    /** Removes a pusher and everything that belongs to it, after its gateway rejected it. */
    removePusher(tx: Transaction, pusherId: number): Promise<void>
    /**
     * Writes what the own gateway has left to the transaction that ends its pokes. Absent: the gateway writes
     * everything itself.
     */
    recordOwn?: (tx: Transaction, unwritten: readonly Unwritten[]) => Promise<void>
    /** The most concurrent pokes in flight. */
    concurrency: number
    includeContent: boolean
    wordsOf: LoadWords
    /** How long a stop waits for pokes in flight. Default: 8 s. */
    drainMs?: number
  }
