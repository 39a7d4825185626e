import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'

export type Called = { status: number; body: Record<string, unknown>; ms: number }

export type CallOptions = {
  method?: string
  token?: string | undefined
  body?: unknown
  signal?: AbortSignal
}

/** An HTTP client with a separate loopback address, because the server has limits for each address. */
export type Caller = {
  address: string
  /** Each response is counted in `statuses`. `status` 0: the connection failed or closed before a response. */
  call(path: string, options?: CallOptions): Promise<Called>
  /**
   * Like `call`, and repeats the request after a 429 response and its delay, until another response or the
   * end of `signal`.
   */
  callWithRetry(path: string, options?: CallOptions): Promise<Called>
  /** The number of responses with each status. */
  statuses: Map<number, number>
}

export function createCaller(url: string, address: string): Caller {
  const agent = new Agent({ keepAlive: true, localAddress: address })
  const statuses = new Map<number, number>()

  async function call(path: string, options: CallOptions = {}): Promise<Called> {
    const began = performance.now()
    const result = await exchange(new URL(path, url), agent, options)
    statuses.set(result.status, (statuses.get(result.status) ?? 0) + 1)
    return { ...result, ms: performance.now() - began }
  }

  return {
    address,
    statuses,
    call,
    async callWithRetry(path, options = {}) {
      for (;;) {
        const result = await call(path, options)
        if (result.status !== 429 || options.signal?.aborted) return result
        await pause(Number(result.body['retry_after_ms'] ?? 1000), options.signal)
      }
    },
  }
}

/** Waits. Resolves early, without an error, when the signal ends. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
}

function exchange(
  url: URL,
  agent: Agent,
  { method, token, body, signal }: CallOptions,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  return new Promise((resolve) => {
    const failed = () => resolve({ status: 0, body: {} })
    const outgoing = request(url, {
      agent,
      method: method ?? (payload === undefined ? 'GET' : 'POST'),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(payload !== undefined && { 'content-length': payload.length }),
      },
      ...(signal && { signal }),
    })
    outgoing.on('error', failed)
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', failed)
      response.on('close', failed)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) }),
      )
    })
    outgoing.end(payload)
  })
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
