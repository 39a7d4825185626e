import type { Bus } from '../cluster/bus.ts'
import { ACK_TOKEN_SECONDS } from '../delivery/poke.ts'
import type { Clock } from '../lib/clock.ts'
import { MatrixError, notFound } from '../lib/errors.ts'
import { type Random, type UserId, uuid } from '../lib/ids.ts'
import { restoreValue, replaceValue } from '../sending/lane-changes.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { activate, activationsOf, beginActivation } from './pusher-store.ts'

export type ActivationDeps = { bus: Bus; clock: Clock; random: Random }

/** A badge value that is never sent. Stored as the last value sent, it makes the badge due after the activation. */
const NO_BADGE = -1

/**
 * Creates the token by which the app confirms its pusher, and queues it for sending (MSC4174). The token is
 * valid for 5 minutes. A disabled pusher gets no token. `isBadgeDue`: the badge is sent after the activation.
 */
export async function requestActivation(
  deps: ActivationDeps,
  tx: Transaction,
  { pusherId, isOn, isBadgeDue }: { pusherId: number; isOn: boolean; isBadgeDue: boolean },
): Promise<void> {
  const expiresAt = deps.clock.now() + ACK_TOKEN_SECONDS * 1000
  await tx.run(beginActivation, { pusherId, ackToken: uuid(deps.random), expiresAt })
  const badge = isBadgeDue ? NO_BADGE : null
  await tx.run(replaceValue, { laneId: pusherId, isDue: isOn ? 1 : 0, told: badge })
  tx.onCommit(() => deps.bus.publish('delivery', [pusherId]))
}

export type Acknowledgement = { userId: UserId; appId: string; ackToken: string }

/**
 * Activates the pusher to which the token was sent. A second call with the same token has no effect.
 *
 * @throws {MatrixError} 404 `M_NOT_FOUND`: the user has no pusher of kind `webpush` with this app id. 400
 * `M_EXPIRED_ACTIVATION_TOKEN`, 400 `M_UNKNOWN_ACTIVATION_TOKEN`.
 */
export async function activatePusher(
  deps: { db: Database; bus: Bus; clock: Clock },
  { userId, appId, ackToken }: Acknowledgement,
): Promise<void> {
  await deps.db.transaction(
    async (tx) => {
      const pushers = await tx.all(activationsOf, { userId, appId })
      if (pushers.length === 0)
        throw notFound('There is no pusher of kind webpush with this app_id; set it first')
      const found = pushers.find((pusher) => pusher.ack_token === ackToken)
      if (found === undefined)
        throw new MatrixError(
          400,
          'M_UNKNOWN_ACTIVATION_TOKEN',
          'This ack_token is not the latest one that was sent to a pusher of this app_id',
        )
      if (found.activated === 1) return
      if ((found.ack_expires_at ?? 0) <= deps.clock.now())
        throw new MatrixError(
          400,
          'M_EXPIRED_ACTIVATION_TOKEN',
          'This ack_token has expired; set the pusher again to get a new one',
        )
      const pusherId = found.pusher_id
      // The lane before its pusher, as when pushers are removed.
      await tx.run(restoreValue, { laneId: pusherId })
      await tx.run(activate, { pusherId })
      // Wakes delivery: the queue may hold items from before the new confirmation was required.
      tx.onCommit(() => deps.bus.publish('delivery', [pusherId]))
    },
    { orderedBy: userId, inOwnGroup: true },
  )
}
