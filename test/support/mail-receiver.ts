import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { afterTest } from './after-test.ts'
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from './loopback-certificate.ts'

export type ReceivedMail = {
  from: string
  to: string[]
  /** The raw mail. */
  raw: string
  parsed: Email
  /** A header of the mail, unfolded. */
  header(name: string): string | undefined
  isSecure: boolean
  user: string | undefined
}

/** The reactions of the server to mails. Each number is the code of an SMTP reply that refuses. */
export type MailReplies = {
  sender?: number
  recipient?: number
  data?: number
  /** After the whole mail: resets the connection, or never replies. */
  end?: 'reset' | 'hang'
}

export type MailReceiverOptions = {
  /** Offers STARTTLS, or starts with TLS; with a certificate for loopback. */
  tls?: 'offered' | 'at once' | 'none'
  /** The credentials that every sender needs. */
  login?: { user: string; password: string }
}

/** An SMTP server on loopback that stores the received mails. */
export type MailReceiver = {
  port: number
  readonly mails: ReceivedMail[]
  /** Resolves to the first mail, received before or after the call, for which `wanted` returns true. */
  waitFor(wanted: (mail: ReceivedMail) => boolean): Promise<ReceivedMail>
  /** Sets the reactions to all following mails. */
  replyWith(next: MailReplies): void
  /** The number of connections so far. */
  readonly connections: number
  close(): Promise<void>
}

/** @param options.port the port after a restart; 0 picks a free one. */
export async function startMailReceiver(
  t: TestContext,
  { tls = 'none', login, port = 0 }: MailReceiverOptions & { port?: number } = {},
): Promise<MailReceiver> {
  const mails: ReceivedMail[] = []
  const waiting = new Set<() => void>()
  let replies: MailReplies = {}
  let connections = 0

  async function take(raw: Buffer, session: SMTPServerSession, done: () => void) {
    mails.push(await received(raw, session))
    for (const look of waiting) look()
    done()
  }

  const server = new SMTPServer({
    secure: tls === 'at once',
    key: LOOPBACK_KEY,
    cert: LOOPBACK_CERTIFICATE,
    disabledCommands: [...(tls === 'none' ? ['STARTTLS'] : []), ...(login ? [] : ['AUTH'])],
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    onConnect: (_session, done) => {
      connections++
      done()
    },
    onAuth: ({ username, password }, _session, done) =>
      username === login?.user && password === login?.password
        ? done(null, { user: username })
        : done(new Error('no such user')),
    onMailFrom: (_address, _session, done) => done(refusal(replies.sender)),
    onRcptTo: (_address, _session, done) => done(refusal(replies.recipient)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { end, data } = replies
        if (end === 'hang') return
        if (end === 'reset') {
          for (const { _socket: socket } of connectionsOf(server)) socket.destroy()
          return
        }
        if (data !== undefined) return done(refusal(data))
        void take(Buffer.concat(chunks), session, done)
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const { _socket: socket } of connectionsOf(server)) socket.destroy()
    })
  afterTest(t, close)
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    get connections() {
      return connections
    },
    replyWith: (next) => void (replies = next),
    waitFor: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const found = mails.find(wanted)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    close,
  }
}

type Connection = { _socket: { destroy(): void } }
const connectionsOf = (server: SMTPServer): Connection[] => [
  ...(server as unknown as { connections: Set<Connection> }).connections,
]

const refusal = (code: number | undefined) =>
  code === undefined ? null : Object.assign(new Error('refused by the test'), { responseCode: code })

async function received(raw: Buffer, session: SMTPServerSession): Promise<ReceivedMail> {
  const { mailFrom, rcptTo } = session.envelope
  const parsed = await PostalMime.parse(raw)
  return {
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    raw: raw.toString('utf8'),
    parsed,
    header: (name) => parsed.headers.find(({ key }) => key === name.toLowerCase())?.value,
    isSecure: session.secure,
    user: session.user as string | undefined,
  }
}
