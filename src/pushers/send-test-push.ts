import type { Bus } from '../cluster/bus.ts'
import { deviceOf } from '../delivery/next-poke.ts'
import { type Poke, testPoke } from '../delivery/poke.ts'
import { type SenderDeps, senderFor } from '../delivery/sender-for.ts'
import type { Events } from '../lib/events.ts'
import type { Random, UserId } from '../lib/ids.ts'
import type { SendResult } from '../sending/result.ts'
import { testPushWord } from '../sending/result-words.ts'
import { endBackOff } from '../sending/lane-changes.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { type NotifyReason, notifyReason } from '../trace/notify-reason.ts'
import { pusherByKey, type PusherRow, unchangedPusher } from './pusher-store.ts'
import { type PusherRemovalDeps, removePushers } from './remove-pushers.ts'

export type TestPushDeps = PusherRemovalDeps &
  SenderDeps & {
    db: Database
    bus: Bus
    random: Random
    events: Pick<Events, 'pusherRejected'>
    /** false: pokes have the short form, without content. */
    includeContent: boolean
    /** Absent where there is no mail server. */
    sendTestMail?: ((pusher: PusherRow) => Promise<SendResult>) | undefined
  }

/**
 * The result of a test push. From MSC4173: `ok`: the gateway accepted it. `rejected`: the gateway accepted
 * the request and reported the pushkey as invalid; the pusher is removed. `unreachable`: no response, or a
 * failure, see `error`. `rate_limited`:
 * 429. `not_registered`: there is no such pusher. Additions of Belfry: `blocked`: the server may not call
 *      that address. `disabled`: the pusher is disabled. `not_activated`: its app has not confirmed it yet
 *      (MSC4174). `unsupported`: the server cannot send for this kind, such as e-mail without a mail server.
 *      The test of an e-mail pusher is a mail.
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
  /** null: nothing was sent. */
  attempt: {
    eventId: string
    /** The HTTP status of the gateway, or the reply code of the mail server; null: no complete response. */
    gatewayStatus: number | null
    /** The duration in milliseconds. */
    ms: number
    /** In the words of `delivery/poke-fault.ts` and `delivery/email/smtp-result.ts`. */
    error: string | null
  } | null
}

export type TestedPusher = {
  userId: UserId
  appId: string
  pushkey: string
  /** The event id in the poke. Without it, the poke contains an id that no event has. */
  eventId?: string | undefined
  /** The poke to send; absent: a poke without content. */
  pokeFor?: ((pusher: PusherRow) => Poke) | undefined
  /** Stops the wait for the gateway. The result of the poke is then unknown. */
  signal: AbortSignal
}

/**
 * Sends one real poke or mail to a pusher, outside its queue, with the sender of all pokes, and returns the
 * result. A rejection removes the pusher, as for any poke. A success ends the back-off of its queue. No other
 * state changes.
 */
export async function testPush(
  deps: TestPushDeps,
  { eventId = `$test-push-${deps.random.token(12)}`, signal, pokeFor, ...key }: TestedPusher,
): Promise<TestPushResult> {
  const pusher = await deps.db.first(pusherByKey, key)
  if (!pusher) return { status: 'not_registered', attempt: null }
  const reason = notifyReason({ isDisabled: pusher.enabled === 0, isNotActivated: pusher.activated === 0 })
  if (reason !== undefined) return { status: STATUS_OF[reason], attempt: null }
  const pokeOf = pokeFor ?? ((to) => testPoke({ device: deviceOf(to, deps.includeContent), eventId }))
  const sending = sendTest(deps, pusher, pokeOf)
  if (sending === undefined) return { status: 'unsupported', attempt: null }
  const result = await Promise.race([sending, stopped(signal)])
  const status = testPushWord(result)
  if (status === 'rejected') await applyRejection(deps, pusher)
  else if (status === 'ok') await endPusherBackOff(deps, pusher)
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

/** Sends the test with the method of its kind; undefined: the server cannot send for this kind. */
function sendTest(
  deps: TestPushDeps,
  pusher: PusherRow,
  pokeOf: (pusher: PusherRow) => Poke,
): Promise<SendResult> | undefined {
  if (pusher.kind === 'email') return deps.sendTestMail?.(pusher)
  if (pusher.url === null) return undefined
  const send = senderFor(deps, pusher.kind)
  return send(pusher.url, pokeOf(pusher), { userId: pusher.user_id })
}

const stopped = (signal: AbortSignal) =>
  new Promise<SendResult>((resolve) => {
    const stop = () => resolve({ kind: 'retry', reason: 'stopped', ms: 0 })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

/** Removes a rejected pusher, unless it was set again during the test: the result is about the earlier settings. */
async function applyRejection(deps: TestPushDeps, { pusher_id: pusherId, generation }: PusherRow) {
  const remove = async (tx: Transaction) => {
    const found = await tx.first(unchangedPusher, { pusherId, generation })
    if (found) await removePushers(deps, tx, { pushers: [found], reason: 'rejected' })
    return found !== undefined
  }
  if (await deps.db.transaction(remove, { inOwnGroup: true })) deps.events.pusherRejected({ pusherId })
}

async function endPusherBackOff(
  deps: TestPushDeps,
  { pusher_id: pusherId, generation, next_attempt_at }: PusherRow,
) {
  if (next_attempt_at === null) return
  const end = async (tx: Transaction) => {
    const changed = await tx.run(endBackOff, { laneId: pusherId, generation })
    if (changed > 0) tx.onCommit(() => deps.bus.publish('delivery', [pusherId]))
  }
  await deps.db.transaction(end, { inOwnGroup: true })
}
