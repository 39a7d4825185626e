import { parseStored } from '../../lib/json.ts'
import type { Mail } from '../../lib/mail/mailer.ts'
import type { MailResult } from '../../lib/mail/mail-result.ts'
import { shortHash } from '../../lib/short-hash.ts'
import {
  AFTER_A_POWER_CUT_AGAIN,
  type Claimed,
  claimLanes,
  type LaneOutcome,
  type Lease,
  settleLanes,
} from '../../sending/lane-store.ts'
import type { SendResult } from '../../sending/result.ts'
import { type LaneEvent, transition } from '../../sending/transition.ts'
import type { Queries } from '../../storage/query.ts'
import type { MailDeliveryDeps } from './deps.ts'
import { digestOf } from './digest.ts'
import { createLookThrough, type Waiting } from './look-through.ts'
import { mailPusher, type MailPusher, settleMail, waitingRooms } from './mail-store.ts'
import { fullLetter, shortLetter } from './render.ts'
import { afterMail, readyAt } from './schedule.ts'

/** Longer than a mail may take, the wait for a connection included. */
const LEASE_MS = 300_000
/** The journeys of so many events, the newest, are told of an attempt that failed. */
const TRACED = 100

/**
 * Makes the function that works for one e-mail pusher: drops what needs no mail any more, and sends one mail if it is due. It
 * resolves to when to look again, in milliseconds since the Unix epoch.
 */
export function createMailVisit(
  deps: MailDeliveryDeps,
  owner: string,
): (pusherId: number) => Promise<number> {
  const { db, clock } = deps
  const lookThrough = createLookThrough(deps)
  const noteThrottled = createThrottleNotes(deps)

  return async (pusherId) => {
    const now = clock.now()
    const lease = { owner, until: now + LEASE_MS, now }
    const lane = await db.transaction(
      async (tx) => (await claimLanes(tx, { kind: 'mail', laneIds: [pusherId] }, lease)).get(pusherId),
      AFTER_A_POWER_CUT_AGAIN,
    )
    if (!lane) return now
    const held = { lane, lease }
    const pusher = await db.first(mailPusher, { pusherId })
    if (!pusher) {
      await giveBack(deps, held)
      return now
    }
    const waiting = await lookThrough(pusher)
    const timing = { now: clock.now(), delayMs: deps.delayMs }
    const dueAt = waiting.rooms.reduce(
      (first, room) => Math.min(first, readyAt(room, room.throttle, timing)),
      Infinity,
    )
    if (dueAt <= timing.now) {
      await send(deps, { pusher, held, waiting })
      return timing.now
    }
    await noteThrottled(pusherId, waiting)
    await giveBack(deps, held)
    // What comes from now on is not due before it could have been read.
    return Math.min(dueAt, now + deps.delayMs)
  }
}

type Held = { lane: Claimed; lease: Lease }

/** Ends the lease of a lane, in the state that follows from what happened. */
async function settle(
  { random }: Pick<MailDeliveryDeps, 'random'>,
  tx: Queries,
  { lane, lease, now, event }: Held & { now: number; event: LaneEvent },
): Promise<LaneOutcome['state']> {
  const { generation } = lane.state
  const { state } = transition(lane.state, event, { now, random, generation })
  const answers = event.kind === 'delivered' || event.kind === 'refused'
  const value = { valueTold: null, valueSeen: null }
  const outcome = {
    laneId: lane.laneId,
    state,
    answers,
    onlyIfDue: false,
    ...value,
    waits: true,
    release: true,
  }
  await settleLanes(tx, { ...lease, now }, [outcome])
  return state
}

async function giveBack(deps: MailDeliveryDeps, held: Held): Promise<void> {
  const event = { kind: 'given back' } as const
  const now = deps.clock.now()
  await deps.db.transaction((tx) => settle(deps, tx, { ...held, now, event }), AFTER_A_POWER_CUT_AGAIN)
}

type Turn = { pusher: MailPusher; held: Held; waiting: Waiting }

