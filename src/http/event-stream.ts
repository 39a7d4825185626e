import { content } from './content.ts'

/** One server-sent event (HTML standard, "Server-sent events"). */
export type ServerEvent = {
  id?: string
  event?: string
  /** JSON. Without it a client receives no event, and remembers the id only. */
  data?: unknown
}

/**
 * A response that lasts until its source ends; the source must end when the signal of the request aborts.
 * `undefined` is a heartbeat: a comment, which lets both sides detect a broken connection.
 */
export function eventStream(source: AsyncIterable<ServerEvent | undefined>) {
  return content(200, {
    data: textOf(source),
    type: 'text/event-stream',
    cacheControl: 'no-store',
    // Otherwise nginx buffers the events.
    headers: { 'x-accel-buffering': 'no' },
  })
}

async function* textOf(source: AsyncIterable<ServerEvent | undefined>): AsyncGenerator<string> {
  for await (const event of source) yield event === undefined ? ':\n\n' : linesOf(event)
}

function linesOf({ id, event: name, data }: ServerEvent): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(name === undefined ? [] : [`event: ${name}`]),
    ...(data === undefined ? [] : [`data: ${JSON.stringify(data)}`]),
  ]
  return `${lines.join('\n')}\n\n`
}
