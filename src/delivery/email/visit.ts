import { backOffMs } from '../../lib/back-off.ts'
import type { RoomId } from '../../lib/ids.ts'
import { parseStored } from '../../lib/json.ts'
import type { Mail } from '../../lib/mail/mailer.ts'
import type { MailResult } from '../../lib/mail/mail-result.ts'
import { shortHash } from '../../lib/short-hash.ts'
import { createDeviceRules } from '../device-rules.ts'
import { createEventCache } from '../event-cache.ts'
import { AFTER_A_POWER_CUT_AGAIN } from '../leases.ts'
import { judgeEvent, type Verdict } from '../next-poke.ts'
import type { MailDeliveryDeps } from './deps.ts'
import { digestOf, isOn, type ToTell } from './digest.ts'
import {
  claimMail,
  dropWaiting,
  giveBackMail,
  mailFailed,
  type MailPusher,
  mailRefused,
  mailSucceeded,
  PER_ROOM,
  ROOMS,
  settleMail,
  type WaitingEvent,
  waitingEvents,
  waitingSize,
} from './mail-store.ts'
import { fullLetter, shortLetter } from './render.ts'
import { afterMail, readyAt, type Throttle, type WaitingRoom } from './schedule.ts'
import { throttlesOf } from './throttle-store.ts'

/** Longer than a mail may take, the wait for a connection included. */
const LEASE_MS = 300_000
/** Tweaks of MSC4062: the event is not for mail. */
const NOT_BY_MAIL = ['dont_email', 'org.matrix.msc4062.dont_email']

type Told = ToTell & { row: WaitingEvent }
type Waiting = { told: Told[]; rooms: (WaitingRoom & { throttle: Throttle | undefined })[] }

/**
 * Makes the function that works for one e-mail pusher: drops what needs no mail any more, and sends one if it is due. It resolves to
 * when to look again, in milliseconds since the Unix epoch.
 */
