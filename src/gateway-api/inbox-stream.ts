import type { InboxKey, InboxStore, StoredEntry } from '../gateway/inbox.ts'
import type { ServerEvent } from '../http/event-stream.ts'
import type { Clock } from '../lib/clock.ts'
import { limitExceeded } from '../lib/errors.ts'
import { createOccupancy } from '../lib/occupancy.ts'

/** Proxies close what has been silent for a minute. */
const HEARTBEAT_MS = 15_000
const MOST_PER_ADDRESS = 20
const TRY_AGAIN_MS = 10_000

export type InboxStreamDeps = { store: InboxStore; clock: Clock }
export type Watch = {
  inbox: InboxKey
  /** The id of the last entry that the listener has; undefined: what comes from here on. */
  after: number | undefined
  /** Asked before each thing that is told. */
  mayStillRead: () => Promise<boolean>
  signal: AbortSignal
}

/**
 * The entries of an inbox as they come, and a heartbeat when there are none for a while. It ends with the signal, and when the inbox was
 * closed or the session that reads it has ended.
 */
export async function* watchInbox(
  { store, clock }: InboxStreamDeps,
  { inbox, after, mayStillRead, signal }: Watch,
): AsyncGenerator<ServerEvent | undefined> {
  let wake = new AbortController()
  const leave = store.listen(inbox, () => wake.abort())
  try {
    let last = after ?? (await store.list(inbox)).at(-1)?.id ?? 0
    // It is listened to: whoever reads this misses nothing.
    yield undefined
    while (!signal.aborted) {
      wake = new AbortController()
      const entries = await store.list(inbox, last)
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

function eventOf({ id, received_at, notification }: StoredEntry): ServerEvent {
  return { id: String(id), data: { received_at, notification } }
}

/** Counts who listens: one address has so many connections at most. */
export function createListeners() {
  const occupancy = createOccupancy(MOST_PER_ADDRESS)
  return {
    /** Counts until the signal aborts. @throws {MatrixError} 429 when there are too many already */
    enter(address: string, signal: AbortSignal): void {
      const leave = occupancy.enter(address)
      if (leave === undefined) throw limitExceeded(TRY_AGAIN_MS)
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
    },
  }
}
