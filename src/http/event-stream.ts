import type { ServerResponse } from 'node:http'
import { CORS_HEADERS } from './respond.ts'
import { reply, type Reply } from './route.ts'
import type { UnreadAnswers } from './unread-answers.ts'

/** One server-sent event (HTML standard, "Server-sent events"). */
export type ServerEvent = { id?: string; event?: string; /** JSON. */ data: unknown }

/**
 * An answer that goes on until its source ends; the source must end when the signal of the request aborts. `undefined` is a heartbeat:
 * a comment, by which both sides see that the other is still there.
 */
export function eventStream(
  source: AsyncIterable<ServerEvent | undefined>,
): Reply<200, AsyncIterable<ServerEvent | undefined>> {
  return reply(200, source, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // nginx would keep events back otherwise.
    'x-accel-buffering': 'no',
  })
}

export function isStream(body: unknown): body is AsyncIterable<ServerEvent | undefined> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** Writes events as they come, no faster than the other side reads them; one that stops reading loses its connection. */
export async function respondWithStream(
  response: ServerResponse,
  {
    status,
    headers,
    body,
    unread,
  }: {
    status: number
    headers: Readonly<Record<string, string>>
    body: AsyncIterable<ServerEvent | undefined>
    unread: UnreadAnswers
  },
): Promise<void> {
  // The connection ends with it, so that a server that shuts down has not to wait for its client.
  response.writeHead(status, { ...CORS_HEADERS, ...headers, connection: 'close' })
  response.flushHeaders()
  for await (const event of body) {
    if (response.destroyed) break
    if (!response.write(textOf(event)) && !(await unread.drained(response))) break
  }
  response.end()
}

function textOf(event: ServerEvent | undefined): string {
  if (event === undefined) return ':\n\n'
  const { id, event: name, data } = event
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(name === undefined ? [] : [`event: ${name}`]),
    `data: ${JSON.stringify(data)}`,
  ]
  return `${lines.join('\n')}\n\n`
}
