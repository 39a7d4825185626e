import { generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FcmMessage = { token: string; data?: Record<string, string>; [key: string]: unknown }
export type SeenMessage = { token: string; message: FcmMessage; headers: IncomingHttpHeaders; status: number }

/** How to respond to a request instead of accepting it. `body`: JSON, or text that is sent unchanged. */
export type FcmReply =
  | { status: number; body?: unknown; headers?: Record<string, string> }
  | 'accept'
  | 'hang'
  | 'reset'

export type FakeFcmOptions = {
  projectId?: string
  /** The lifetime of an access token in seconds. */
  expiresIn?: number
  now?: () => number
  /** False: responses have no header `Date`. */
  sendsDate?: boolean
  /** False: requests are counted but not stored. */
  storesRequests?: boolean
}

export type FakeFcm = AsyncDisposable & {
  /** The value for `base_url`. */
  url: string
  projectId: string
  /** The text of a service account file whose `token_uri` is this server. */
  serviceAccount(changes?: Record<string, unknown>): string
  seen: SeenMessage[]
  accepted(): number
  /** The number of issued access tokens. */
  granted(): number
  /** The number of requests for access tokens, with any result. */
  asked(): number
  /** The responses to the next messages to a device, in order; later messages are accepted. `*`: any device. */
  script(token: string, ...replies: FcmReply[]): void
  /** The responses to the next requests for access tokens. */
  scriptGrants(...replies: FcmReply[]): void
  /** A valid header `authorization`, for a test that sends requests itself. */
  grant(): string
  /** Invalidates all access tokens that were issued before. */
  revoke(): void
}

const MAX_DATA_BYTES = 4096
const RESERVED = /^(?:from|message_type|gcm|google)/

/** An error response in FCM's format. */
export const fcmError = (
  status: number,
  code: string,
  more: { errorCode?: string; message?: string; field?: string } = {},
) => ({
  status,
  body: {
    error: {
      code: status,
      message: more.message ?? 'Refused.',
      status: code,
      details: [
        ...(more.errorCode === undefined
          ? []
          : [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: more.errorCode }]),
        ...(more.field === undefined
          ? []
          : [
              {
                '@type': 'type.googleapis.com/google.rpc.BadRequest',
                fieldViolations: [{ field: more.field }],
              },
            ]),
      ],
    },
  },
})

