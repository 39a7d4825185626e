import type { UserId } from '../lib/ids.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { pusherByUnsubscribeToken } from './pusher-store.ts'
import { type PusherRemovalDeps, removePushers } from './remove-pushers.ts'

export type UnsubscribeDeps = PusherRemovalDeps & { db: Database }

/** The e-mail pusher of an unsubscribe link; undefined: the pusher was removed. */
export async function mailedPusher(
  { db }: UnsubscribeDeps,
  token: string,
): Promise<{ userId: UserId; address: string; lang: string } | undefined> {
  const found = await db.first(pusherByUnsubscribeToken, { token })
  return found && { userId: found.user_id, address: found.pushkey, lang: found.lang }
}

/** Removes the e-mail pusher of an unsubscribe link. Resolves to whether there was one. */
export function unsubscribe(deps: UnsubscribeDeps, token: string): Promise<boolean> {
  const remove = async (tx: Transaction) => {
    const found = await tx.first(pusherByUnsubscribeToken, { token })
    if (found) await removePushers(deps, tx, { pushers: [found], reason: 'unsubscribed' })
    return found !== undefined
  }
  return deps.db.transaction(remove, { inOwnGroup: true })
}
