import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import { consoleJourney } from '../lib/console-links.ts'
import { faultOf } from '../lib/outbound/network-fault.ts'
import type { CommandContext } from './command.ts'

const DEFAULT_URL = 'http://127.0.0.1:8008'
/** The slowest request is one exchange with a gateway, which ends after 30 s. */
const TIMEOUT_MS = 40_000

/** For `parseArgs`. */
export const SERVER_OPTIONS = {
  url: { type: 'string' },
  'token-file': { type: 'string' },
  json: { type: 'boolean' },
} as const

export const SERVER_HELP = `  --url URL          The server [BELFRY_URL, or ${DEFAULT_URL}]
  --token-file FILE  A file with the access token [default: BELFRY_TOKEN]
  --json             Print the unchanged response of the server as JSON.`

/**
 * Parses the arguments of a command that queries a user's data.
 * @throws ConfigError for an unknown flag
 */
export function parseQuestion(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { ...SERVER_OPTIONS, user: { type: 'string' } },
    })
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : 'bad arguments', { cause: error })
  }
}

/**
 * Requests a path of a running server; with a `body` it is a POST. Rejects with the server's error text when the
 * server refuses.
 */
export type ServerClient = (path: string, body?: object) => Promise<unknown>

/** The flags that every request needs. */
export type ServerFlags = { url?: string | undefined; 'token-file'?: string | undefined }

/** @throws ConfigError for an invalid URL, or without a token */
export function serverClient(context: CommandContext, given: ServerFlags): ServerClient {
  const base = serverUrl(given.url, context)
  const token = tokenFrom(given['token-file'], context)
  return async (path, body) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const response = await reached(context, base + path, {
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      signal,
    })
    const json: unknown = await response.json().catch(() => undefined)
    if (response.ok && json !== undefined) return json
    throw new ServerRefusal(response.status, json)
  }
}

/**
 * Opens a stream of a running server. `lastId`: the id of the last received event. @throws ConfigError for an
 * invalid URL, or without a token
 */
export function openStream(context: CommandContext, given: ServerFlags) {
  const base = serverUrl(given.url, context)
  const token = tokenFrom(given['token-file'], context)
  return async (path: string, { lastId, signal }: { lastId: string; signal: AbortSignal }) => {
    const headers = { authorization: `Bearer ${token}`, 'last-event-id': lastId }
    const response = await reached(context, base + path, { headers, signal })
    if (response.ok && response.body !== null) return response.body as ReadableStream<Uint8Array>
    throw new ServerRefusal(response.status, await response.json().catch(() => undefined))
  }
}

/** A response of the server that is an error. */
export class ServerRefusal extends Error {
  override readonly name = 'ServerRefusal'
  /** Whether the same request can succeed later. */
  readonly isPassing: boolean

  constructor(status: number, json: unknown) {
    const { error } = (json ?? {}) as { error?: unknown }
    super(typeof error === 'string' ? error : `the server responded with status ${status}`)
    this.isPassing = status === 429 || status >= 500
  }
}

/**
 * The line for people that names the journey of an event in the web console. `user`: another user than the
 * owner of the token.
 */
export function consoleLine(
  context: CommandContext,
  given: { url?: string | undefined; user?: string | undefined },
  eventId: string,
): string {
  const query = given.user === undefined ? '' : `?user=${encodeURIComponent(given.user)}`
  return `In the console: ${consoleJourney(serverUrl(given.url, context), eventId)}${query}`
}

/** The reason of a failed `fetch` is the cause of its `TypeError`. */
function causeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'timeout'
  const cause = error instanceof Error ? (error.cause ?? error) : error
  // The error of `redirect: 'error'` has no code.
  return cause instanceof Error && /redirect/.test(cause.message) ? 'redirect' : faultOf(cause)
}

function serverUrl(given: string | undefined, { env }: CommandContext): string {
  const text = given ?? (env['BELFRY_URL'] || DEFAULT_URL)
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ConfigError(`bad URL "${text}": expected http:// or https://`)
  return url.href.replace(/\/+$/, '')
}

function tokenFrom(file: string | undefined, { env }: CommandContext): string {
  const token = file === undefined ? env['BELFRY_TOKEN'] : readToken(file)
  if (token === undefined || token === '')
    throw new ConfigError('the access token is missing: set BELFRY_TOKEN, or pass a file with --token-file')
  return token
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ConfigError(`the token file ${file} cannot be read`, { cause: error })
  }
}

async function reached(context: CommandContext, url: string, request: RequestInit): Promise<Response> {
  try {
    return await context.fetch(url, { ...request, redirect: 'error' })
  } catch (error) {
    throw new Error(
      `no response from ${new URL(url).origin} (${causeOf(error)}); set the server with --url or BELFRY_URL`,
      { cause: error },
    )
  }
}
