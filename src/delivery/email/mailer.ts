import { getCACertificates } from 'node:tls'
import type { Transporter } from 'nodemailer'
import type { Clock } from '../../lib/clock.ts'
import type { Mail } from '../../lib/mail/mail.ts'
import { createTurns } from '../../lib/turns.ts'
import type { SendResult } from '../../sending/result.ts'
import { type MailFault, resultOf } from './smtp-result.ts'

/**
 * Sends one mail, once. Never rejects. `delivered`: the mail server accepted it. `refused`: a 5xx for the
 * recipient or the message. `status`: the SMTP reply code. `signal` ends the wait for the mail server; the
 * result is then unknown.
 */
export type SendMail = (mail: Mail, signal?: AbortSignal) => Promise<SendResult<MailFault>>

/** Disposing aborts mails in flight. Wait for them first where they should finish. */
export type Mailer = AsyncDisposable & { send: SendMail }

export type MailerOptions = {
  host: string
  port: number
  /** TLS from the start of the connection. */
  isSecure: boolean
  /** Use of STARTTLS on a connection without TLS from the start. */
  tls: 'required' | 'when_offered' | 'off'
  login: { user: string; password: string } | undefined
  from: { name: string; address: string }
  /** Additional trusted certificate authorities, each in PEM. */
  ca: readonly string[]
  /** For one mail, from the call to the response, including the wait for a connection. */
  timeoutMs: number
  /** The most open connections. When all are in use, a mail waits for one. */
  connections: number
  clock: Clock
}

/** The most mails that wait for a connection. Further mails fail like a timeout of the server. */
const MAX_WAITING = 1000
const FULL = Object.assign(new Error('too many mails are waiting'), { code: 'ETIMEDOUT' })

/**
 * Sends mail to one mail server over SMTP (RFC 5321), with one connection for each mail. The SMTP client is loaded
 * with the first mail, so that it does not slow the start of the server.
 */
export function makeMailer(options: MailerOptions): Mailer {
  const { connections: atOnce } = options
  const inTurn = createTurns({ atOnce, waiting: MAX_WAITING, onFull: () => FULL })
  const stop = new AbortController()
  const inFlight = new Set<Promise<SendResult<MailFault>>>()
  let loaded: Promise<Transporter> | undefined

  /**
   * One deadline for the whole exchange: a timer that restarts with each response would never end with a slow server.
   */
  async function sendOne(mail: Mail, cancel: AbortSignal | undefined): Promise<SendResult<MailFault>> {
    const started = options.clock.now()
    const took = () => Math.max(0, options.clock.now() - started)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), options.timeoutMs)
    const signal = AbortSignal.any([deadline.signal, stop.signal, ...(cancel ? [cancel] : [])])
    try {
      const sent = inTurn(async () => {
        signal.throwIfAborted()
        const transport = await (loaded ??= transportOf(options))
        return transport.sendMail({ ...messageOf(mail, options.from), signal })
      })
      const { response } = await Promise.race([sent, aborted(signal)])
      return {
        kind: 'delivered',
        reason: 'accepted',
        status: Number(response?.slice(0, 3)) || 250,
        ms: took(),
      }
    } catch (error) {
      if (deadline.signal.aborted) return { kind: 'retry', reason: 'timeout', ms: took() }
      if (signal.aborted) return { kind: 'retry', reason: 'stopped', ms: took() }
      return { ...resultOf(error), ms: took() }
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async send(mail, signal) {
      const sending = sendOne(mail, signal)
      inFlight.add(sending)
      const result = await sending
      inFlight.delete(sending)
      return result
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(inFlight)
    },
  }
}

/** Ends the wait for a connection when the signal aborts. */
const aborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    const end = () => reject(new Error('aborted'))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })

async function transportOf({ host, port, isSecure, tls, login, ca }: MailerOptions): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  return createTransport({
    host,
    port,
    secure: isSecure,
    requireTLS: !isSecure && tls === 'required',
    ignoreTLS: tls === 'off',
    ...(login !== undefined && { auth: { user: login.user, pass: login.password } }),
    tls: { ...(ca.length > 0 && { ca: [...getCACertificates('default'), ...ca] }) },
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  })
}

function messageOf(
  { to, subject, text, html, language, id, unsubscribe }: Mail,
  from: MailerOptions['from'],
) {
  return {
    from,
    // As objects: a string would be parsed, and could yield two addresses.
    to: { name: '', address: to },
    envelope: { from: { name: '', address: from.address }, to: [{ name: '', address: to }] },
    subject,
    text,
    html,
    messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    headers: {
      'Content-Language': language,
      // RFC 3834: suppresses automatic replies.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(unsubscribe !== undefined && {
        'List-Unsubscribe': { prepared: true, value: `<${unsubscribe}>` },
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
  }
}
