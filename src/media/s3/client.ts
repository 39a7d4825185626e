import { Readable } from 'node:stream'
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

/**
 * `key`: an object; absent: the bucket. `accepted`: statuses that are results; others are errors, and a
 * missing bucket always is one. `forClient`: it reads a file that a client downloads.
 */
export type S3Request = {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  key?: string
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: readonly Uint8Array[]
  accepted: readonly number[]
  forClient?: boolean
}

/** The body is read completely, so that a slow reader of it never holds a connection to the service. */
export type S3Response = { status: number; headers: Dispatcher.ResponseData['headers']; body: Buffer }

export interface S3Client extends AsyncDisposable {
  /** Repeats the request after failures of the network and of the service. @throws BlobStoreError */
  send(request: S3Request): Promise<S3Response>
  /** Like `send`, for a response that is a short text. */
  text(request: S3Request): Promise<string>
}

/** The waits before the second and third attempt. */
const RETRY_MS = [100, 1000]
const TIMEOUT_MS = 30_000
/** Connections for downloads, and for everything else. Many downloads must not delay an upload or a removal. */
const CONNECTIONS = { forClients: 48, own: 16 }
/** No response that is needed is larger: a range of an object has 512 KiB. */
const MAX_RESPONSE = 1_048_576
const NOTHING = new Uint8Array()
/** Codes of services that have no space: of the protocol, of MinIO and of Ceph. */
const FULL =
  /^(?:InsufficientCapacity|StorageFull|XMinioStorageFull|QuotaExceeded|XMinioAdminBucketQuotaExceeded)$/

/** The code in an error of the protocol, such as `NoSuchBucket`. */
const codeIn = (text: string) => /<Code>([\w.]{1,100})<\/Code>/.exec(text)?.[1] ?? 'no code'

export function createS3Client(options: S3Options): S3Client {
  const { clock } = options
  const agentOf = (connections: number) =>
    new Agent({
      connections,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      connect: { timeout: TIMEOUT_MS },
    })
  const agents = { forClients: agentOf(CONNECTIONS.forClients), own: agentOf(CONNECTIONS.own) }

  async function attempt(request: S3Request): Promise<S3Response | Failure> {
    try {
      const agent = request.forClient === true ? agents.forClients : agents.own
      const { statusCode: status, headers, body: stream } = await agent.request(dispatchOf(options, request))
      const body = await bytesOf(stream)
      const code = status < 300 ? '' : codeIn(body.toString())
      if (request.accepted.includes(status) && code !== 'NoSuchBucket') return { status, headers, body }
      const error = new Error(`${request.method}: ${status} ${code} from ${options.endpoint}`)
      const isFull = status === 507 || FULL.test(code)
      const isTransient = status >= 500 || status === 429
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
    text: async (request) => (await send(request)).body.toString(),
    async [Symbol.asyncDispose]() {
      await Promise.all([agents.forClients.close(), agents.own.close()])
    },
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
  const { method, key, query = {}, body = [] } = request
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
  const length = body.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  return {
    origin: url.origin,
    path: search === '' ? path : `${path}?${search}`,
    method,
    headers: length === 0 ? headers : { ...headers, 'content-length': String(length) },
    body: length > 0 ? Readable.from(body) : method === 'PUT' || method === 'POST' ? NOTHING : null,
  }
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > MAX_RESPONSE) throw new Error('the response is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}
