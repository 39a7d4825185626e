import { shortHash } from '../../lib/short-hash.ts'
import type { Transaction } from '../../storage/database.ts'
import { addToShares, destinationsOf, groupsOfPeriod, type ShareCount } from './share-store.ts'
import { periodOf } from './shares.ts'

/** Users choose gateways and app ids, so their number is limited. Further ones are counted together. */
const MAX_GROUPS_OF_PERIOD = 200

/** The host of a gateway, as metrics and reports show it. */
export const hostOf = (destination: string): string => URL.parse(destination)?.host ?? ''

/** Counts results, one for each entry: an id can be repeated. Removed pushers are left out. */
export async function countShares(
  tx: Transaction,
  now: number,
  { arrived = [], notSeen = [] }: { arrived?: readonly number[]; notSeen?: readonly number[] },
): Promise<void> {
  if (arrived.length + notSeen.length === 0) return
  const pusherIds = [...new Set([...arrived, ...notSeen])]
  const pushers = new Map((await tx.all(destinationsOf, { pusherIds })).map((row) => [row.pusher_id, row]))
  const period = periodOf(now)
  const known = new Set(
    (await tx.all(groupsOfPeriod, { period })).map((row) => keyOf(row.gateway, row.app_id)),
  )
  const counts = new Map<string, ShareCount>()
  const add = (pusherId: number, key: 'arrived' | 'not_seen') => {
    const pusher = pushers.get(pusherId)
    if (pusher === undefined) return
    const name = [hostOf(pusher.destination), pusher.app_id] as const
    const isKnown = known.has(keyOf(...name)) || known.size < MAX_GROUPS_OF_PERIOD
    const [gateway, appId] = isKnown ? name : ['', '']
    const group = keyOf(gateway, appId)
    known.add(group)
    const user = shortHash(pusher.user_id)
    const count = counts.get(group) ?? { gateway, app_id: appId, arrived: 0, not_seen: 0, single_user: user }
    count[key]++
    if (count.single_user !== user) count.single_user = ''
    counts.set(group, count)
  }
  for (const pusherId of arrived) add(pusherId, 'arrived')
  for (const pusherId of notSeen) add(pusherId, 'not_seen')
  if (counts.size > 0) await tx.run(addToShares, { period, rows: [...counts.values()] })
}

const keyOf = (gateway: string, appId: string) => JSON.stringify([gateway, appId])
