import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'

export type Called = { status: number; body: Record<string, unknown>; ms: number }

export type CallOptions = {
  method?: string
  token?: string | undefined
  body?: unknown
  signal?: AbortSignal
}

/** An HTTP client with an address of its own on loopback, so that the server's limits by address tell it from others. */
export type Caller = {
  address: string
  /** `status` 0: the connection failed or was closed before an answer. Each answer is counted. */
  call(path: string, options?: CallOptions): Promise<Called>
  /** As `call`, and again after the wait that a 429 asks for, until another answer comes or `signal` ends. */
  insist(path: string, options?: CallOptions): Promise<Called>
  /** How many answers came with each status. */
  statuses: Map<number, number>
}

export function createCaller(url: string, address: string): Caller {
  const agent = new Agent({ keepAlive: true, localAddress: address })
  const statuses = new Map<number, number>()

  async function call(path: string, options: CallOptions = {}): Promise<Called> {
    const began = performance.now()
    const answer = await exchange(new URL(path, url), agent, options)
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    return { ...answer, ms: performance.now() - began }
  }

  return {
    address,
    statuses,
    call,
    async insist(path, options = {}) {
      for (;;) {
        const answer = await call(path, options)
        if (answer.status !== 429 || options.signal?.aborted) return answer
        await pause(Number(answer.body['retry_after_ms'] ?? 1000), options.signal)
      }
    },
  }
}

/** Ends early, and without an error, when the signal does. */
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
