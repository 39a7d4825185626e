import { parseStored } from '../../lib/json.ts'
import type { Mail } from '../../lib/mail/mail.ts'
import { shortHash } from '../../lib/short-hash.ts'
import { stateOf } from '../../sending/lane-store.ts'
import type { LanePort, Looked, Settled, Visit } from '../../sending/port.ts'
import { isFailure, type SendResult } from '../../sending/result.ts'
import type { Transaction } from '../../storage/database.ts'
import { earlierOf, START, type StreamPoint } from '../../storage/stream-point.ts'
import type { PusherStep } from '../../trace/trace.ts'
import { timeZoneOf } from '../../user-rules/owner-facts.ts'
import type { MailDeliveryDeps } from './deps.ts'
import { digestOf } from './digest.ts'
import { createLookThrough, type WaitingMail } from './events-to-mail.ts'
import { mailPusher, type MailPusher, settleMail, waitingRooms } from './mail-store.ts'
import { fullLetter, loadMailWords, shortLetter } from './render.ts'
import { afterMail, readyAt } from './schedule.ts'

/** The most events, newest first, whose journeys record a failed attempt. */
const TRACED = 100

/** The waiting events of a pusher, and whether they are mailed now. */
type MailLook = Looked & {
  pusher: MailPusher
  waiting: WaitingMail
  /** Journey steps of events whose mail is delayed. */
  noted: readonly PusherStep[]
}

type SettledMail = Settled<MailLook, SendResult>

const NOTHING: WaitingMail = { toMail: [], rooms: [], seen: START }

/** Connects mail to the sending engine: one mail for all waiting events of a pusher, when a room is due. */
export function createMailPort(deps: MailDeliveryDeps): LanePort<MailLook, SendResult> {
  return {
    look: createLook(deps),
    async send(look) {
      const result = await deps.send(await mailOf(deps, look))
      return result.kind === 'retry' && result.reason === 'stopped' ? undefined : result
    },
    // There is one mail server. A refusal may be due to one address, so each pusher waits for itself.
    evidenceOf: () => 'nothing',
    record: (tx, now, settled) => record(deps, tx, { now, settled }),
    announce: (settled) => announce(deps, settled),
    announceCircuit: () => undefined,
  }
}

function createLook(deps: MailDeliveryDeps): (visit: Visit) => Promise<MailLook | undefined> {
  const { db, clock, delayMs } = deps
  const lookThrough = createLookThrough(deps)
  const noteThrottled = createThrottleNotes(deps)
  return async (visit) => {
    const { laneId, owner } = visit
    const pusher = await db.first(mailPusher, { pusherId: laneId, owner })
    if (!pusher) return undefined
    // A mail contains no badge, so `value_due`, which older versions raised, is cleared.
    const value = { due: pusher.value_due, isKnown: true, isMissed: false }
    const found = { state: stateOf(pusher), value, passed: [], pusher }
    if (visit.isStopping()) return { ...found, waiting: NOTHING, noted: [], step: { kind: 'given back' } }
    const waiting = await lookThrough(pusher)
    const now = clock.now()
    const dueAt = waiting.rooms.reduce(
      (first, room) => Math.min(first, readyAt(room, room.throttle, { now, delayMs })),
      Infinity,
    )
    if (dueAt <= now)
      return { ...found, waiting, noted: [], step: { kind: 'send', positions: [], value: null } }
    // Events that arrive from now on are not due earlier, because of the delay.
    const until = Math.min(dueAt, now + delayMs)
    const step = { kind: 'nothing due', ...(waiting.rooms.length > 0 && { until }) } as const
    return { ...found, waiting, noted: noteThrottled(laneId, waiting), step }
  }
}

const newestOf = ({ toMail }: WaitingMail) =>
  toMail.reduce((last, { position }) => Math.max(last, position), 0)

/** Events that arrived later go into the next mail, also those of another shard with a lower position. */
const upToNewest = (waiting: WaitingMail): StreamPoint => earlierOf(waiting.seen, [newestOf(waiting)])

