import { isUserId, type UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { deleteIgnored, ignoredUsers, insertIgnored } from './ignored-users-store.ts'

/**
 * Copies the list of `m.ignored_user_list` (client-server API, "Ignoring Users") into a table, so that it can be
 * queried by the ignored user. Entries that are not user ids, and the user's own id, are skipped. Resolves to the
 * users that were not ignored before.
 */
export async function replaceIgnored(tx: Queries, userId: UserId, content: JsonObject): Promise<UserId[]> {
  const list = content['ignored_users']
  const ids = isJsonObject(list) ? Object.keys(list).filter(isUserId) : []
  const before = await ignoredBy(tx, userId)
  await tx.run(deleteIgnored, { userId })
  const ignored = ids.filter((id) => id !== userId)
  if (ignored.length > 0) await tx.run(insertIgnored, { userId, ignored })
  return ignored.filter((id) => !before.has(id))
}

/** The users that a user ignores. */
export async function ignoredBy(q: Queries, userId: UserId): Promise<ReadonlySet<string>> {
  return new Set((await q.all(ignoredUsers, { userId })).map((row) => row.ignored))
}