/** Google on loopback: the token endpoint at `/token`, and `messages:send` of one project. */
export async function startFakeFcm(options: FakeFcmOptions = {}): Promise<FakeFcm> {
  const { projectId = 'example-1a2b3', expiresIn = 3599, now = Date.now } = options
  const keys = rsaKeys()
  const seen: SeenMessage[] = []
  const scripts = new Map<string, FcmReply[]>()
  const grantScript: FcmReply[] = []
  const good = new Map<string, number>()
  let granted = 0
  let asked = 0
  let accepted = 0

  const server = createServer((request, response) => {
    response.sendDate = false
    if (options.sendsDate !== false) response.setHeader('date', new Date(now()).toUTCString())
    textOf(request)
      .then((text) => (request.url === '/token' ? grant : send)(request, response, text))
      // The client disconnected before its request was complete.
      .catch(() => response.destroy())
  })

  function newToken(): string {
    const token = `access-${++granted}`
    good.set(`Bearer ${token}`, now() + expiresIn * 1000)
    return token
  }

  function grant(request: IncomingMessage, response: ServerResponse, text: string): void {
    asked++
    const reply = grantScript.shift() ?? 'accept'
    if (reply !== 'accept') return act(response, reply)
    const fault = assertionFault(new URLSearchParams(text), { aud: `${url()}/token`, now: now(), keys })
    if (request.method !== 'POST' || fault !== undefined)
      return act(response, { status: 400, body: { error: 'invalid_grant', error_description: fault } })
    act(response, {
      status: 200,
      body: { access_token: newToken(), expires_in: expiresIn, token_type: 'Bearer' },
    })
  }

  function send(request: IncomingMessage, response: ServerResponse, text: string): void {
    const reply = verdictOn(request, text)
    const message = messageIn(text)
    const token = message?.token ?? ''
    if (options.storesRequests !== false && message !== undefined)
      seen.push({
        token,
        message,
        headers: request.headers,
        status: typeof reply === 'object' ? reply.status : 0,
      })
    if (reply !== 'accept') return act(response, reply)
    accepted++
    act(response, { status: 200, body: { name: `projects/${projectId}/messages/${accepted}` } })
  }

  function verdictOn(request: IncomingMessage, text: string): FcmReply {
    if (request.method !== 'POST' || request.url !== `/v1/projects/${projectId}/messages:send`)
      return fcmError(404, 'NOT_FOUND')
    const until = good.get(request.headers.authorization ?? '')
    if (until === undefined || until <= now()) return fcmError(401, 'UNAUTHENTICATED')
    const message = messageIn(text)
    const fault = message === undefined ? 'no message' : faultOf(message)
    if (message === undefined || fault !== undefined)
      return fcmError(400, 'INVALID_ARGUMENT', { message: fault ?? '' })
    return scripts.get(message.token)?.shift() ?? scripts.get('*')?.shift() ?? 'accept'
  }

  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: url(),
    projectId,
    serviceAccount: (changes = {}) =>
      JSON.stringify({
        type: 'service_account',
        project_id: projectId,
        private_key_id: KEY_ID,
        private_key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        client_email: EMAIL,
        token_uri: `${url()}/token`,
        ...changes,
      }),
    seen,
    accepted: () => accepted,
    granted: () => granted,
    asked: () => asked,
    script: (token, ...replies) => void scripts.set(token, [...(scripts.get(token) ?? []), ...replies]),
    scriptGrants: (...replies) => void grantScript.push(...replies),
    grant: () => `Bearer ${newToken()}`,
    revoke: () => good.clear(),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const EMAIL = 'push@example-1a2b3.iam.gserviceaccount.com'
const KEY_ID = '0123456789abcdef0123456789abcdef01234567'

type Keys = { privateKey: KeyObject; publicKey: KeyObject }
let made: Keys | undefined

/** Generating RSA keys is slow, so all fakes of a process share one pair. */
const rsaKeys = (): Keys => (made ??= generateKeyPairSync('rsa', { modulusLength: 2048 }))

function assertionFault(
  form: URLSearchParams,
  { aud, now, keys }: { aud: string; now: number; keys: Keys },
): string | undefined {
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'grant_type'
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    keys.publicKey,
    Buffer.from(signature, 'base64url'),
  )
  if (!isSigned) return 'signature'
  const { alg, kid } = decoded(header)
  const { iss, scope, aud: forWhom, iat, exp } = decoded(claims)
  if (alg !== 'RS256' || kid !== KEY_ID) return 'header'
  if (iss !== EMAIL || forWhom !== aud) return 'claims'
  if (scope !== 'https://www.googleapis.com/auth/firebase.messaging') return 'scope'
  const [from, to] = [Number(iat), Number(exp)]
  return to > from && to <= from + 3600 && Math.abs(now / 1000 - from) < 300 ? undefined : BAD_TIMES
}

const BAD_TIMES =
  'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.'

const decoded = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>

function messageIn(text: string): FcmMessage | undefined {
  try {
    return (JSON.parse(text) as { message?: FcmMessage }).message
  } catch {
    return undefined
  }
}

/** The error of FCM for an invalid message. */
function faultOf({ token, data = {}, android }: FcmMessage): string | undefined {
  if (typeof token !== 'string' || token === '')
    return 'The registration token is not a valid FCM registration token'
  if (Object.values(data).some((value) => typeof value !== 'string')) return 'Invalid value (TYPE_STRING)'
  const key = Object.keys(data).find((one) => RESERVED.test(one))
  if (key !== undefined) return `Invalid data payload key: ${key}`
  const size = Object.entries(data)
    .flat()
    .reduce((sum, part) => sum + Buffer.byteLength(part), 0)
  if (size > MAX_DATA_BYTES) return 'Android message is too big'
  const { priority = 'HIGH', ttl = '0s' } = (android ?? {}) as { priority?: string; ttl?: string }
  // The reference has NORMAL and HIGH, and Google's page "Set the priority of a message" sends "normal": both
  // are accepted.
  if (!/^(?:high|normal)$/i.test(priority)) return 'Invalid value at priority'
  // A protocol buffers Duration in JSON: seconds with up to nine decimal digits.
  const seconds = Number(/^(\d+(?:\.\d{1,9})?)s$/.exec(ttl)?.[1] ?? NaN)
  return seconds <= 2_419_200 ? undefined : 'Invalid value at ttl'
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += String(chunk)
  return text
}

function act(response: ServerResponse, reply: Exclude<FcmReply, 'accept'> | FcmReply): void {
  if (reply === 'hang' || reply === 'accept') return
  if (reply === 'reset') return void response.socket?.destroy()
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
  const type = typeof reply.body === 'string' ? 'text/html' : 'application/json'
  response.writeHead(reply.status, { 'content-type': type, ...reply.headers }).end(text)
}