/** One mail for all waiting events, because one mail about many rooms is better than many mails. */
async function mailOf(deps: MailDeliveryDeps, { pusher, waiting }: MailLook): Promise<Mail> {
  const { pusher_id: pusherId, user_id: userId } = pusher
  const upTo = upToNewest(waiting)
  const rooms = (await deps.db.first(waitingRooms, { pusherId, upTo }))?.rooms ?? 0
  const unsubscribe = deps.links.unsubscribe(pusher.unsubscribe_token ?? '')
  const words = await loadMailWords(deps.wordsOf, pusher.lang)
  const timeZone = await timeZoneOf(deps.db, userId)
  const sender = { name: deps.name, links: deps.links, unsubscribe, words, timeZone }
  const isShort = !deps.includeContent || parseStored(pusher.data)['format'] === 'event_id_only'
  return {
    to: pusher.pushkey,
    ...(isShort ? shortLetter : fullLetter)(
      digestOf(waiting.toMail, { userId, rooms, words: words.notification }),
      sender,
    ),
    id: shortHash(`${pusherId} ${pusher.unsubscribe_token} ${newestOf(waiting)}`),
    unsubscribe,
  }
}

type Recorded = { now: number; settled: readonly SettledMail[] }

async function record(deps: MailDeliveryDeps, tx: Transaction, { now, settled }: Recorded): Promise<void> {
  const steps: PusherStep[] = []
  for (const one of settled) steps.push(...(await recordOne(deps, tx, { now, one })))
  deps.trace.recordSteps(tx, now, steps)
}

async function recordOne(
  { delayMs }: MailDeliveryDeps,
  tx: Transaction,
  { now, one: { look, result } }: { now: number; one: SettledMail },
): Promise<readonly PusherStep[]> {
  if (look === undefined) return []
  if (result === undefined) return look.noted
  const { waiting, pusher } = look
  const pusherId = pusher.pusher_id
  if (isFailure(result))
    return waiting.toMail.slice(-TRACED).map(({ position }) => ({ pusherId, position, result }))
  const rooms = waiting.rooms.map((room) => {
    const { toldAt, waitMs, lastEventAt } = afterMail(room, room.throttle, { now, delayMs })
    return { room_id: room.roomId, told_at: toldAt, wait_ms: waitMs, last_event_at: lastEventAt }
  })
  const positions = await settleMail(tx, { pusherId, upTo: upToNewest(waiting), rooms })
  return positions.map((position) => ({ pusherId, position, result }))
}

function announce({ events }: MailDeliveryDeps, { lane, result, state }: SettledMail): void {
  if (result === undefined) return
  const fields = { kind: 'notification' as const, pusherId: lane.laneId }
  const { reason: error, ms } = result
  if (result.kind === 'delivered') events.mailSent({ ...fields, ms })
  else if (result.kind === 'refused') events.mailRefused({ ...fields, error })
  else events.mailFailed({ ...fields, error, attempts: state.attempts })
}

/** Records in journeys that a mail is delayed, once for each event. */
function createThrottleNotes({ clock, trace, delayMs }: MailDeliveryDeps) {
  /** For each pusher, the position up to which it is recorded. After a restart it is recorded once more. */
  const noted = new Map<number, number>()
  return (pusherId: number, { toMail, rooms }: WaitingMail): readonly PusherStep[] => {
    if (!trace.isEnabled) return []
    if (toMail.length === 0) noted.delete(pusherId)
    const timing = { now: clock.now(), delayMs }
    // Without the throttle the room would be due.
    const throttled = new Set(
      rooms
        .filter((room) => room.throttle !== undefined && readyAt(room, undefined, timing) <= timing.now)
        .map(({ roomId }) => roomId),
    )
    const steps = toMail
      .filter(({ verdict }) => throttled.has(verdict.poked.event.roomId))
      .filter(({ position }) => position > (noted.get(pusherId) ?? 0))
      .map(({ position }) => {
        return { pusherId, position, step: 'held' as const, reason: 'mailed not long ago' as const }
      })
    const last = steps.at(-1)
    if (last !== undefined) noted.set(pusherId, last.position)
    return steps
  }
}
