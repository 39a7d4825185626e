import { invalidParam, tooLarge } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject, parseStored } from '../lib/json.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { accountDataOfType } from './account-data-store.ts'
import { checkAccountDataQuota, writeAccountData } from './account-data.ts'
import { ownerFactChanged } from '../user-rules/owner-fact-changed.ts'
import type { AccountDeps } from './deps.ts'

// The tags of a room are its account data of type m.tag (client-server API, "Room Tagging").

export type Tag = { userId: UserId; roomId: RoomId; tag: string }

const TAGS = 'm.tag'
const MAX_NAME_BYTES = 255
/** All tags of a room are one event in /sync. */
const MAX_BYTES = 65_536

/** The tags of a room with their content, such as `{ "order": 0.5 }`, by name. */
export async function tagsOf(
  q: Queries,
  { userId, roomId }: Pick<Tag, 'userId' | 'roomId'>,
): Promise<JsonObject> {
  const row = await q.first(accountDataOfType, { userId, roomId, type: TAGS })
  // Clients can also write m.tag as account data, with any content.
  const tags = row && parseStored(row.content)['tags']
  return isJsonObject(tags) ? tags : {}
}

/**
 * Adds a tag to a room, or changes its content.
 * @throws MatrixError 400 for a name or an order that is not allowed; 403 or 413 over a quota
 */
export async function setTag(
  deps: Pick<AccountDeps, 'db' | 'bus' | 'quotas' | 'onRulesChanged'>,
  { tag, ...room }: Tag,
  content: JsonObject,
): Promise<void> {
  if (Buffer.byteLength(tag) > MAX_NAME_BYTES)
    throw invalidParam(`The name of a tag must not be longer than ${MAX_NAME_BYTES} bytes`)
  const { order } = content
  if (order !== undefined && !(typeof order === 'number' && order >= 0 && order <= 1))
    throw invalidParam('order must be a number from 0 to 1')
  await deps.db.transaction(
    async (tx) => {
      const tags = { ...(await tagsOf(tx, room)), [tag]: content }
      const bytes = Buffer.byteLength(JSON.stringify({ tags }))
      if (bytes > MAX_BYTES)
        throw tooLarge(`The tags of a room must not be larger than ${MAX_BYTES} bytes together. Remove some`)
      await checkAccountDataQuota(tx, deps.quotas, { ...room, type: TAGS, bytes })
      await writeAccountData(deps, tx, { ...room, type: TAGS, content: { tags } })
      await tagsChanged(deps, tx, room)
    },
    { orderedBy: room.userId },
  )
}

/** Conditions of push rules use the tags of rooms. */
const tagsChanged = (
  deps: Pick<AccountDeps, 'bus' | 'onRulesChanged'>,
  tx: Transaction,
  { userId }: Pick<Tag, 'userId'>,
) => ownerFactChanged(deps, tx, { userId, fact: 'tags' })

/** Removes a tag from a room. A tag that the room does not have is no error. */
export async function removeTag(
  deps: Pick<AccountDeps, 'db' | 'bus' | 'onRulesChanged'>,
  { tag, ...room }: Tag,
): Promise<void> {
  await deps.db.transaction(
    async (tx) => {
      const present = await tagsOf(tx, room)
      if (!Object.hasOwn(present, tag)) return
      const { [tag]: _removed, ...tags } = present
      await writeAccountData(deps, tx, { ...room, type: TAGS, content: { tags } })
      await tagsChanged(deps, tx, room)
    },
    { orderedBy: room.userId },
  )
}
