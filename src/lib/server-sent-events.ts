/** An event that a client received from a stream. A heartbeat has no data. */
export type ReceivedEvent = { id: string; event: string; data: unknown }

/**
 * The events of a stream of this server (HTML standard, "Server-sent events"), with JSON as data. For `fetch`
 * in browsers and in Node. Heartbeats are events too: they show that the connection works, and can have an
 * id.
 */
export async function* receivedEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ReceivedEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += decoder.decode(value, { stream: true })
      const blocks = rest.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) yield eventOf(block)
    }
  } finally {
    // Closes the connection when the reader of the events has stopped early.
    reader.cancel().catch(() => undefined)
  }
}

function eventOf(block: string): ReceivedEvent {
  const lines = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line))
  const all = (name: string) => lines.filter((line) => line?.[1] === name).map((line) => line?.[2] ?? '')
  const data = all('data')
  return {
    id: all('id').at(-1) ?? '',
    event: all('event').at(-1) ?? 'message',
    data: data.length === 0 ? undefined : (JSON.parse(data.join('\n')) as unknown),
  }
}
