import { badJson, invalidParam, MatrixError, notFound } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { isTimeZone } from '../lib/time-zone.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import type { AccountDeps } from './deps.ts'
import { deleteProfileField, profileFields, upsertProfileField } from './profile-store.ts'
import { timeZoneChanged } from '../user-rules/reschedule-digests.ts'
import { storeWords } from './user-words.ts'
import { setAvatarUrl, setDisplayName, userById } from './users-store.ts'

// Client-server API, "Profiles". A profile is public.

type MemberField = 'displayname' | 'avatar_url'

/** These fields are also in the user's member events, which may have at most 64 KiB. Longer values are refused. */
const MAX_LENGTH: Readonly<Record<MemberField, number>> = { displayname: 255, avatar_url: 1000 }
const MAX_NAME_BYTES = 255
/** The specification requires a profile of less than 64 KiB. */
const MAX_PROFILE_BYTES = 65_535
/** Matrix appendices, "Common Namespaced Identifier Grammar". */
const FIELD_NAME = /^(displayname|avatar_url|[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+)$/

/**
 * Resolves to the fields that are set.
 * @throws MatrixError 404 when this server has no such user
 */
export async function getProfile(q: Queries, userId: UserId): Promise<JsonObject> {
  const user = await q.first(userById, { userId })
  if (!user) throw notFound('There is no user with this id on this server')
  const others = await q.all(profileFields, { userId })
  return {
    ...(user.displayname === null ? {} : { displayname: user.displayname }),
    ...(user.avatar_url === null ? {} : { avatar_url: user.avatar_url }),
    ...Object.fromEntries(others.map(({ name, value }) => [name, JSON.parse(value) as Json])),
  }
}

type ProfileDeps = Pick<AccountDeps, 'db' | 'bus' | 'clock' | 'onProfileChanged' | 'onRulesChanged'>

const TIME_ZONE = 'm.tz'

/**
 * Sets a field. `null` or an empty string removes a display name or an avatar; other fields store every value. After a
 * change of one of these two, the member events in the user's rooms are updated before this resolves.
 * @throws MatrixError 400 `M_INVALID_PARAM` for the name or the value of the field, `M_KEY_TOO_LARGE`,
 * `M_PROFILE_TOO_LARGE` or `M_BAD_JSON`
 */
export async function setProfileField(
  deps: ProfileDeps,
  userId: UserId,
  { field, value }: { field: string; value: Json },
): Promise<void> {
  checkName(field)
  if (isMemberField(field)) return setMemberField(deps, userId, { field, value: memberValue(field, value) })
  if (field === TIME_ZONE) checkTimeZone(value)
  await deps.db.transaction(
    async (tx) => {
      await checkSize(tx, userId, { [field]: value })
      await tx.run(upsertProfileField, { userId, name: field, value: JSON.stringify(value) })
      if (field === TIME_ZONE) await timeZoneChanged(deps, tx, userId)
    },
    { orderedBy: userId },
  )
}

/**
 * Removes a field, also when it is not set.
 * @throws MatrixError 400 for the name of the field
 */
export async function removeProfileField(deps: ProfileDeps, userId: UserId, field: string): Promise<void> {
  checkName(field)
  if (isMemberField(field)) return setMemberField(deps, userId, { field, value: null })
  await deps.db.transaction(
    async (tx) => {
      await tx.run(deleteProfileField, { userId, name: field })
      if (field === TIME_ZONE) await timeZoneChanged(deps, tx, userId)
    },
    { orderedBy: userId },
  )
}

/** Push rules with quiet hours use it (client-server API, "Profiles": a name in the IANA Time Zone Database). */
function checkTimeZone(value: Json): void {
  if (typeof value !== 'string') throw badJson('m.tz must be a string: a time zone such as "Europe/Berlin"')
  if (!isTimeZone(value)) throw invalidParam('m.tz must be the name of a time zone, such as "Europe/Berlin"')
}

async function setMemberField(
  deps: ProfileDeps,
  userId: UserId,
  { field, value }: { field: MemberField; value: string | null },
): Promise<void> {
  const setter = field === 'displayname' ? setDisplayName : setAvatarUrl
  // A join at the same moment reads the new profile, or is updated below.
  const changed = await deps.db.transaction(
    async (tx) => {
      if (value !== null) await checkSize(tx, userId, { [field]: value })
      const rows = await tx.run(setter, { userId, value })
      if (rows > 0 && field === 'displayname') await storeWords(tx, { userId, displayName: value })
      return rows
    },
    { orderedBy: userId, inAllShards: true },
  )
  if (changed > 0) await deps.onProfileChanged(userId)
}

function checkName(field: string): void {
  if (Buffer.byteLength(field) > MAX_NAME_BYTES)
    throw new MatrixError(
      400,
      'M_KEY_TOO_LARGE',
      `The name of a profile field must not be longer than ${MAX_NAME_BYTES} bytes`,
    )
  if (!FIELD_NAME.test(field))
    throw invalidParam(
      'The name of a profile field must be displayname, avatar_url, m.tz or a name with a namespace, such as org.example.field: lower-case letters, digits, "_", "-" and "."',
    )
}

function memberValue(field: MemberField, value: Json): string | null {
  if (typeof value !== 'string' && value !== null) throw badJson(`${field} must be a string`)
  const limit = MAX_LENGTH[field]
  if (value !== null && value.length > limit)
    throw invalidParam(`${field} must not be longer than ${limit} characters`)
  return value === '' ? null : value
}

async function checkSize(tx: Transaction, userId: UserId, change: JsonObject): Promise<void> {
  const present = await getProfile(tx, userId)
  const bytes = sizeOf({ ...present, ...change })
  if (bytes <= MAX_PROFILE_BYTES || bytes <= sizeOf(present)) return
  throw new MatrixError(
    400,
    'M_PROFILE_TOO_LARGE',
    `A profile must be smaller than 64 KiB as JSON, and would have ${bytes} bytes. Remove a field, or make one shorter`,
  )
}

const sizeOf = (profile: JsonObject) => Buffer.byteLength(JSON.stringify(profile))

function isMemberField(name: string): name is MemberField {
  return name === 'displayname' || name === 'avatar_url'
}
