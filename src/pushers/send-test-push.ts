import type { Bus } from '../cluster/bus.ts'
import { deviceOf } from '../delivery/next-poke.ts'
import { testPoke } from '../delivery/poke.ts'
import { type SenderDeps, senderFor } from '../delivery/sender-for.ts'
import type { Events } from '../lib/events.ts'
import type { Random, UserId } from '../lib/ids.ts'
import type { SendResult } from '../sending/result.ts'
import { testPushWord } from '../sending/result-words.ts'
import { endBackOff } from '../sending/lane-changes.ts'
import type { Database } from '../storage/database.ts'
import { type NotifyReason, notifyReason } from '../trace/notify-reason.ts'
import { pusherByKey, type PusherRow, unchangedPusher } from './pusher-store.ts'
import { type PusherRemovalDeps, removePushers } from './remove-pushers.ts'

export type TestPushDeps = PusherRemovalDeps &
  SenderDeps & {
    db: Database
    bus: Bus
    random: Random
    events: Pick<Events, 'pusherRejected'>
    /** Off: the poke has the short form, as all have then. */
    includeContent: boolean
    /** Absent where there is no mail server. */
    sendTestMail?: ((pusher: PusherRow) => Promise<SendResult>) | undefined
  }

/**
 * What became of a test. Those of MSC4173: `ok`: the gateway took it. `rejected`: it took it and says that the pushkey is not
 * valid; the pusher is removed. `unreachable`: no answer, or one of failure, see `error`. `rate_limited`: 429.
 * `not_registered`: there is no such pusher. And ours: `blocked`: the server may not call that address. `disabled`: the pusher
 * is off. `not_activated`: its app is still to confirm it (MSC4174). `unsupported`: there is no way to send for it, as for e-mail
 * without a mail server. A test of an e-mail pusher is a mail.
 */
export type TestStatus =
  | ReturnType<typeof testPushWord>
  | 'not_registered'
  | 'disabled'
  | 'not_activated'
  | 'unsupported'

const STATUS_OF = {
  disabled: 'disabled',
  'not activated': 'not_activated',
} as const satisfies Partial<Record<NotifyReason, TestStatus>>

export type TestPushResult = {
  status: TestStatus
  /** What was sent; null: nothing was. */
  attempt: {
    eventId: string
    /** The HTTP status of the gateway, or what the mail server answered; null: no whole answer came. */
    gatewayStatus: number | null
    /** How long it took. */
    ms: number
    /** In the words of `delivery/poke-fault.ts` and `delivery/email/smtp-result.ts`. */
    error: string | null
  } | null
}

export type TestedPusher = {
  userId: UserId
  appId: string
  pushkey: string
  /** What the poke tells of; else an id that no event has. */
  eventId?: string | undefined
  /** Ends the wait for the gateway: what it makes of the poke is not learned then. */
  signal: AbortSignal
}

/**
 * Sends one real poke, or mail, to a pusher, beside its queue, with the sender that all pokes go through, and tells what happened. A
 * rejection is obeyed like any other, and a success ends the wait of what is queued behind a failure; nothing else is changed.
 */
export async function testPush(
  deps: TestPushDeps,
  { eventId = `$test-push-${deps.random.token(12)}`, signal, ...key }: TestedPusher,
): Promise<TestPushResult> {
  const pusher = await deps.db.first(pusherByKey, key)
  if (!pusher) return { status: 'not_registered', attempt: null }
  const reason = notifyReason({ isDisabled: pusher.enabled === 0, isNotActivated: pusher.activated === 0 })
  if (reason !== undefined) return { status: STATUS_OF[reason], attempt: null }
  const sending = sendTest(deps, pusher, eventId)
  if (sending === undefined) return { status: 'unsupported', attempt: null }
  const result = await Promise.race([sending, stopped(signal)])
  const status = testPushWord(result)
  if (status === 'rejected') await obeyRejection(deps, pusher)
  else if (status === 'ok') await wake(deps, pusher)
  return {
    status,
    attempt: {
      eventId,
      gatewayStatus: result.status ?? null,
      ms: Math.round(result.ms),
      error: result.kind === 'delivered' || result.kind === 'rejected' ? null : result.reason,
    },
  }
}

/** Sends it by the pusher's own way; undefined: it has none. */
function sendTest(deps: TestPushDeps, pusher: PusherRow, eventId: string): Promise<SendResult> | undefined {
  if (pusher.kind === 'email') return deps.sendTestMail?.(pusher)
  if (pusher.url === null) return undefined
  const send = senderFor(deps, pusher.kind)
  const poke = testPoke({ device: deviceOf(pusher, deps.includeContent), eventId })
  return send(pusher.url, poke, { userId: pusher.user_id })
}

const stopped = (signal: AbortSignal) =>
  new Promise<SendResult>((resolve) => {
    const stop = () => resolve({ kind: 'retry', reason: 'stopped', ms: 0 })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

/** A pusher that was set anew during the exchange stays: what was rejected is not it. */
async function obeyRejection(deps: TestPushDeps, { pusher_id: pusherId, generation }: PusherRow) {
  const isGone = await deps.db.transaction(async (tx) => {
    const found = await tx.first(unchangedPusher, { pusherId, generation })
    if (found) await removePushers(deps, tx, { pushers: [found], reason: 'rejected' })
    return found !== undefined
  })
  if (isGone) deps.events.pusherRejected({ pusherId })
}

async function wake(deps: TestPushDeps, { pusher_id: pusherId, generation, next_attempt_at }: PusherRow) {
  if (next_attempt_at === null) return
  await deps.db.transaction(async (tx) => {
    const changed = await tx.run(endBackOff, { laneId: pusherId, generation })
    if (changed > 0) tx.onCommit(() => deps.bus.publish('delivery', [pusherId]))
  })
}
