import { setTimeout as wait } from 'node:timers/promises'
import { type ReceivedEvent, receivedEvents } from '../lib/server-sent-events.ts'
import type { CommandContext } from './command.ts'
import { openStream, ServerRefusal, type ServerFlags } from './server-client.ts'

/** The server sends a heartbeat every 15 s. */
const IDLE_MS = 40_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

/**
 * Follows an event stream of a running server until the signal aborts. After a lost connection it connects
 * again, and continues after the last event that `onEvent` has handled. `after`: the id of the last known
 * event. Rejects when the server refuses.
 */
export type ServerStream = (
  path: string,
  options: { after: string; signal: AbortSignal; onEvent: (event: ReceivedEvent) => Promise<void> | void },
) => Promise<void>

/** @throws ConfigError for an invalid URL, or without a token */
export function serverStream(context: CommandContext, given: ServerFlags): ServerStream {
  const open = openStream(context, given)
  return async (path, { after, signal, onEvent }) => {
    let lastId = after
    let retryMs = FIRST_RETRY_MS
    for (;;) {
      const fault = await faultOfConnection(
        { open: (ending) => open(path, { lastId, signal: ending }), signal },
        async (event) => {
          retryMs = FIRST_RETRY_MS
          if (event.data !== undefined) await onEvent(event)
          if (event.id !== '') lastId = event.id
        },
      )
      if (signal.aborted) return
      context.complain(`belfry: ${fault}; trying again in ${retryMs / 1000} s`)
      await wait(retryMs, undefined, { signal }).catch(() => undefined)
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
    }
  }
}

type Connection = {
  open: (ending: AbortSignal) => Promise<ReadableStream<Uint8Array>>
  signal: AbortSignal
}

/** Reads one connection to its end. Resolves to what ended it. @throws ServerRefusal */
async function faultOfConnection(
  { open, signal }: Connection,
  onEvent: (event: ReceivedEvent) => Promise<void>,
): Promise<string> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), IDLE_MS)
  try {
    for await (const event of receivedEvents(await open(AbortSignal.any([signal, silence.signal])))) {
      await onEvent(event)
      timer.refresh()
    }
    return 'the server has ended the stream'
  } catch (error) {
    if (error instanceof ServerRefusal && !error.isPassing) throw error
    if (silence.signal.aborted) return `the server has sent nothing for ${IDLE_MS / 1000} s`
    return error instanceof TypeError || !(error instanceof Error) ? 'the connection is lost' : error.message
  } finally {
    clearTimeout(timer)
  }
}
