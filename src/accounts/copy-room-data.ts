import type { Quotas } from '../config/limits-schema.ts'
import { MatrixError } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import type { Transaction } from '../storage/database.ts'
import { accountDataOfType } from './account-data-store.ts'
import type { AnnounceDeps } from '../user-rules/change-rules.ts'
import { ownerFactChanged } from '../user-rules/owner-fact-changed.ts'
import { type AccountDataKey, checkAccountDataQuota, writeAccountData } from './account-data.ts'

type Deps = AnnounceDeps & { quotas: Quotas }

const TAGS = 'm.tag'
const DIRECT = 'm.direct'

/**
 * Copies the settings of a user for a room to the room that replaces it: its tags, and its place in
 * `m.direct` (client-server API, "Room Upgrades"). Tags that the new room has stay as they are. Data above
 * the quotas of the user are not copied.
 */
export async function copyRoomData(
  deps: Deps,
  tx: Transaction,
  { userId, from, to }: { userId: UserId; from: RoomId; to: RoomId },
): Promise<void> {
  const read = async (roomId: RoomId | '', type: string) => {
    const row = await tx.first(accountDataOfType, { userId, roomId, type })
    return row && parseStored(row.content)
  }
  const tags = await read(from, TAGS)
  if (tags && !(await read(to, TAGS))) {
    await write(deps, tx, { userId, roomId: to, type: TAGS, content: tags })
    await ownerFactChanged(deps, tx, { userId, fact: 'tags' })
  }
  const direct = withReplacement((await read('', DIRECT)) ?? {}, { from, to })
  if (direct) await write(deps, tx, { userId, roomId: '', type: DIRECT, content: direct })
}

/** `m.direct` with the new room after the old one in each list; undefined: nothing changes. */
function withReplacement(
  direct: JsonObject,
  { from, to }: { from: RoomId; to: RoomId },
): JsonObject | undefined {
  const changed = Object.entries(direct).flatMap(([user, rooms]) =>
    Array.isArray(rooms) && rooms.includes(from) && !rooms.includes(to)
      ? [[user, rooms.flatMap((room) => (room === from ? [from, to] : [room]))] as const]
      : [],
  )
  return changed.length === 0 ? undefined : { ...direct, ...Object.fromEntries(changed) }
}

async function write(
  { bus, quotas }: Deps,
  tx: Transaction,
  { content, ...key }: AccountDataKey & { content: JsonObject },
): Promise<void> {
  try {
    await checkAccountDataQuota(tx, quotas, { ...key, bytes: Buffer.byteLength(JSON.stringify(content)) })
  } catch (error) {
    // A join does not fail because of a quota of account data.
    if (error instanceof MatrixError && (error.status === 403 || error.status === 413)) return
    throw error
  }
  await writeAccountData({ bus }, tx, { ...key, content })
}
