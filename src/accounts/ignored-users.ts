import { isUserId, type UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { deleteIgnored, insertIgnored } from './ignored-users-store.ts'

/**
 * Keeps the list of `m.ignored_user_list` (client-server API, "Ignoring Users") where it can be asked by whom somebody is
 * ignored. What is no user id there, or oneself, ignores nobody.
 */
export async function replaceIgnored(tx: Queries, userId: UserId, content: JsonObject): Promise<void> {
  const list = content['ignored_users']
  const ids = isJsonObject(list) ? Object.keys(list).filter(isUserId) : []
  await tx.run(deleteIgnored, { userId })
  const ignored = ids.filter((id) => id !== userId)
  if (ignored.length > 0) await tx.run(insertIgnored, { userId, ignored })
}
