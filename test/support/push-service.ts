import { createECDH, type ECDH, randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { jwtVerify, type JWTPayload } from 'jose'
import { decryptPush } from './decrypt-push.ts'

/** The result of `PushSubscription.toJSON()` in a browser. */
export type BrowserSubscription = { endpoint: string; keys: { p256dh: string; auth: string } }

export type ReceivedPush = {
  endpoint: string
  headers: IncomingMessage['headers']
  /** The claims of the VAPID token, after verification. */
  claims: JWTPayload
  /** The plaintext; `undefined` if decryption failed. */
  text: string | undefined
  /** The encrypted body. */
  body: Buffer
}

export type PushResponse = {
  status: number
  headers?: Record<string, string>
  body?: string
}

/**
 * A push service with its browsers. It verifies VAPID, enforces RFC 8030 and decrypts messages for its
 * subscriptions.
 */
export type PushService = AsyncDisposable & {
  /** Such as `http://127.0.0.1:40123`. */
  origin: string
  /** Subscribes a new browser. `vapidKey`: the only accepted key of senders, as base64url. */
  subscribe(vapidKey?: string): BrowserSubscription
  unsubscribe(subscription: BrowserSubscription): void
  readonly received: ReceivedPush[]
  /**
   * Sets the response to all following requests with a valid token. A function receives the push.
   * `undefined`: the normal response.
   */
  respondWith(
    next: PushResponse | ((push: ReceivedPush) => PushResponse | Promise<PushResponse>) | undefined,
  ): void
}

export type PushServiceOptions = {
  port?: number
  /** The host name in its URLs; it listens on loopback in any case. */
  host?: string
  /** Milliseconds since the Unix epoch. */
  now?: () => number
  /** Uses TLS with this certificate. */
  tls?: { cert: string; key: string }
  /** The response to an invalid token, by its fault; a 401 with the fault as text by default. */
  refuse?: (fault: string) => PushResponse
  /** Sends the header `Date`. Default: true. */
  sendsDate?: boolean
  /** Only counts messages, without decryption: for benchmarks. */
  counts?: boolean
}

type Browser = { pair: ECDH; auth: Buffer; vapidKey: string | undefined }
type State = Required<Pick<PushServiceOptions, 'now' | 'counts' | 'refuse'>> & {
  origin: string
  browsers: Map<string, Browser>
  verified: Map<string, JWTPayload>
  received: ReceivedPush[]
  response: PushResponse | ((push: ReceivedPush) => PushResponse | Promise<PushResponse>) | undefined
}

export async function startPushService(options: PushServiceOptions = {}): Promise<PushService> {
  const state: State = {
    origin: '',
    now: options.now ?? Date.now,
    counts: options.counts ?? false,
    refuse: options.refuse ?? ((fault) => ({ status: 401, body: fault })),
    browsers: new Map(),
    verified: new Map(),
    received: [],
    response: undefined,
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    response.sendDate = false
    if (options.sendsDate !== false) response.setHeader('date', new Date(state.now()).toUTCString())
    responseTo(state, request)
      .then(({ status, headers, body }) => void response.writeHead(status, headers).end(body))
      .catch(() => response.destroy())
  }
  const server: Server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  state.origin = `${options.tls ? 'https' : 'http'}://${options.host ?? '127.0.0.1'}:${port}`
  return {
    origin: state.origin,
    received: state.received,
    subscribe: (vapidKey) => subscribe(state, vapidKey),
    unsubscribe: ({ endpoint }) => void state.browsers.delete(endpoint),
    respondWith: (next) => {
      state.response = next
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.once('close', resolve))
    },
  }
}

function subscribe({ origin, browsers }: State, vapidKey: string | undefined): BrowserSubscription {
  const pair = createECDH('prime256v1')
  const auth = randomBytes(16)
  const p256dh = pair.generateKeys('base64url')
  const endpoint = `${origin}/wpush/${randomUUID()}`
  browsers.set(endpoint, { pair, auth, vapidKey })
  return { endpoint, keys: { p256dh, auth: auth.toString('base64url') } }
}

