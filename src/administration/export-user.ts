import { userById } from '../accounts/users-store.ts'
import { knownAs } from '../accounts/names.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidParam, notFound } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { OnProgress } from '../lib/progress.ts'
import { type JsonPart, writeJsonFile } from './json-file.ts'
import {
  accountDataPart,
  accountPart,
  addressesPart,
  devicesPart,
  eventsPart,
  mediaPart,
  notificationsPart,
  profilePart,
  pushersPart,
  roomsPart,
  rulesPart,
  type UserDataDeps,
} from './user-data.ts'

export type ExportDeps = UserDataDeps & { clock: Clock }
export type UserExport = { user_id: UserId; file: string; bytes: number }

/**
 * Writes the data of one person into a new JSON file, also of a deactivated account. `name`: a user name or a
 * full user id.
 * @throws MatrixError 400, 404; an error of the file system, also when the file exists
 */
export async function exportUser(
  deps: ExportDeps,
  name: string,
  { file, onProgress }: { file: string; onProgress: OnProgress },
): Promise<UserExport> {
  const userId = knownAs(name, deps.serverName)
  if (userId === undefined) throw invalidParam(`"${name}" is not a user of this server (${deps.serverName})`)
  if ((await deps.db.first(userById, { userId })) === undefined)
    throw notFound(`There is no account ${userId}`)
  const bytes = await writeJsonFile(file, partsOf(deps, userId, onProgress))
  return { user_id: userId, file, bytes }
}

async function* partsOf(
  deps: ExportDeps,
  userId: UserId,
  onProgress: OnProgress,
): AsyncGenerator<readonly [string, JsonPart]> {
  const { db, ruleSettings } = deps
  yield ['user_id', userId]
  yield ['exported_at', deps.clock.now()]
  yield ['account', await accountPart(db, userId)]
  yield ['profile', await profilePart(db, userId)]
  yield ['email_addresses', await addressesPart(db, userId)]
  yield ['devices', await devicesPart(db, userId)]
  yield ['pushers', await pushersPart(db, userId)]
  yield ['push_rules', await db.snapshot((q) => rulesPart(q, userId, ruleSettings))]
  yield ['account_data', await accountDataPart(db, userId)]
  yield ['rooms', await roomsPart(db, userId)]
  yield ['media', mediaPart(deps, userId)]
  yield ['notifications', notificationsPart(db, userId)]
  yield ['events', eventsPart(db, userId, onProgress)]
}
