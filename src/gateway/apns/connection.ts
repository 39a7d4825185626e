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
import type { Exchange, ExchangeResult } from './exchange.ts'
import { faultAfter } from './fault.ts'

// One HTTP/2 connection.
//
// connecting → open → draining → gone
//
// It is open once the server has told its settings. Draining, it takes nothing new and ends with its last stream: APNs has sent
// GOAWAY, or it is not wanted any more.

export type ConnectionOptions = {
  url: URL
  clock: Clock
  secureContext: SecureContext | undefined
  proxy: Proxy | undefined
  /** Keep to one stream until the first request has been let in: what APNs asks of those who come with a token. */
  oneStreamFirst: boolean
  /** There is room, or there is no connection any more. */
  onChange(): void
  /** It was sent, and is known not to have been looked at. */
  giveBack(exchange: Exchange): void
}

export type ApnsConnection = {
  readonly state: () => 'connecting' | 'open' | 'draining' | 'gone'
  /** Whether a request may be sent now. */
  hasRoom(): boolean
  /** Whether it is so new that nobody can tell how much room it will bring. */
  isNew(now: number): boolean
  inFlight(): number
  /** Only while there is room. */
  send(exchange: Exchange): void
  /** To be called about once a second: looks whether the other side is still there. */
  check(now: number): void
  /** How long nothing has been sent or heard, in milliseconds. */
  idleMs(now: number): number
  drain(): void
  /** Ends it now, with whatever is in flight. Resolves when its socket is closed. */
  end(): Promise<void>
  /** Why it never came to be open. */
  connectFault(): (ExchangeResult & { kind: 'fault' }) | undefined
}

const CONNECT_MS = 10_000
/** Silence while something is in flight, and while nothing is. */
const QUIET_MS = { busy: 10_000, idle: 60_000 }
const PONG_MS = 10_000
/** A first push that hangs holds up the others no longer than this. */
const TRIAL_MS = 5000
const MAX_BODY_CHARS = 4096
const MAX_RETURNS = 10

export function openConnection(options: ConnectionOptions): ApnsConnection {
  const { clock } = options
  const exchanges = new Map<ClientHttp2Stream, Exchange>()
  const gone = Promise.withResolvers<void>()
  const openedAt = clock.now()
  let state: ReturnType<ApnsConnection['state']> = 'connecting'
  let maxStreams = 0
  let onTrial = options.oneStreamFirst
  /** Streams above it were not looked at. */
  let lastStream = Infinity
  let heardAt = openedAt
  let pingedAt: number | undefined
  let failure: unknown
  let wasOpen = false
  /** Absent while a tunnel is dug. */
  let session: ClientHttp2Session | undefined
  const dialling = new AbortController()

  dial(options, dialling.signal, attach).catch((error: unknown) => onGone(error))

  function attach(made: ClientHttp2Session): void {
    session = made
    made.on('remoteSettings', (settings) => {
      if (state === 'connecting') state = 'open'
      wasOpen = true
      maxStreams = settings.maxConcurrentStreams ?? Infinity
      heardAt = clock.now()
      options.onChange()
    })
    made.on('goaway', (_code, lastStreamId) => {
      lastStream = lastStreamId
      drain()
    })
    made.on('error', (error) => (failure = error))
    made.on('close', () => onGone())
  }

  function onGone(error?: unknown): void {
    failure ??= error
    state = 'gone'
    gone.resolve()
    options.onChange()
  }

  /** Ends it at once, or while it is being dialled. */
  function destroy(error?: Error): void {
    failure ??= error
    dialling.abort()
    session?.destroy(error)
  }

  function drain(): void {
    if (state === 'gone' || state === 'draining') return
    state = 'draining'
    if (session?.destroyed === false) session.close()
    options.onChange()
  }

  function onAnswer(exchange: Exchange, stream: ClientHttp2Stream, headers: IncomingHttpHeaders): void {
    heardAt = clock.now()
    const status = Number(headers[':status'] ?? 0)
    if (onTrial && status !== constants.HTTP_STATUS_FORBIDDEN) {
      onTrial = false
      options.onChange()
    }
    if (status === constants.HTTP_STATUS_OK) {
      exchange.settle(answerOf(headers, ''))
      stream.resume()
      return
    }
    let text = ''
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      if (text.length < MAX_BODY_CHARS) text += chunk
    })
    stream.on('end', () => exchange.settle(answerOf(headers, text)))
  }

  const answerOf = (headers: IncomingHttpHeaders, text: string): ExchangeResult => {
    const id = headers['apns-id']
    const wait = retryAfterMs(headers['retry-after'], clock.now())
    return {
      kind: 'answer',
      answer: {
        status: Number(headers[':status'] ?? 0),
        body: parsed(text),
        ...(typeof id === 'string' && { id }),
        ...(wait !== undefined && { retryAfterMs: wait }),
      },
    }
  }

  function onStreamClosed(exchange: Exchange, stream: ClientHttp2Stream): void {
    exchanges.delete(stream)
    if (!exchange.isSettled) {
      const { id, rstCode } = stream
      const unseen = id === undefined || id > lastStream || rstCode === constants.NGHTTP2_REFUSED_STREAM
      if (unseen) giveBack(exchange)
      else exchange.settle(faultAfter(failure ?? stream.errored))
    }
    options.onChange()
  }

  function giveBack(exchange: Exchange): void {
    if (exchange.returns++ < MAX_RETURNS) options.giveBack(exchange)
    else exchange.settle({ kind: 'fault', fault: 'stream refused' })
  }

  return {
    state: () => state,
    hasRoom: () => state === 'open' && exchanges.size < (onTrial ? Math.min(1, maxStreams) : maxStreams),
    isNew: (now) => state === 'connecting' || (onTrial && now - openedAt < TRIAL_MS),
    inFlight: () => exchanges.size,
    send(exchange) {
      const { headers, body } = exchange.request
      let stream: ClientHttp2Stream
      try {
        if (session === undefined) throw new Error('not open')
        stream = session.request(headers)
      } catch {
        // The session is closing, or has used up its stream ids, and its event is yet to come.
        drain()
        giveBack(exchange)
        return
      }
      exchanges.set(stream, exchange)
      exchange.stream = stream
      stream.on('response', (answer) => onAnswer(exchange, stream, answer))
      stream.on('error', () => {}) // 'close' follows
      stream.on('close', () => onStreamClosed(exchange, stream))
      stream.end(body)
    },
    check(now) {
      if (state === 'gone') return
      if (state === 'connecting') {
        if (now - openedAt >= CONNECT_MS) destroy(timeout())
      } else if (pingedAt !== undefined) {
        if (now - pingedAt >= PONG_MS) destroy(timeout())
      } else if (now - heardAt >= (exchanges.size > 0 ? QUIET_MS.busy : QUIET_MS.idle)) {
        pingedAt = now
        ping(session, () => {
          pingedAt = undefined
          heardAt = clock.now()
        })
      }
    },
    idleMs: (now) => (exchanges.size > 0 ? 0 : now - heardAt),
    drain,
    end() {
      if (exchanges.size > 0 || session === undefined || state === 'connecting') destroy()
      else if (!session.destroyed) session.close()
      return gone.promise
    },
    connectFault: () => (wasOpen || state !== 'gone' ? undefined : faultAfter(failure)),
  }
}

function ping(session: ClientHttp2Session | undefined, onPong: () => void): void {
  if (session === undefined || session.destroyed || session.closed) return
  session.ping((error) => {
    if (error === null) onPong()
  })
}

const timeout = () => Object.assign(new Error('No answer'), { code: 'ETIMEDOUT' })

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}
