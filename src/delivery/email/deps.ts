import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/ids.ts'
import type { Log } from '../../lib/log.ts'
import type { MailEvents } from '../../lib/mail-events.ts'
import type { CompileOptions } from '../../push-rules/index.ts'
import type { Database } from '../../storage/database.ts'
import type { Trace } from '../../trace/trace.ts'
import type { Questions } from '../next-poke.ts'
import type { LoadPokedEvents } from '../poked-event.ts'
import type { MailLinks } from './links.ts'
import type { SendMail } from './mailer.ts'

export type MailDeliveryDeps = Pick<Questions, 'isRead' | 'outcomeOf' | 'rulesOf' | 'displayNameAt'> & {
  db: Database
  clock: Clock
  random: Random
  log: Log
  events: MailEvents
  trace: Trace
  send: SendMail
  /** Ends what is in flight: its outcome is `stopped`. */
  endSending: () => PromiseLike<void>
  loadPokedEvents: LoadPokedEvents
  ruleSettings: CompileOptions
  links: MailLinks
  /** What the server is called in mails. */
  name: string
  /** Off: mails have the short form, as pokes have then. */
  includeContent: boolean
  /** How long an event may be read before it is mailed. */
  delayMs: number
  /** The most pushers that are worked for at one time. */
  concurrency: number
  /** How long a stop waits for what is in flight. 8 s. */
  drainMs?: number
}
