import {
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../../lib/clock.ts'
import type { Proxy } from '../../lib/outbound/proxy.ts'
import { retryAfterMs } from '../../lib/outbound/retry-after.ts'
import { dial } from './dial.ts'
import type { ApnsExchange, ExchangeResult } from './exchange.ts'
import { faultAfter } from './fault.ts'

// One HTTP/2 connection.
//
// connecting → open → draining → gone
//
// It is open when the server has sent its settings. A draining connection takes no new requests and ends with
// its last stream: APNs has sent GOAWAY, or the connection is not needed any more.

export type ConnectionOptions = {
  url: URL
  clock: Clock
  secureContext: SecureContext | undefined
  proxy: Proxy | undefined
  /** Use one stream until the first request was accepted, as APNs asks of clients with a token. */
  oneStreamFirst: boolean
  /** A stream is free, or the connection is gone. */
  readonly onChange: () => void
  /** The request was sent, and APNs has certainly not processed it. */
  giveBack(exchange: ApnsExchange): void
}

export type ApnsConnection = {
  readonly state: () => 'connecting' | 'open' | 'draining' | 'gone'
  /** Whether a request can be sent now. */
  hasRoom(): boolean
  /** Whether the number of its streams is still unknown. */
  isNew(now: number): boolean
  inFlight(): number
  /** Only while `hasRoom`. */
  send(exchange: ApnsExchange): void
  /** Call about once a second: checks whether the other side still responds. */
  check(now: number): void
  /** The time since the last byte sent or received, in milliseconds. */
  idleMs(now: number): number
  drain(): void
  /** Ends it now, with all requests in flight. Resolves when the socket is closed. */
  end(): Promise<void>
  /** The reason why the connection never opened. */
  connectFault(): (ExchangeResult & { kind: 'fault' }) | undefined
}

const CONNECT_MS = 10_000
/** The silence after which a ping is sent, with a request in flight and without. */
const QUIET_MS = { busy: 10_000, idle: 60_000 }
const PONG_MS = 10_000
/** The time after which a first push that hangs no longer delays the others. */
const TRIAL_MS = 5000
const MAX_BODY_CHARS = 4096
const MAX_RETURNS = 10

type Link = {
  readonly options: ConnectionOptions
  readonly exchanges: Map<ClientHttp2Stream, ApnsExchange>
  readonly gone: PromiseWithResolvers<void>
  readonly dialling: AbortController
  readonly openedAt: number
  state: ReturnType<ApnsConnection['state']>
  maxStreams: number
  onTrial: boolean
  /** APNs has not processed streams above this one. */
  lastStream: number
  heardAt: number
  pingedAt: number | undefined
  failure: unknown
  wasOpen: boolean
  /** Absent while the tunnel through the proxy is set up. */
  session: ClientHttp2Session | undefined
}

export function openConnection(options: ConnectionOptions): ApnsConnection {
  const openedAt = options.clock.now()
  const link: Link = {
    options,
    exchanges: new Map(),
    gone: Promise.withResolvers(),
    dialling: new AbortController(),
    openedAt,
    state: 'connecting',
    maxStreams: 0,
    onTrial: options.oneStreamFirst,
    lastStream: Infinity,
    heardAt: openedAt,
    pingedAt: undefined,
    failure: undefined,
    wasOpen: false,
    session: undefined,
  }
  dial(options, link.dialling.signal, (session) => attach(link, session)).catch((error: unknown) =>
    onGone(link, error),
  )
  const { exchanges } = link
  const mostStreams = () => (link.onTrial ? Math.min(1, link.maxStreams) : link.maxStreams)
  return {
    state: () => link.state,
    hasRoom: () => link.state === 'open' && exchanges.size < mostStreams(),
    isNew: (now) => link.state === 'connecting' || (link.onTrial && now - openedAt < TRIAL_MS),
    inFlight: () => exchanges.size,
    send: (exchange) => send(link, exchange),
    check: (now) => check(link, now),
    idleMs: (now) => (exchanges.size > 0 ? 0 : now - link.heardAt),
    drain: () => drain(link),
    end() {
      if (exchanges.size > 0 || link.session === undefined || link.state === 'connecting') destroy(link)
      else if (!link.session.destroyed) link.session.close()
      return link.gone.promise
    },
    connectFault: () => (link.wasOpen || link.state !== 'gone' ? undefined : faultAfter(link.failure)),
  }
}

function attach(link: Link, session: ClientHttp2Session): void {
  const { options } = link
  link.session = session
  session.on('remoteSettings', (settings) => {
    if (link.state === 'connecting') link.state = 'open'
    link.wasOpen = true
    link.maxStreams = settings.maxConcurrentStreams ?? Infinity
    link.heardAt = options.clock.now()
    options.onChange()
  })
  session.on('goaway', (_code, lastStreamId) => {
    link.lastStream = lastStreamId
    drain(link)
  })
  session.on('error', (error) => (link.failure = error))
  session.on('close', () => onGone(link))
}

function onGone(link: Link, error?: unknown): void {
  link.failure ??= error
  link.state = 'gone'
  link.gone.resolve()
  link.options.onChange()
}

/** Ends it at once, also during the connection set-up. */
function destroy(link: Link, error?: Error): void {
  link.failure ??= error
  link.dialling.abort()
  link.session?.destroy(error)
}

function drain(link: Link): void {
  if (link.state === 'gone' || link.state === 'draining') return
  link.state = 'draining'
  if (link.session?.destroyed === false) link.session.close()
  link.options.onChange()
}

function send(link: Link, exchange: ApnsExchange): void {
  const { headers, body } = exchange.request
  let stream: ClientHttp2Stream
  try {
    if (link.session === undefined) throw new Error('not open')
    stream = link.session.request(headers)
  } catch {
    // The session is closing or has no stream ids left, and its event has not fired yet.
    drain(link)
    giveBack(link, exchange)
    return
  }
  link.exchanges.set(stream, exchange)
  exchange.stream = stream
  stream.on('response', (response) => onResponse(link, { exchange, stream }, response))
  stream.on('error', () => {}) // 'close' follows
  stream.on('close', () => onStreamClosed(link, exchange, stream))
  stream.end(body)
}

function check(link: Link, now: number): void {
  const { state, openedAt, pingedAt, heardAt, exchanges } = link
  if (state === 'gone') return
  if (state === 'connecting') {
    if (now - openedAt >= CONNECT_MS) destroy(link, timeout())
  } else if (pingedAt !== undefined) {
    if (now - pingedAt >= PONG_MS) destroy(link, timeout())
  } else if (now - heardAt >= (exchanges.size > 0 ? QUIET_MS.busy : QUIET_MS.idle)) {
    link.pingedAt = now
    ping(link.session, () => {
      link.pingedAt = undefined
      link.heardAt = link.options.clock.now()
    })
  }
}

type Sent = { exchange: ApnsExchange; stream: ClientHttp2Stream }

function onResponse(link: Link, { exchange, stream }: Sent, headers: IncomingHttpHeaders): void {
  const { clock, onChange } = link.options
  link.heardAt = clock.now()
  const status = Number(headers[':status'] ?? 0)
  if (link.onTrial && status !== constants.HTTP_STATUS_FORBIDDEN) {
    link.onTrial = false
    onChange()
  }
  if (status === constants.HTTP_STATUS_OK) {
    exchange.settle(responseOf(headers, '', clock))
    stream.resume()
    return
  }
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    if (text.length < MAX_BODY_CHARS) text += chunk
  })
  stream.on('end', () => exchange.settle(responseOf(headers, text, clock)))
}

