import type { UserId } from '../lib/ids.ts'
import { prefixRange, wordsOf } from '../lib/words.ts'
import type { Queries } from '../storage/query.ts'
import { entryInRange, usersByWords } from './user-directory-store.ts'

/** Each further word costs a look-up for each user who has the longest one. */
const MAX_WORDS = 10
/**
 * The words of users that one search examines. For each it reads the rooms of the user until one is visible
 * to the asker.
 */
const MAX_EXAMINED = 2000

export type DirectoryDeps = {
  serverName: string
  /** `user_directory.all_users` */
  isOfAll: boolean
}

export type ListedUser = { userId: UserId; displayName: string | null; avatarUrl: string | null }

/**
 * Users by name (client-server API, "User Directory"): each word of the term must be the beginning of a word
 * of the display name or of the user id, in any case and without regard to accents. A term without words
 * finds no user. `isLimited`: there are more users than `limit`, or more words than a search examines.
 */
export async function searchUsers(
  q: Queries,
  { serverName, isOfAll }: DirectoryDeps,
  { asker, term, limit }: { asker: UserId; term: string; limit: number },
): Promise<{ users: ListedUser[]; isLimited: boolean }> {
  const [longest, ...others] = wordsOf(nameIn(term, serverName))
    .toSorted((a, b) => b.length - a.length)
    .slice(0, MAX_WORDS)
    .map(prefixRange)
  if (longest === undefined) return { users: [], isLimited: false }
  const end = await q.first(entryInRange, { ...longest, skip: MAX_EXAMINED })
  const rows = await q.all(usersByWords, {
    low: longest.low,
    high: end?.word ?? longest.high,
    highUser: end?.user_id ?? '',
    others,
    asker,
    isOfAll: isOfAll ? 1 : 0,
    limit: limit + 1,
  })
  const users = rows
    .slice(0, limit)
    .map((row) => ({ userId: row.user_id, displayName: row.displayname, avatarUrl: row.avatar_url }))
  return { users, isLimited: rows.length > limit || end !== undefined }
}

/**
 * The term, or the name in it if it is the beginning of a user id of this server. A user id of another server
 * has no words here.
 */
function nameIn(term: string, serverName: string): string {
  const [, name, server] = /^\s*@([^:\s]*)(?::(\S*))?\s*$/.exec(term) ?? []
  if (name === undefined) return term
  return serverName.startsWith(server ?? '') ? name : ''
}
