import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import type { Command, World } from './command.ts'
import { type ExplainAnswer, explanationText } from './push-explain-text.ts'

const DEFAULT_URL = 'http://127.0.0.1:8008'
/** An explanation is computed from a few rows; what takes longer than this is not there. */
const TIMEOUT_MS = 30_000

const HELP = `  --user USER_ID     Whom to ask for, when the token is an administrator's [its owner]
  --url URL          The server [BELFRY_URL, or ${DEFAULT_URL}]
  --token-file FILE  Holds the access token [else it is taken from BELFRY_TOKEN]
  --json             Print the answer as the server gives it.

The ids of room and event are as clients show them; put them in single quotes.`

/** Asks a running server why somebody was, or was not, notified of an event. */
export const pushExplain: Command = {
  usage: 'push explain ROOM_ID EVENT_ID',
  summary: 'why an event did, or did not, notify somebody, rule by rule and device by device',
  help: () => HELP,
  async run(argv, world) {
    const { values, roomId, eventId } = read(argv)
    const query = new URLSearchParams({
      room_id: roomId,
      event_id: eventId,
      ...(values.user === undefined ? {} : { user_id: values.user }),
    })
    const answer = await ask(
      world,
      `${serverUrl(values.url, world)}/_belfry/v1/explain?${query.toString()}`,
      {
        token: tokenFrom(values['token-file'], world),
      },
    )
    world.print(
      values.json === true ? JSON.stringify(answer, null, 2) : explanationText(answer as ExplainAnswer),
    )
    return 0
  },
}

function read(argv: readonly string[]) {
  const { values, positionals } = parsed(argv)
  const [roomId, eventId, extra] = positionals
  if (roomId === undefined || eventId === undefined)
    throw new ConfigError('push explain needs a ROOM_ID and an EVENT_ID')
  if (extra !== undefined) throw new ConfigError(`unexpected argument "${extra}"`)
  return { values, roomId, eventId }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        user: { type: 'string' },
        url: { type: 'string' },
        'token-file': { type: 'string' },
        json: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : 'bad arguments', { cause: error })
  }
}

function serverUrl(given: string | undefined, { env }: World): string {
  const text = given ?? (env['BELFRY_URL'] || DEFAULT_URL)
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ConfigError(`bad URL "${text}": expected http:// or https://`)
  return url.href.replace(/\/+$/, '')
}

function tokenFrom(file: string | undefined, { env }: World): string {
  const token = file === undefined ? env['BELFRY_TOKEN'] : readToken(file)
  if (token === undefined || token === '')
    throw new ConfigError('an access token is needed, in BELFRY_TOKEN or in a file named with --token-file')
  return token
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ConfigError(`the token file ${file} cannot be read`, { cause: error })
  }
}

async function ask(world: World, url: string, { token }: { token: string }): Promise<unknown> {
  const response = await reached(world, url, token)
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok && body !== undefined) return body
  const { error } = (body ?? {}) as { error?: unknown }
  throw new Error(typeof error === 'string' ? error : `the server answered with status ${response.status}`)
}

async function reached(world: World, url: string, token: string): Promise<Response> {
  try {
    return await world.fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    })
  } catch (error) {
    throw new Error(`no answer from ${new URL(url).origin}`, { cause: error })
  }
}
