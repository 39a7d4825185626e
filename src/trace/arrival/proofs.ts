import type { Clock } from '../../lib/clock.ts'
import type { DeviceId, EventId, RoomId, UserId } from '../../lib/ids.ts'
import type { Database } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import { stepsOfEvents } from '../steps-store.ts'
import {
  dropWaiting,
  fetchedEvents,
  insertFetched,
  newestInRoom,
  type NewFetched,
  pusherOfDevice,
} from './arrival-store.ts'
import { type Cause, causeOf, meaningOf } from './arrivals.ts'
import { countShares } from './count-shares.ts'

export type ProofDeps = { db: Database; clock: Clock }

/** `at`: the time of the request. */
export type NotedFetch = { userId: UserId; deviceId: DeviceId; at: number } & (
  | { eventId: EventId }
  | { roomIds: readonly RoomId[] }
)

/** As many as the connection `notifications` shows. */
const EVENTS_OF_ROOM = 16
/** The most rooms of one fetch that are looked at. */
const ROOMS_OF_FETCH = 20

/** An event that a fetch is about, for the only pusher of the device. */
type Candidate<F> = {
  fetch: F
  position: number
  pusherId: number
  lastPokeAt: number | null
  isQueued: boolean
}

/**
 * Stores which pokes these fetches prove. Resolves to the fetches of events that are still queued: their
 * pokes may be in flight, and the result comes later.
 */
export async function recordProofs<F extends NotedFetch>(
  { db, clock }: ProofDeps,
  fetches: readonly F[],
): Promise<F[]> {
  const found = [...(await eventCandidates(db, fetches)), ...(await roomCandidates(db, fetches))]
  if (found.length === 0) return []
  const caused = await withCauses(db, found)
  const meant = caused.flatMap(({ cause, ...one }) =>
    cause === undefined
      ? []
      : [{ ...one, cause, meaning: meaningOf(cause, { at: one.fetch.at, lastPokeAt: one.lastPokeAt }) }],
  )
  const proofs = firstOfEach(meant.filter(({ meaning }) => meaning === 'fetched').map(proofOf))
  const inconclusive = meant
    .filter(({ meaning }) => meaning === 'inconclusive')
    .map(({ position, pusherId }) => ({ position, pusher_id: pusherId }))
  if (proofs.length > 0 || inconclusive.length > 0)
    await db.transaction(
      async (tx) => {
        const stored = proofs.length > 0 ? await tx.all(insertFetched, { proofs }) : []
        const arrived = stored.flatMap((row) => (row.expected === 1 ? [row.pusher_id] : []))
        await countShares(tx, clock.now(), { arrived })
        if (inconclusive.length > 0) await tx.run(dropWaiting, { of: inconclusive })
      },
      { durably: false, repeatable: true },
    )
  return [...new Set(caused.filter(isInFlight).map(({ fetch }) => fetch))]
}

async function eventCandidates<F extends NotedFetch>(
  q: Queries,
  fetches: readonly F[],
): Promise<Candidate<F>[]> {
  const wanted = fetches.flatMap((fetch, n) =>
    'eventId' in fetch
      ? [{ n, user_id: fetch.userId, device_id: fetch.deviceId, event_id: fetch.eventId }]
      : [],
  )
  if (wanted.length === 0) return []
  const rows = await q.all(fetchedEvents, { fetches: wanted })
  return rows.flatMap(({ n, position, pusher_id: pusherId, last_success_at: lastPokeAt, queued }) => {
    const fetch = fetches[n]
    return fetch ? [{ fetch, position, pusherId, lastPokeAt, isQueued: queued !== null }] : []
  })
}

async function roomCandidates<F extends NotedFetch>(
  q: Queries,
  fetches: readonly F[],
): Promise<Candidate<F>[]> {
  const found: Candidate<F>[] = []
  const looked = new Set<string>()
  for (const fetch of fetches) {
    if (!('roomIds' in fetch)) continue
    const pusher = await q.first(pusherOfDevice, fetch)
    if (pusher === undefined) continue
    const { pusher_id: pusherId, last_success_at: lastPokeAt } = pusher
    for (const roomId of fetch.roomIds.slice(0, ROOMS_OF_FETCH)) {
      // An app asks several times for one push.
      if (looked.has(`${pusherId} ${roomId}`)) continue
      looked.add(`${pusherId} ${roomId}`)
      const events = await q.all(newestInRoom, { roomId, pusherId, limit: EVENTS_OF_ROOM })
      for (const { position, queued } of events)
        found.push({ fetch, position, pusherId, lastPokeAt, isQueued: queued !== null })
    }
  }
  return found
}

type Caused<F> = Candidate<F> & { cause: Cause | undefined }

async function withCauses<F extends NotedFetch>(
  q: Queries,
  found: readonly Candidate<F>[],
): Promise<Caused<F>[]> {
  const positions = [...new Set(found.map(({ position }) => position))]
  const pusherIds = [...new Set(found.map(({ pusherId }) => pusherId))]
  const steps = [...(await stepsOfEvents(q, { positions, pusherIds })).values()].flat()
  const ofPushers = Map.groupBy(steps, ({ position, pusherId }) => `${position} ${pusherId}`)
  return found.map((one) => ({
    ...one,
    cause: causeOf(ofPushers.get(`${one.position} ${one.pusherId}`) ?? [], one.fetch.at),
  }))
}

const isInFlight = ({ cause, isQueued }: Caused<NotedFetch>) => cause === undefined && isQueued

function proofOf({ fetch, position, pusherId, cause }: Candidate<NotedFetch> & { cause: Cause }): NewFetched {
  return {
    position,
    pusher_id: pusherId,
    sent_at: cause.sentAt,
    at: fetch.at,
    expected: cause.expected ? 1 : 0,
  }
}

/** An app can fetch an event several times. */
function firstOfEach(proofs: readonly NewFetched[]): NewFetched[] {
  const first = new Map<string, NewFetched>()
  for (const proof of proofs.toSorted((left, right) => left.at - right.at)) {
    const key = `${proof.position} ${proof.pusher_id}`
    if (!first.has(key)) first.set(key, proof)
  }
  return [...first.values()]
}
