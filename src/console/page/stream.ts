import { signal, type Signal } from '@preact/signals-core'
import { type ReceivedEvent, receivedEvents } from '../../lib/server-sent-events.ts'
import { errorOf, request } from './api.ts'

export type StreamState = 'connecting' | 'live' | 'paused' | 'failed'

export type LiveStream = {
  state: Signal<StreamState>
  /** Ends the stream. */
  close: () => void
}

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

/**
 * Follows an event stream of this server (HTML standard, "Server-sent events"), with `fetch`, because
 * `EventSource` cannot send the header of the console. It reconnects after an error and continues after the
 * last event. While the page is hidden, it is paused. `after`: the id of the last known event, or an empty
 * text.
 */
export function follow(path: string, after: string, onEvent: (event: ReceivedEvent) => void): LiveStream {
  const state = signal<StreamState>('connecting')
  let lastId = after
  let retryMs = FIRST_RETRY_MS
  let retry: ReturnType<typeof setTimeout> | undefined
  let abort = new AbortController()
  let isClosed = false

  const connect = async () => {
    const current = (abort = new AbortController())
    try {
      const headers: Record<string, string> = lastId === '' ? {} : { 'Last-Event-ID': lastId }
      const response = await request('GET', path, { signal: current.signal, headers })
      if (!response.ok || response.body === null) throw await errorOf(response, true)
      state.value = 'live'
      retryMs = FIRST_RETRY_MS
      for await (const event of receivedEvents(response.body)) {
        if (event.id !== '') lastId = event.id
        if (event.data !== undefined) onEvent(event)
      }
      throw new Error('the stream has ended')
    } catch {
      if (current.signal.aborted || isClosed) return
      state.value = 'failed'
      retry = setTimeout(() => void connect(), retryMs)
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
    }
  }
  const onVisibility = () => {
    clearTimeout(retry)
    abort.abort()
    state.value = document.hidden ? 'paused' : 'connecting'
    if (!document.hidden) void connect()
  }
  document.addEventListener('visibilitychange', onVisibility)
  void connect()
  return {
    state,
    close() {
      isClosed = true
      clearTimeout(retry)
      abort.abort()
      document.removeEventListener('visibilitychange', onVisibility)
    },
  }
}
