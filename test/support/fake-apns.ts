import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  constants,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'

import { makeTokenCheck, refusalOf } from './fake-apns-checks.ts'
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from './loopback-certificate.ts'

/** A request that got a response, or none by a script. */
export type SeenPush = {
  /** Hexadecimal digits. */
  device: string
  headers: IncomingHttpHeaders
  /** The raw body. */
  body: string
  /** 0 is the first connection. */
  connection: number
  status: number | undefined
}

/**
 * How to respond to a push instead of accepting it. `goaway`: this push gets a response, later ones on the
 * connection are ignored.
 */
export type Reply =
  | { status: number; reason?: string; timestamp?: number; headers?: Record<string, string>; raw?: string }
  | 'accept'
  | 'hang'
  | 'reset'
  | 'refuse'
  | 'goaway'
  /** Like `goaway`, with an error: the connection ends at once. */
  | 'goaway with an error'

export type FakeApnsOptions = {
  teamId?: string
  keyId?: string
  topics?: readonly string[]
  /** How senders authenticate. */
  by?: 'token' | 'certificate'
  /** `certificate`: the trusted certificate. */
  clientCa?: string
  /** The limit of concurrent streams of a new connection, and of one that has accepted a push. */
  maxStreams?: { first: number; later: number }
  now?: () => number
  port?: number
  /** False: requests are counted but not stored. */
  storesRequests?: boolean
}

export type FakeApns = AsyncDisposable & {
  url: string
  /** The certificate that clients must trust. */
  ca: string
  /** The signing key of senders: PKCS #8 in PEM, as in a `.p8` file. */
  privateKey: string
  teamId: string
  keyId: string
  seen: SeenPush[]
  accepted(): number
  connections(): number
  pings(): number
  /** The received provider tokens, each once. */
  tokens: Set<string>
  /** The largest number of concurrent streams of a connection, regardless of the limit. */
  mostStreams(): number
  /** The responses to the next pushes to a device, in order; later pushes are accepted. `*`: any device. */
  script(device: string, ...replies: Reply[]): void
  /** Closes all connections without a GOAWAY. */
  cut(): void
}

type Connection = {
  session: ServerHttp2Session
  number: number
  open: number
  lastStream: number
  proven: boolean
}

const ENHANCED = { first: 1, later: 1000 }

/** APNs on loopback: HTTP/2 over TLS; it checks tokens and headers as Apple documents it. */
export async function startFakeApns(options: FakeApnsOptions = {}): Promise<FakeApns> {
  const { teamId = 'TEAM123456', keyId = 'KEY1234567', topics = ['org.example.app'], by = 'token' } = options
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = options.now ?? Date.now
  const checkToken = makeTokenCheck({ teamId, keyId, publicKey: keys.publicKey, now })
  const maxStreams = options.maxStreams ?? ENHANCED
  const server = createSecureServer({
    cert: LOOPBACK_CERTIFICATE,
    key: LOOPBACK_KEY,
    settings: { maxConcurrentStreams: maxStreams.first },
    ...(by === 'certificate' && { requestCert: true, rejectUnauthorized: true, ca: options.clientCa }),
  })
  const scripts = new Map<string, Reply[]>()
  const connections = new Map<ServerHttp2Session, Connection>()
  const seen: SeenPush[] = []
  const tokens = new Set<string>()
  let accepted = 0
  let connectionCount = 0
  let mostStreams = 0
  let pings = 0

  const scripted = (device: string): Reply =>
    scripts.get(device)?.shift() ?? scripts.get('*')?.shift() ?? 'accept'

  server.on('session', (session) => {
    connections.set(session, { session, number: connectionCount++, open: 0, lastStream: 0, proven: false })
    session.on('close', () => connections.delete(session))
    session.on('error', () => {})
    session.on('ping', () => pings++)
  })
  server.on('sessionError', () => {})
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const connection = stream.session && connections.get(stream.session as ServerHttp2Session)
    if (!connection || connection.session.closed) return
    mostStreams = Math.max(mostStreams, ++connection.open)
    stream.on('close', () => connection.open--)
    stream.on('error', () => {})
    let body = ''
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => (body += chunk))
    stream.on('end', () => take(connection, stream, { headers, body }))
  })

  function take(
    connection: Connection,
    stream: ServerHttp2Stream,
    { headers, body }: { headers: IncomingHttpHeaders; body: string },
  ): void {
    if (stream.destroyed || (connection.session.closed && (stream.id ?? 0) > connection.lastStream)) return
    const device = (headers[':path'] ?? '').replace('/3/device/', '')
    const note = (status: number | undefined) => {
      if (options.storesRequests !== false)
        seen.push({ device, headers, body, connection: connection.number, status })
    }
    if (headers.authorization !== undefined) tokens.add(headers.authorization)
    const refusal =
      (by === 'token' ? checkToken(headers.authorization) : undefined) ??
      refusalOf(headers, body, { topics, topicNeeded: by === 'token' })
    if (refusal !== undefined) {
      note(refusal.status)
      return respond(stream, headers, refusal)
    }
    const reply = scripted(device)
    if (reply === 'hang') return note(undefined)
    if (reply === 'reset' || reply === 'refuse') {
      note(undefined)
      stream.close(reply === 'reset' ? constants.NGHTTP2_INTERNAL_ERROR : constants.NGHTTP2_REFUSED_STREAM)
      return
    }
    connection.lastStream = Math.max(connection.lastStream, stream.id ?? 0)
    if (typeof reply === 'object' && reply.status !== 200) {
      note(reply.status)
      return respond(stream, headers, reply)
    }
    accepted++
    note(200)
    respond(stream, headers, typeof reply === 'object' ? reply : { status: 200 })
    if (!connection.proven) {
      connection.proven = true
      if (maxStreams.later !== maxStreams.first)
        connection.session.settings({ maxConcurrentStreams: maxStreams.later })
    }
    if (reply === 'goaway' || reply === 'goaway with an error') {
      connection.session.goaway(
        reply === 'goaway' ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_ENHANCE_YOUR_CALM,
        connection.lastStream,
        Buffer.from('{"reason":"Shutdown"}'),
      )
      connection.session.close()
    }
  }

  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca: LOOPBACK_CERTIFICATE,
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    teamId,
    keyId,
    seen,
    tokens,
    accepted: () => accepted,
    connections: () => connectionCount,
    pings: () => pings,
    mostStreams: () => mostStreams,
    script: (device, ...replies) => void scripts.set(device, [...(scripts.get(device) ?? []), ...replies]),
    cut: () => {
      for (const { session } of connections.values()) session.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const { session } of connections.values()) session.destroy()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

function respond(stream: ServerHttp2Stream, asked: IncomingHttpHeaders, reply: Exclude<Reply, string>): void {
  const id = asked['apns-id'] ?? randomUUID()
  stream.respond(
    { ':status': reply.status, 'apns-id': id, ...reply.headers },
    { endStream: reply.status === 200 },
  )
  if (reply.status === 200) return
  const { reason, timestamp } = reply
  stream.end(reply.raw ?? JSON.stringify({ reason, ...(timestamp !== undefined && { timestamp }) }))
}
