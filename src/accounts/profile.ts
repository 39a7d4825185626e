import { invalidParam, notFound } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import type { AccountDeps } from './deps.ts'
import { setAvatarUrl, setDisplayName, userById } from './users-store.ts'

export const PROFILE_FIELDS = ['displayname', 'avatar_url'] as const
export type ProfileField = (typeof PROFILE_FIELDS)[number]
/** Contains only the fields that are set. */
export type Profile = { displayname?: string; avatar_url?: string }

/** A display name is in every member event, which may have at most 64 KiB. Longer names are refused. */
const MAX_LENGTH: Record<ProfileField, number> = { displayname: 255, avatar_url: 1000 }

/** @throws MatrixError 404 when this server has no such user */
export async function getProfile(q: Queries, userId: UserId): Promise<Profile> {
  const user = await q.first(userById, { userId })
  if (!user) throw notFound('There is no user with this id on this server')
  return {
    ...(user.displayname === null ? {} : { displayname: user.displayname }),
    ...(user.avatar_url === null ? {} : { avatar_url: user.avatar_url }),
  }
}

/**
 * Sets a field, or removes it with null or an empty string. After a change the member events in the user's rooms are
 * updated before this resolves.
 * @throws MatrixError 400 when the value is too long
 */
export async function setProfileField(
  deps: Pick<AccountDeps, 'db' | 'onProfileChanged'>,
  userId: UserId,
  { field, value }: { field: ProfileField; value: string | null },
): Promise<void> {
  const limit = MAX_LENGTH[field]
  if (value !== null && value.length > limit) {
    throw invalidParam(`${field} must not be longer than ${limit} characters`)
  }
  const setter = field === 'displayname' ? setDisplayName : setAvatarUrl
  const changed = await deps.db.transaction((tx) => tx.run(setter, { userId, value: value || null }))
  if (changed > 0) await deps.onProfileChanged(userId)
}