async function responseTo(state: State, request: IncomingMessage): Promise<PushResponse> {
  if (request.method === 'GET') return forBenchmarks(state, request.url ?? '')
  const body = await bodyOf(request)
  const endpoint = state.origin + request.url
  const claims = await verify(state, request)
  if (typeof claims === 'string') return state.refuse(claims)
  const browser = state.browsers.get(endpoint)
  const text = browser && !state.counts ? textOf(body, browser) : undefined
  const push: ReceivedPush = { endpoint, headers: request.headers, claims, text, body }
  if (state.counts) state.received.length += 1
  else state.received.push(push)
  if (state.response !== undefined)
    return typeof state.response === 'function' ? state.response(push) : state.response
  const fault = faultOf(request.headers)
  if (fault !== undefined) return { status: 400, body: fault }
  if (body.length > 4096) return { status: 413 }
  if (browser === undefined) return { status: 410 }
  if (browser.vapidKey !== undefined && !request.headers.authorization?.endsWith(`k=${browser.vapidKey}`))
    return { status: 403 }
  return {
    status: 201,
    headers: { location: `${state.origin}/m/${randomUUID()}`, ttl: String(request.headers['ttl']) },
  }
}

/** `GET /subscriptions?count=n`: creates browsers; `GET /received`: the number of messages. */
function forBenchmarks(state: State, path: string): PushResponse {
  const { pathname, searchParams } = new URL(path, state.origin)
  const count = Number(searchParams.get('count') ?? 1)
  const made = () => Array.from({ length: count }, () => subscribe(state, undefined))
  const bodies: Record<string, () => unknown> = {
    '/subscriptions': made,
    '/received': () => state.received.length,
  }
  const bodyFor = bodies[pathname]
  return bodyFor === undefined ? { status: 404 } : { status: 200, body: JSON.stringify(bodyFor()) }
}

/** RFC 8292, section 2: the claims, or the fault of the token. */
async function verify(state: State, { headers }: IncomingMessage): Promise<JWTPayload | string> {
  const authorization = headers.authorization ?? ''
  const known = state.verified.get(authorization)
  if (known !== undefined && isInTime(known, state.now())) return known
  const [, token, key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? []
  if (token === undefined || key === undefined) return 'no VAPID token'
  const point = Buffer.from(key, 'base64url')
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.toString('base64url', 1, 33),
    y: point.toString('base64url', 33),
  }
  const now = state.now()
  try {
    const { payload } = await jwtVerify(token, jwk, {
      algorithms: ['ES256'],
      typ: 'JWT',
      audience: state.origin,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'sub'],
    })
    if (!isInTime(payload, now)) return 'exp is more than 24 h ahead'
    if (!/^(?:mailto:|https:)/.test(payload.sub ?? '')) return 'sub is no contact'
    state.verified.set(authorization, payload)
    return payload
  } catch (error) {
    return String(error)
  }
}

function isInTime({ exp = 0 }: JWTPayload, now: number): boolean {
  const left = exp - now / 1000
  return left > 0 && left <= 86_400
}

/** The requirements of RFC 8030 and RFC 8291 for a request. */
function faultOf(headers: IncomingMessage['headers']): string | undefined {
  if (headers['content-encoding'] !== 'aes128gcm') return 'Content-Encoding must be aes128gcm'
  if (!/^\d+$/.test(String(headers['ttl'] ?? ''))) return 'TTL is missing'
  if (!/^(?:very-low|low|normal|high)$/.test(String(headers['urgency'] ?? 'normal'))) return 'bad Urgency'
  if (!/^[\w-]{1,32}$/.test(String(headers['topic'] ?? 'none'))) return 'bad Topic'
  return undefined
}

function textOf(body: Buffer, browser: Browser): string | undefined {
  try {
    return decryptPush(body, browser).toString('utf8')
  } catch {
    return undefined
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

// Runs as a separate process for benchmarks: prints its origin when it is ready, and ends with its parent.
if (import.meta.main) {
  const { origin } = await startPushService({ counts: true })
  process.stdout.write(`${origin}\n`)
  process.stdin.resume().on('end', () => process.exit(0))
}
