import type { ProcessShare } from '../../cluster/process-share.ts'
import type { Clock } from '../../lib/clock.ts'
import type { LoadWords } from '../../language/load-words.ts'
import type { Random } from '../../lib/ids.ts'
import type { Log } from '../../lib/log.ts'
import type { MailEvents } from '../../lib/mail-events.ts'
import type { CompileOptions } from '../../push-rules/index.ts'
import type { Database } from '../../storage/database.ts'
import type { Trace } from '../../trace/trace.ts'
import type { DeliveryQueries } from '../next-poke.ts'
import type { LoadPokedEvents } from '../poked-event.ts'
import type { MailLinks } from './links.ts'
import type { SendMail } from './mailer.ts'

export type MailDeliveryDeps = Pick<
  DeliveryQueries,
  'recipientFacts' | 'rulesOf' | 'displayNameAt' | 'isPastRetention'
> & {
  db: Database
  /** Which lanes this process sends for if several processes send. Default: all. */
  share?: ProcessShare | undefined
  clock: Clock
  random: Random
  log: Log
  events: MailEvents
  trace: Trace
  send: SendMail
  /** Aborts mails in flight; their result is `stopped`. */
  endSending: () => PromiseLike<void>
  loadPokedEvents: LoadPokedEvents
  ruleSettings: CompileOptions
  links: MailLinks
  /** The name of the server in mails. */
  name: string
  /** The words of mails, in the language of a pusher. */
  wordsOf: LoadWords
  /** false: mails have the short form, like pokes. */
  includeContent: boolean
  /** The delay between an event and its mail, in which the user can read it. */
  delayMs: number
  /** The maximum number of e-mail pushers that are processed at the same time. */
  concurrency: number
  /** How long a stop waits for mails in flight. Default: 8 s. */
  drainMs?: number
}