function responseOf(headers: IncomingHttpHeaders, text: string, clock: Clock): ExchangeResult {
  const id = headers['apns-id']
  const wait = retryAfterMs(headers['retry-after'], clock.now())
  return {
    kind: 'response',
    response: {
      status: Number(headers[':status'] ?? 0),
      body: parsed(text),
      ...(typeof id === 'string' && { id }),
      ...(wait !== undefined && { retryAfterMs: wait }),
    },
  }
}

function onStreamClosed(link: Link, exchange: ApnsExchange, stream: ClientHttp2Stream): void {
  link.exchanges.delete(stream)
  if (!exchange.isSettled) {
    const { id, rstCode } = stream
    const unseen = id === undefined || id > link.lastStream || rstCode === constants.NGHTTP2_REFUSED_STREAM
    if (unseen) giveBack(link, exchange)
    else exchange.settle(faultAfter(link.failure ?? stream.errored))
  }
  link.options.onChange()
}

function giveBack(link: Link, exchange: ApnsExchange): void {
  if (exchange.returns++ < MAX_RETURNS) link.options.giveBack(exchange)
  else exchange.settle({ kind: 'fault', fault: 'stream refused' })
}

function ping(session: ClientHttp2Session | undefined, onPong: () => void): void {
  if (session === undefined || session.destroyed || session.closed) return
  session.ping((error) => {
    if (error === null) onPong()
  })
}

const timeout = () => Object.assign(new Error('No response'), { code: 'ETIMEDOUT' })

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}