export function createMailVisit(
  deps: MailDeliveryDeps,
  owner: string,
): (pusherId: number) => Promise<number> {
  const { db, clock, events } = deps
  const caches = {
    eventAt: createEventCache(deps.loadPokedEvents, db),
    deviceRulesOf: createDeviceRules((userId) => deps.rulesOf(db, userId), deps.ruleSettings),
  }

  async function judge(
    pusher: MailPusher,
    row: WaitingEvent,
  ): Promise<Verdict | { kind: 'skip'; reason: string }> {
    const waiting = { ...row, user_id: pusher.user_id, enabled: pusher.enabled, handle: pusher.handle }
    const verdict = await judgeEvent({ ...deps, ...caches, q: db, now: clock.now() }, waiting, row.position)
    const isUnwanted =
      verdict.kind === 'tell' && NOT_BY_MAIL.some((name) => isOn(verdict.outcome.tweaks[name]))
    return isUnwanted ? { kind: 'skip', reason: 'not by e-mail' } : verdict
  }

  /** What waits and is worth telling. What is not goes, and then older events show up in its place, until all are. */
  async function lookThrough(pusher: MailPusher): Promise<Waiting> {
    const pusherId = pusher.pusher_id
    for (;;) {
      const rows = await db.all(waitingEvents, { pusherId, perRoom: PER_ROOM, rooms: ROOMS })
      const judged = await Promise.all(rows.map(async (row) => ({ row, verdict: await judge(pusher, row) })))
      const skipped = judged.flatMap(({ row, verdict }) =>
        verdict.kind === 'skip' ? [{ position: row.position, reason: verdict.reason }] : [],
      )
      if (skipped.length > 0) {
        const positions = skipped.map(({ position }) => position)
        await db.transaction((tx) => tx.run(dropWaiting, { pusherId, positions }), AFTER_A_POWER_CUT_AGAIN)
        for (const [reason, all] of Map.groupBy(skipped, (one) => one.reason))
          events.mailSkipped({ pusherId, reason, count: all.length })
        continue
      }
      const told = judged.flatMap(({ row, verdict }) =>
        verdict.kind === 'tell' && 'poked' in verdict
          ? [{ row, verdict, at: row.origin_server_ts ?? row.created_at, roomRows: row.room_rows }]
          : [],
      )
      return { told, rooms: await roomsOf(pusherId, told) }
    }
  }

  async function roomsOf(pusherId: number, told: readonly Told[]): Promise<Waiting['rooms']> {
    const rows = told.length === 0 ? [] : await db.all(throttlesOf, { pusherId })
    const throttles = new Map(
      rows.map((row) => [
        row.room_id,
        { toldAt: row.told_at, waitMs: row.wait_ms, lastEventAt: row.last_event_at },
      ]),
    )
    const byRoom = new Map<RoomId, WaitingRoom & { throttle: Throttle | undefined }>()
    for (const { row, verdict } of told) {
      const { roomId } = verdict.poked.event
      const { room_oldest_at: oldestAt, room_newest_at: newestAt } = row
      byRoom.set(roomId, { roomId, oldestAt, newestAt, throttle: throttles.get(roomId) })
    }
    return [...byRoom.values()]
  }

  /** Sends what waits, all of it: one mail for many rooms is better than many. */
  async function send(pusher: MailPusher, { told, rooms }: Waiting): Promise<void> {
    const pusherId = pusher.pusher_id
    const size = await db.first(waitingSize, { pusherId })
    // Judged after the size was read, or newer: what has come since is for the next mail.
    const upTo = told.reduce((last, { row }) => Math.max(last, row.position), 0)
    const digest = digestOf(told, { userId: pusher.user_id, rooms: size?.rooms ?? 0 })
    const unsubscribe = deps.links.unsubscribe(pusher.unsubscribe_token ?? '')
    const stationery = { name: deps.name, links: deps.links, unsubscribe }
    const isShort = !deps.includeContent || parseStored(pusher.data)['format'] === 'event_id_only'
    const mail: Mail = {
      to: pusher.pushkey,
      ...(isShort ? shortLetter : fullLetter)(digest, stationery),
      id: shortHash(`${pusherId} ${upTo} ${told.length}`),
      unsubscribe,
    }
    const result = await deps.send(mail)
    const timing = { now: clock.now(), delayMs: deps.delayMs }
    const throttles = rooms.map((room) => {
      const { toldAt, waitMs, lastEventAt } = afterMail(room, room.throttle, timing)
      return { room_id: room.roomId, told_at: toldAt, wait_ms: waitMs, last_event_at: lastEventAt }
    })
    await record(pusher, result, { pusherId, upTo, rooms: throttles })
  }

  async function record(
    pusher: MailPusher,
    result: MailResult,
    mail: Parameters<typeof settleMail>[1],
  ): Promise<void> {
    const pusherId = pusher.pusher_id
    const held = { pusherId, owner, now: clock.now() }
    if (result.kind === 'retry') {
      const attempts = pusher.attempts + 1
      const failure = { ...held, error: result.error, retryAt: held.now + backOffMs(attempts, deps.random) }
      await db.transaction((tx) => tx.run(mailFailed, failure))
      events.mailFailed({ kind: 'notification', pusherId, error: result.error, attempts })
      return
    }
    await db.transaction(async (tx) => {
      await settleMail(tx, mail)
      if (result.kind === 'sent') await tx.run(mailSucceeded, held)
      else await tx.run(mailRefused, { ...held, error: result.error })
    })
    if (result.kind === 'sent') events.mailSent({ kind: 'notification', pusherId, ms: result.ms })
    else events.mailRefused({ kind: 'notification', pusherId, error: result.error })
  }

  return async (pusherId) => {
    const now = clock.now()
    const lease = { owner, until: now + LEASE_MS, now }
    const pusher = await db.transaction(
      (tx) => tx.first(claimMail, { pusherId, ...lease }),
      AFTER_A_POWER_CUT_AGAIN,
    )
    if (!pusher) return now
    const waiting = await lookThrough(pusher)
    const timing = { now: clock.now(), delayMs: deps.delayMs }
    const dueAt = waiting.rooms.reduce(
      (first, room) => Math.min(first, readyAt(room, room.throttle, timing)),
      Infinity,
    )
    if (dueAt <= timing.now) {
      await send(pusher, waiting)
      return timing.now
    }
    await db.transaction((tx) => tx.run(giveBackMail, { pusherId, owner }), AFTER_A_POWER_CUT_AGAIN)
    // What comes from now on is not due before it could have been read.
    return Math.min(dueAt, now + deps.delayMs)
  }
}
