import type { TokenMail } from '../../accounts/email-validation.ts'
import { validationMail } from '../../accounts/validation-mail.ts'
import { readSetting } from '../../config/read-setting.ts'
import type { NamedConfig } from '../../config/schema.ts'
import type { LoadWords } from '../../language/load-words.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/ids.ts'
import type { Log } from '../../lib/log.ts'
import { createMailEvents } from '../../lib/mail-events.ts'
import type { Metrics } from '../../lib/metrics.ts'
import type { SendResult } from '../../sending/result.ts'
import { mailLinks } from './links.ts'
import { makeMailer } from './mailer.ts'
import { loadMailWords, testLetter } from './render.ts'

type MailConfig = Pick<NamedConfig, 'console' | 'email' | 'public_url' | 'server_name'>

type MailEnvironment = { clock: Clock; random: Random; log: Log; metrics: Metrics; wordsOf: LoadWords }

export type MailService = NonNullable<ReturnType<typeof createMailService>>

/** The parts that send mail; undefined: no mail server is configured. */
export function createMailService(
  config: MailConfig,
  { clock, random, log, metrics, wordsOf }: MailEnvironment,
) {
  const { email: settings, public_url: publicUrl, server_name: serverName } = config
  const { smtp, from, user } = settings
  // The configuration requires both with `smtp`.
  if (smtp === undefined || from === undefined || publicUrl === undefined) return undefined
  const password = settings.password ?? passwordIn(settings.password_file)
  const mailer = makeMailer({
    ...smtp,
    tls: settings.tls,
    login: user !== undefined && password !== undefined ? { user, password } : undefined,
    from,
    ca: settings.extra_ca === undefined ? [] : [readSetting('email.extra_ca', settings.extra_ca)],
    timeoutMs: settings.timeout_s * 1000,
    connections: settings.connections,
    clock,
  })
  const links = mailLinks({ publicUrl, clientUrl: settings.client_url, hasConsole: config.console })
  const name = settings.name ?? serverName
  const events = createMailEvents({ log, metrics })
  const tellOf = (kind: 'token' | 'test', result: SendResult): SendResult => {
    if (result.kind === 'delivered') events.mailSent({ kind, ms: result.ms })
    else if (result.kind === 'refused') events.mailRefused({ kind, error: result.reason })
    else events.mailFailed({ kind, error: result.reason })
    return result
  }
  return {
    newUnsubscribeToken: () => random.token(24),
    sendToken: async ({ address, token, languages, signal }: TokenMail) => {
      const words = await wordsOf('mail', languages)
      const letter = validationMail({ address, name, link: links.validate(token), words })
      return tellOf('token', await mailer.send({ ...letter, id: random.token(16) }, signal))
    },
    sendTest: async ({
      pushkey,
      lang,
      unsubscribe_token: token,
    }: {
      pushkey: string
      lang: string
      unsubscribe_token: string | null
    }) => {
      const unsubscribe = links.unsubscribe(token ?? '')
      const words = await loadMailWords(wordsOf, lang)
      const letter = testLetter({ name, links, unsubscribe, words })
      return tellOf('test', await mailer.send({ to: pushkey, ...letter, id: random.token(16), unsubscribe }))
    },
    delivery: {
      send: mailer.send,
      endSending: () => mailer[Symbol.asyncDispose](),
      links,
      name,
      wordsOf,
      events,
      delayMs: settings.delay_s * 1000,
      concurrency: settings.connections,
    },
  }
}

function passwordIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  return readSetting('email.password_file', file).split(/\r?\n/, 1)[0]
}
