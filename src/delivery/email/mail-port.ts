import { parseStored } from '../../lib/json.ts'
import type { Mail } from '../../lib/mail/mail.ts'
import { shortHash } from '../../lib/short-hash.ts'
import { stateOf } from '../../sending/lane-store.ts'
import type { LanePort, Looked, Settled, Visit } from '../../sending/port.ts'
import type { SendResult } from '../../sending/result.ts'
import type { Transaction } from '../../storage/database.ts'
import type { PusherStep } from '../../trace/trace.ts'
import type { MailDeliveryDeps } from './deps.ts'
import { digestOf } from './digest.ts'
import { createLookThrough, type Waiting } from './look-through.ts'
import { mailPusher, type MailPusher, settleMail, waitingRooms } from './mail-store.ts'
import { fullLetter, shortLetter } from './render.ts'
import { afterMail, readyAt } from './schedule.ts'

/** The journeys of so many events, the newest, are told of an attempt that failed. */
const TRACED = 100

/** What waits for a pusher, and whether it is mailed now. */
type MailLook = Looked & {
  pusher: MailPusher
  waiting: Waiting
  /** Of events whose mail is put off. */
  noted: readonly PusherStep[]
}

type SettledMail = Settled<MailLook, SendResult>

const NOTHING: Waiting = { told: [], rooms: [] }

/** What the sending engine is to know of mail: one mail for all that waits for a pusher, not before its rooms are due. */
export function createMailPort(deps: MailDeliveryDeps): LanePort<MailLook, SendResult> {
  return {
    look: createLook(deps),
    async send(look) {
      const result = await deps.send(await mailOf(deps, look))
      return result.kind === 'retry' && result.reason === 'stopped' ? undefined : result
    },
    // There is one mail server. What it refuses may be due to one address, so each pusher waits for itself.
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
    // A mail tells no badge, so none stays due.
    const value = { valueDue: pusher.value_due, valueKnown: true, valueMissed: false }
    const found = { state: stateOf(pusher), ...value, passed: [], pusher }
    if (visit.isStopping()) return { ...found, waiting: NOTHING, noted: [], step: { kind: 'given back' } }
    const waiting = await lookThrough(pusher)
    const now = clock.now()
    const dueAt = waiting.rooms.reduce(
      (first, room) => Math.min(first, readyAt(room, room.throttle, { now, delayMs })),
      Infinity,
    )
    if (dueAt <= now)
      return { ...found, waiting, noted: [], step: { kind: 'send', positions: [], value: null } }
    // What comes from now on is not due before it could have been read.
    const until = Math.min(dueAt, now + delayMs)
    const step = { kind: 'rested', ...(waiting.rooms.length > 0 && { until }) } as const
    return { ...found, waiting, noted: noteThrottled(laneId, waiting), step }
  }
}

/** What has come since it was looked through is for the next mail. */
const newestOf = ({ told }: Waiting) => told.reduce((last, { position }) => Math.max(last, position), 0)

/** Of all that waits: one mail about many rooms is better than many. */
async function mailOf(deps: MailDeliveryDeps, { pusher, waiting }: MailLook): Promise<Mail> {
  const { pusher_id: pusherId, user_id: userId } = pusher
  const upTo = newestOf(waiting)
  const rooms = (await deps.db.first(waitingRooms, { pusherId, upTo }))?.rooms ?? 0
  const unsubscribe = deps.links.unsubscribe(pusher.unsubscribe_token ?? '')
  const sender = { name: deps.name, links: deps.links, unsubscribe }
  const isShort = !deps.includeContent || parseStored(pusher.data)['format'] === 'event_id_only'
  return {
    to: pusher.pushkey,
    ...(isShort ? shortLetter : fullLetter)(digestOf(waiting.told, { userId, rooms }), sender),
    id: shortHash(`${pusherId} ${pusher.unsubscribe_token} ${upTo}`),
    unsubscribe,
  }
}

type Recorded = { now: number; settled: readonly SettledMail[] }

async function record(deps: MailDeliveryDeps, tx: Transaction, { now, settled }: Recorded): Promise<void> {
  const steps: PusherStep[] = []
  for (const one of settled) steps.push(...(await recordOne(deps, tx, { now, one })))
  await deps.trace.recordSteps(tx, now, steps)
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
  if (result.kind === 'retry' || result.kind === 'misconfigured')
    return waiting.told.slice(-TRACED).map(({ position }) => ({ pusherId, position, result }))
  const rooms = waiting.rooms.map((room) => {
    const { toldAt, waitMs, lastEventAt } = afterMail(room, room.throttle, { now, delayMs })
    return { room_id: room.roomId, told_at: toldAt, wait_ms: waitMs, last_event_at: lastEventAt }
  })
  const positions = await settleMail(tx, { pusherId, upTo: newestOf(waiting), rooms })
  return positions.map((position) => ({ pusherId, position, result }))
}

function announce({ events }: MailDeliveryDeps, { lane, result, state }: SettledMail): void {
  if (result === undefined) return
  const told = { kind: 'notification' as const, pusherId: lane.laneId }
  const { reason: error, ms } = result
  if (result.kind === 'delivered') events.mailSent({ ...told, ms })
  else if (result.kind === 'refused') events.mailRefused({ ...told, error })
  else events.mailFailed({ ...told, error, attempts: state.attempts })
}

/** Notes in journeys that a mail is put off, once for each event. */
function createThrottleNotes({ clock, trace, delayMs }: MailDeliveryDeps) {
  /** By pusher: of the events up to there it is noted. A restart notes it once more. */
  const noted = new Map<number, number>()
  return (pusherId: number, { told, rooms }: Waiting): readonly PusherStep[] => {
    if (!trace.isEnabled) return []
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
    if (last !== undefined) noted.set(pusherId, last.position)
    return steps
  }
}
