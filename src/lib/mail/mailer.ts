import { getCACertificates } from 'node:tls'
import type { Transporter } from 'nodemailer'
import type { Clock } from '../clock.ts'
import { createTurns } from '../turns.ts'
import { type MailResult, resultOf } from './mail-result.ts'

export type Mail = {
  /** In its canonical form (`address.ts`). */
  to: string
  subject: string
  text: string
  html: string
  /** The part of the Message-ID before the @: one mail that is sent twice has the same. */
  id: string
  /** A URL that ends mails of this kind: with GET a page, with POST at once (RFC 8058). */
  unsubscribe?: string | undefined
}

/** Sends one mail, once. Never rejects. `signal` ends the wait for the mail server: what it makes of the mail is not learned then. */
export type SendMail = (mail: Mail, signal?: AbortSignal) => Promise<MailResult>

/** Disposing ends what is in flight; let that finish first where it should. */
export type Mailer = AsyncDisposable & { send: SendMail }

export type MailerOptions = {
  host: string
  port: number
  /** TLS from the start. */
  isSecure: boolean
  /** STARTTLS, where the connection has not begun with TLS. */
  tls: 'required' | 'when_offered' | 'off'
  login: { user: string; password: string } | undefined
  from: { name: string; address: string }
  /** Certificate authorities trusted beside the usual ones, each in PEM. */
  ca: readonly string[]
  /** For one mail, from the call to the answer, the wait for a connection included. */
  timeoutMs: number
  /** So many connections at one time; who finds none free waits. */
  connections: number
  clock: Clock
}

/** Mails that wait for a connection. The next one has failed as if the server did not answer. */
const MAX_WAITING = 1000
const FULL = Object.assign(new Error('too many mails wait'), { code: 'ETIMEDOUT' })

/**
 * Hands mail to one mail server over SMTP (RFC 5321), a connection for each. The client is loaded with the first mail: a
 * server that starts need not wait for it.
 */
export function makeMailer(options: MailerOptions): Mailer {
  const { connections: atOnce } = options
  const inTurn = createTurns({ atOnce, waiting: MAX_WAITING, onFull: () => FULL })
  const stop = new AbortController()
  const inFlight = new Set<Promise<MailResult>>()
  let loaded: Promise<Transporter> | undefined

  /** One deadline for all of it: a server that says a word now and then would outlast any timer that begins anew with each. */
  async function sendOne(mail: Mail, asked: AbortSignal | undefined): Promise<MailResult> {
    const started = options.clock.now()
    const took = () => Math.max(0, options.clock.now() - started)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), options.timeoutMs)
    const signal = AbortSignal.any([deadline.signal, stop.signal, ...(asked ? [asked] : [])])
    try {
      const sent = inTurn(async () => {
        signal.throwIfAborted()
        const transport = await (loaded ??= transportOf(options))
        return transport.sendMail({ ...messageOf(mail, options.from), signal })
      })
      const { response } = await Promise.race([sent, aborted(signal)])
      return { kind: 'sent', status: Number(response?.slice(0, 3)) || 250, ms: took() }
    } catch (error) {
      if (deadline.signal.aborted) return { kind: 'retry', error: 'timeout', ms: took() }
      if (signal.aborted) return { kind: 'retry', error: 'stopped', ms: took() }
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

/** Who waits for a connection is not kept waiting for it. */
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

function messageOf({ to, subject, text, html, id, unsubscribe }: Mail, from: MailerOptions['from']) {
  return {
    from,
    // As objects: text would be parsed, and might turn out to be two addresses.
    to: { name: '', address: to },
    envelope: { from: { name: '', address: from.address }, to: [{ name: '', address: to }] },
    subject,
    text,
    html,
    messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    headers: {
      // RFC 3834: nobody's holiday reply is wanted.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(unsubscribe !== undefined && {
        'List-Unsubscribe': { prepared: true, value: `<${unsubscribe}>` },
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
  }
}
