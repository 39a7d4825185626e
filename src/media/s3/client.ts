import { Agent, type Dispatcher } from 'undici'
import type { Clock } from '../../lib/clock.ts'
import { storageFull, storeUnavailable } from '../blob-fault.ts'
import { type S3Credentials, encoded, queryText, signed } from './sign.ts'

/** `endpoint`: without a path. `pathStyle`: the bucket is in the path, not in the host name. `prefix`: of all keys. */
export type S3Options = S3Credentials & {
  endpoint: string
  bucket: string
  prefix: string
  pathStyle: boolean
  clock: Clock
}

/** `key`: an object; absent: the bucket. `accepted`: statuses that are results; others are errors. */
export type S3Request = {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  key?: string
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array
  accepted: readonly number[]
}

export type S3Response = Dispatcher.ResponseData

export interface S3Client extends AsyncDisposable {
  /** Repeats the request after failures of the network and of the service. @throws BlobStoreError */
  send(request: S3Request): Promise<S3Response>
  /** Like `send`, for a response that is a short text. */
  text(request: S3Request): Promise<string>
}

/** The waits before the second and third attempt. */
const RETRY_MS = [100, 1000]
const TIMEOUT_MS = 30_000
const CONNECTIONS = 64
const MAX_TEXT = 65_536
const NOTHING = new Uint8Array()
/** Codes of services that have no space: of the protocol, of MinIO and of Ceph. */
const FULL =
  /^(?:InsufficientCapacity|StorageFull|XMinioStorageFull|QuotaExceeded|XMinioAdminBucketQuotaExceeded)$/

/** The code in an error of the protocol, such as `NoSuchBucket`. */
const codeIn = (text: string) => /<Code>([\w.]{1,100})<\/Code>/.exec(text)?.[1] ?? 'no code'

export function createS3Client(options: S3Options): S3Client {
  const { clock } = options
  const agent = new Agent({
    connections: CONNECTIONS,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: { timeout: TIMEOUT_MS },
  })

  async function attempt(request: S3Request): Promise<S3Response | Failure> {
    try {
      const response = await agent.request(dispatchOf(options, request))
      if (request.accepted.includes(response.statusCode)) return response
      const code = codeIn(await textOf(response))
      const error = new Error(`${request.method}: ${response.statusCode} ${code} from ${options.endpoint}`)
      const isFull = response.statusCode === 507 || FULL.test(code)
      const isTransient = response.statusCode >= 500 || response.statusCode === 429
      return new Failure(isFull ? storageFull(error) : storeUnavailable(error), isTransient && !isFull)
    } catch (error) {
      return new Failure(storeUnavailable(error), true)
    }
  }

  async function send(request: S3Request): Promise<S3Response> {
    for (let tries = 0; ; tries++) {
      const result = await attempt(request)
      if (!(result instanceof Failure)) return result
      const wait = RETRY_MS[tries]
      if (!result.isTransient || wait === undefined) throw result.error
      await clock.sleep(wait)
    }
  }

  return {
    send,
    text: async (request) => textOf(await send(request)),
    [Symbol.asyncDispose]: () => agent.close(),
  }
}

class Failure {
  readonly error: Error
  readonly isTransient: boolean
  constructor(error: Error, isTransient: boolean) {
    this.error = error
    this.isTransient = isTransient
  }
}

function dispatchOf(options: S3Options, request: S3Request): Dispatcher.RequestOptions {
  const { method, key, query = {}, body = NOTHING } = request
  const { endpoint, bucket, prefix, pathStyle, clock } = options
  const url = new URL(endpoint)
  if (!pathStyle) url.host = `${bucket}.${url.host}`
  const object = key === undefined ? '' : `/${`${prefix}${key}`.split('/').map(encoded).join('/')}`
  const path = (pathStyle ? `/${encoded(bucket)}${object}` : object) || '/'
  const headers = signed(
    { method, path, query, headers: { ...request.headers, host: url.host }, body, now: clock.now() },
    options,
  )
  const search = queryText(query)
  return {
    origin: url.origin,
    path: search === '' ? path : `${path}?${search}`,
    method,
    headers,
    body: body.byteLength === 0 && method !== 'PUT' && method !== 'POST' ? null : body,
  }
}

async function textOf(response: S3Response): Promise<string> {
  let text = ''
  for await (const chunk of response.body) if (text.length < MAX_TEXT) text += String(chunk)
  return text
}