/** Sends what waits, all of it: one mail about many rooms is better than many. */
async function send(deps: MailDeliveryDeps, turn: Turn): Promise<void> {
  const { pusher, waiting } = turn
  const { pusher_id: pusherId, user_id: userId } = pusher
  // What has come since it was looked through is for the next mail.
  const upTo = waiting.told.reduce((last, { position }) => Math.max(last, position), 0)
  const rooms = (await deps.db.first(waitingRooms, { pusherId, upTo }))?.rooms ?? 0
  const unsubscribe = deps.links.unsubscribe(pusher.unsubscribe_token ?? '')
  const stationery = { name: deps.name, links: deps.links, unsubscribe }
  const isShort = !deps.includeContent || parseStored(pusher.data)['format'] === 'event_id_only'
  const mail: Mail = {
    to: pusher.pushkey,
    ...(isShort ? shortLetter : fullLetter)(digestOf(waiting.told, { userId, rooms }), stationery),
    id: shortHash(`${pusherId} ${pusher.unsubscribe_token} ${upTo}`),
    unsubscribe,
  }
  await record(deps, turn, { result: await deps.send(mail), upTo })
}

async function record(
  deps: MailDeliveryDeps,
  { pusher, held, waiting }: Turn,
  { result, upTo }: { result: MailResult; upTo: number },
): Promise<void> {
  const { db, clock, events, trace, delayMs } = deps
  const pusherId = pusher.pusher_id
  const now = clock.now()
  const told = { kind: 'notification' as const, pusherId }
  // Nothing is known of it, and it is nobody's fault.
  if (result.kind === 'retry' && result.error === 'stopped') return giveBack(deps, held)
  const settled = { ...held, now, event: asSendResult(result) }
  if (result.kind === 'retry') {
    const { error, status, ms } = result
    const steps = waiting.told.slice(-TRACED).map(({ position }) => {
      return { pusherId, position, step: 'failed' as const, error, status, ms }
    })
    const { attempts } = await db.transaction(async (tx) => {
      await trace.recordSteps(tx, now, steps)
      return settle(deps, tx, settled)
    })
    events.mailFailed({ ...told, error, attempts })
    return
  }
  const rooms = waiting.rooms.map((room) => {
    const { toldAt, waitMs, lastEventAt } = afterMail(room, room.throttle, { now, delayMs })
    return { room_id: room.roomId, told_at: toldAt, wait_ms: waitMs, last_event_at: lastEventAt }
  })
  const { status, ms } = result
  const end =
    result.kind === 'sent'
      ? { step: 'sent' as const, status, ms }
      : { step: 'dropped' as const, error: result.error, status, ms }
  await db.transaction(async (tx) => {
    const positions = await settleMail(tx, { pusherId, upTo, rooms })
    await trace.recordSteps(
      tx,
      now,
      positions.map((position) => ({ pusherId, position, ...end })),
    )
    await settle(deps, tx, settled)
  })
  if (result.kind === 'sent') events.mailSent({ ...told, ms })
  else events.mailRefused({ ...told, error: result.error })
}

function asSendResult(result: MailResult): SendResult {
  const { ms, status } = result
  const answer = { ms, ...(status !== undefined && { status }) }
  return result.kind === 'sent'
    ? { kind: 'delivered', reason: 'sent', ...answer }
    : { kind: result.kind, reason: result.error, ...answer }
}

/** Writes into journeys that a mail is put off, once for each event. */
function createThrottleNotes({ db, clock, trace, delayMs }: MailDeliveryDeps) {
  /** By pusher: of the events up to there it is written. A restart writes it once more. */
  const noted = new Map<number, number>()
  return async (pusherId: number, { told, rooms }: Waiting): Promise<void> => {
    if (!trace.isEnabled) return
    if (told.length === 0) noted.delete(pusherId)
    const timing = { now: clock.now(), delayMs }
    // It would be due, were it not for the throttle.
    const throttled = new Set(
      rooms
        .filter((room) => room.throttle !== undefined && readyAt(room, undefined, timing) <= timing.now)
        .map(({ roomId }) => roomId),
    )
    const steps = told
      .filter(({ verdict }) => throttled.has(verdict.poked.event.roomId))
      .filter(({ position }) => position > (noted.get(pusherId) ?? 0))
      .map(({ position }) => {
        return { pusherId, position, step: 'held' as const, reason: 'mailed not long ago' as const }
      })
    const last = steps.at(-1)
    if (last === undefined) return
    noted.set(pusherId, last.position)
    await db.transaction((tx) => trace.recordSteps(tx, timing.now, steps), AFTER_A_POWER_CUT_AGAIN)
  }
}
