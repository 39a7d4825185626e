import { startTimer } from '../../lib/clock.ts'
import type { DeviceId, EventId, RoomId, UserId } from '../../lib/ids.ts'
import type { Log } from '../../lib/log.ts'
import { setBlindUntil } from './arrival-store.ts'
import { type NotedFetch, type ProofDeps, recordProofs } from './proofs.ts'

// The fetches of events by devices, between the requests and the stored proofs.

/**
 * A request of a device for the event of a push, or for the rooms of pushes (the connection `notifications`
 * of sliding sync).
 */
/** `isConfirmation`: the app says that it got the push, so it may sync at the same time. */
export type Fetch = { userId: UserId; deviceId: DeviceId | null; isConfirmation?: true } & (
  | { eventId: EventId }
  | { roomIds: readonly RoomId[] }
)

export type Fetches = AsyncDisposable & {
  /** Costs one look-up in memory. Never throws. */
  note(fetch: Fetch): void
}

export type FetchDeps = {
  log: Log
  /** Whether the device syncs now. It then has events without a push, and its requests prove nothing. */
  isActive: (device: { userId: UserId; deviceId: DeviceId }) => boolean
} & ProofDeps

/** `notBefore`: the time of the next look-up. */
type Waiting = NotedFetch & { tries: number; notBefore: number }

/** The response of the gateway can be recorded after the fetch, so fetches are looked up later. */
const WAIT_MS = 1000
/** While the poke is in flight, at most 30 s, the fetch is looked up again after twice the time. */
const MAX_TRIES = 6
const MAX_WAITING = 10_000
/**
 * A user who sends more requests in a second can only lose proofs for the own devices, which the server has
 * then just seen.
 */
const MAX_OF_USER = 200
/** The most fetches that are looked up together. */
const BATCH = 500

export const NO_FETCHES: Fetches = {
  note: () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
}

/**
 * Collects fetches in memory and stores proofs every second, while there are any. If fetches are lost,
 * because there are too many or because the database fails, no conclusions are drawn about the pokes until
 * then. Disposing stores what is left.
 */
export function createFetches(deps: FetchDeps): Fetches {
  const { clock, log } = deps
  let waiting: Waiting[] = []
  /** The number of waiting fetches of each user. */
  let ofUsers = new Map<UserId, number>()
  let hasLost = false
  let timer: Disposable | undefined
  let running: Promise<void> = Promise.resolve()

  function schedule(): void {
    timer ??= startTimer(clock, WAIT_MS, () => {
      timer = undefined
      running = running.then(flush)
    })
  }

  async function flush(): Promise<void> {
    const now = clock.now()
    const due = waiting.filter(({ notBefore }) => notBefore <= now)
    waiting = waiting.filter(({ notBefore }) => notBefore > now)
    ofUsers = new Map()
    for (const { userId } of waiting) ofUsers.set(userId, (ofUsers.get(userId) ?? 0) + 1)
    try {
      for (let at = 0; at < due.length; at += BATCH)
        waiting.push(...retried(await recordProofs(deps, due.slice(at, at + BATCH)), now))
      if (hasLost) await deps.db.transaction((tx) => tx.run(setBlindUntil, { at: now }), { durably: false })
      hasLost = false
    } catch (error) {
      hasLost = true
      log.warn({ err: error }, 'could not record which pushes arrived')
    }
    if (waiting.length > 0 || hasLost) schedule()
  }

  return {
    note(fetch) {
      const { userId, deviceId } = fetch
      if (deviceId === null) return
      if (fetch.isConfirmation !== true && deps.isActive({ userId, deviceId })) return
      const count = ofUsers.get(userId) ?? 0
      if (count >= MAX_OF_USER) return
      ofUsers.set(userId, count + 1)
      const at = clock.now()
      if (waiting.length >= MAX_WAITING) hasLost = true
      else waiting.push({ ...fetch, deviceId, at, tries: 0, notBefore: at + WAIT_MS })
      schedule()
    },
    async [Symbol.asyncDispose]() {
      timer?.[Symbol.dispose]()
      for (const one of waiting) one.notBefore = 0
      await running
      if (waiting.length > 0) await flush()
      timer?.[Symbol.dispose]()
    },
  }
}

/** The poke is in flight. */
const retried = (fetches: readonly Waiting[], now: number): Waiting[] =>
  fetches
    .filter(({ tries }) => tries < MAX_TRIES)
    .map((fetch) => ({ ...fetch, tries: fetch.tries + 1, notBefore: now + WAIT_MS * 2 ** fetch.tries }))
