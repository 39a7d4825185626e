import { createBatcher } from '../../lib/batcher.ts'
import type { RoomId } from '../../lib/ids.ts'
import { removeItems } from '../../sending/item-store.ts'
import { NOT_DURABLE } from '../../sending/lane-store.ts'
import type { Queries } from '../../storage/query.ts'
import { currentPoint } from '../../storage/stream.ts'
import { covers, type StreamPoint } from '../../storage/stream-point.ts'
import { createDeviceRules } from '../device-rules.ts'
import { createEventCache } from '../event-cache.ts'
import { judgeEvent, type PokeDecision, type SkippedPoke } from '../next-poke.ts'
import type { FactsWanted } from '../recipient.ts'
import type { MailDeliveryDeps } from './deps.ts'
import type { EventToMail } from './digest.ts'
import { type MailPusher, PER_ROOM, ROOMS, type WaitingEvent, waitingEvents } from './mail-store.ts'
import type { Throttle, WaitingRoom } from './schedule.ts'
import { throttlesOf } from './throttle-store.ts'
import { isForMail } from './tweaks.ts'

const MOST_PER_ROOM = 64 * PER_ROOM

/** The waiting events of a pusher that are to be mailed, oldest first. */
export type WaitingMail = {
  toMail: (EventToMail & { position: number })[]
  rooms: (WaitingRoom & { throttle: Throttle | undefined })[]
  /** All waiting events that the point covers were looked at. */
  seen: StreamPoint
}

type Judged =
  | { kind: 'send'; row: WaitingEvent; verdict: EventToMail['verdict'] }
  | (SkippedPoke & { row: WaitingEvent })

/**
 * Creates the function that reads the waiting events of a pusher. It removes events that need no mail from
 * the queue; older events then take their places. The result contains only events to mail, with the oldest
 * event of each room.
 */
export function createLookThrough(deps: MailDeliveryDeps): (pusher: MailPusher) => Promise<WaitingMail> {
  const { db } = deps
  const caches = {
    eventAt: createEventCache(deps.loadPokedEvents, db),
    deviceRulesOf: createDeviceRules((userId) => deps.rulesOf(db, userId), deps.ruleSettings),
  }

  const facts = createBatcher((wanted: readonly FactsWanted[]) => deps.recipientFacts(db, wanted))
  const context = { ...deps, ...caches, q: db, isForMail }

  async function judge(pusher: MailPusher, row: WaitingEvent): Promise<Judged> {
    const waiting = { ...row, user_id: pusher.user_id, enabled: pusher.enabled, handle: pusher.handle }
    const verdict: PokeDecision = await judgeEvent(context, waiting, { position: row.position, facts })
    return verdict.kind === 'skip' ? { ...verdict, row } : { kind: 'send', row, verdict }
  }

  return async (pusher) => {
    const pusherId = pusher.pusher_id
    for (let perRoom = PER_ROOM; ;) {
      const seen = await currentPoint(db)
      const waiting = await db.all(waitingEvents, { pusherId, perRoom, rooms: ROOMS })
      const rows = waiting.filter((row) => covers(seen, row.position))
      const judged = await Promise.all(rows.map((row) => judge(pusher, row)))
      const skipped = judged.filter((one) => one.kind === 'skip')
      if (skipped.length > 0) {
        await drop(deps, pusherId, skipped)
        // Each query reads the whole backlog. When many events are removed, the next query takes more of them.
        perRoom = Math.min(2 * perRoom, MOST_PER_ROOM)
        continue
      }
      if (perRoom > PER_ROOM) {
        perRoom = PER_ROOM
        continue
      }
      const toMail = judged.filter((one) => one.kind === 'send')
      return {
        toMail: toMail.map(({ row, verdict }) => ({
          position: row.position,
          verdict,
          at: row.origin_server_ts ?? row.created_at,
          roomRows: row.room_rows,
        })),
        rooms: await roomsOf(db, pusherId, rows),
        seen,
      }
    }
  }
}

/** Removes events that need no mail from the queue. */
async function drop(
  { db, clock, events, trace }: MailDeliveryDeps,
  pusherId: number,
  skipped: readonly Extract<Judged, { kind: 'skip' }>[],
): Promise<void> {
  const steps = skipped.map(({ row, reason, rule }) => {
    return { pusherId, position: row.position, step: 'skipped' as const, reason, rule }
  })
  await db.transaction(async (tx) => {
    trace.recordSteps(tx, clock.now(), steps)
    removeItems(
      tx,
      skipped.map(({ row }) => ({ laneId: pusherId, position: row.position })),
    )
  }, NOT_DURABLE)
  for (const [reason, all] of Map.groupBy(skipped, (one) => one.reason))
    events.mailSkipped({ pusherId, reason, count: all.length })
}

/** For each room: the times of its oldest and newest event, and its throttle. */
async function roomsOf(
  q: Queries,
  pusherId: number,
  toMail: readonly WaitingEvent[],
): Promise<WaitingMail['rooms']> {
  const rows = toMail.length === 0 ? [] : await q.all(throttlesOf, { pusherId })
  const throttles = new Map(
    rows.map((row) => [
      row.room_id,
      { toldAt: row.told_at, waitMs: row.wait_ms, lastEventAt: row.last_event_at },
    ]),
  )
  const byRoom = new Map<RoomId, WaitingMail['rooms'][number]>()
  for (const { room_id: roomId, room_oldest_at: oldestAt, room_newest_at: newestAt } of toMail)
    if (roomId !== null) byRoom.set(roomId, { roomId, oldestAt, newestAt, throttle: throttles.get(roomId) })
  return [...byRoom.values()]
}
