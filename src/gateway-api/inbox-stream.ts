import type { InboxKey, InboxStore } from '../gateway/inbox.ts'
import type { ServerEvent } from '../http/event-stream.ts'
import type { Clock } from '../lib/clock.ts'
import { limitExceeded } from '../lib/errors.ts'
import { createOccupancy } from '../lib/occupancy.ts'
import { presentEntries, type Presenting, type ShownEntry, shownEntry } from './present-entries.ts'

/** Proxies close connections that are silent for a minute. */
const HEARTBEAT_MS = 15_000
const MAX_PER_ADDRESS = 20
const TRY_AGAIN_MS = 10_000

export type InboxStreamDeps = Presenting & { store: InboxStore; clock: Clock }
export type Watch = {
  inbox: InboxKey
  /** The id of the last entry that the client has; undefined: only new entries. */
  after: number | undefined
  /** Called before each output. */
  mayStillRead: () => Promise<boolean>
  signal: AbortSignal
}

/**
 * Yields the entries of an inbox as they arrive, and a heartbeat after 15 s without one. It ends when the
 * signal aborts, when the inbox is closed, or when the session of the reader has ended.
 */
export async function* watchInbox(
  { store, clock, ...presenting }: InboxStreamDeps,
  { inbox, after, mayStillRead, signal }: Watch,
): AsyncGenerator<ServerEvent | undefined> {
  let wake = new AbortController()
  const leave = store.listen(inbox, () => wake.abort())
  try {
    let last = after ?? (await store.list(inbox)).at(-1)?.id ?? 0
    // Sent after the subscription has started, so the client misses nothing after it.
    yield undefined
    while (!signal.aborted) {
      wake = new AbortController()
      const entries = await presentEntries(presenting, inbox, await store.list(inbox, last))
      if (!(await mayStillRead())) return
      for (const entry of entries) {
        last = entry.id
        yield eventOf(entry)
      }
      if (entries.length > 0) continue
      await clock.sleep(HEARTBEAT_MS, AbortSignal.any([wake.signal, signal]))
      if (!wake.signal.aborted) yield undefined
    }
  } finally {
    leave()
  }
}

function eventOf(entry: ShownEntry): ServerEvent {
  return { id: String(entry.id), data: shownEntry(entry) }
}

/** Counts the open streams of each address and limits their number. */
export function createListeners() {
  const occupancy = createOccupancy(MAX_PER_ADDRESS)
  return {
    /**
     * Counts a stream until the signal aborts. @throws {MatrixError} 429 when the address has too many open
     * streams.
     */
    enter(address: string, signal: AbortSignal): void {
      const leave = occupancy.enter(address)
      if (leave === undefined) throw limitExceeded(TRY_AGAIN_MS)
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
    },
  }
}
