import { invalidParam, MatrixError } from '../lib/errors.ts'
import { isRoomAlias, type RoomAlias, type RoomId } from '../lib/ids.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { aliasesAmong } from './alias-store.ts'

/**
 * A new canonical or alternative alias must point to the room (client-server API, `PUT …/state`). Aliases
 * that the event already had are not checked, because they may have been deleted since. Throws 400
 * `M_INVALID_PARAM`, `M_BAD_ALIAS`.
 */
export async function checkCanonicalAlias(
  q: Queries,
  { roomId, before, after }: { roomId: RoomId; before: JsonObject; after: JsonObject },
): Promise<void> {
  const known = new Set(aliasesIn(before))
  const fresh = [...new Set(aliasesIn(after))].filter((alias) => !known.has(alias))
  const malformed = fresh.some((alias) => typeof alias !== 'string' || !isRoomAlias(alias))
  if (malformed) throw invalidParam('alias and alt_aliases must be room aliases, such as #name:server')
  if (fresh.length === 0) return
  const rows = await q.all(aliasesAmong, { aliases: fresh as RoomAlias[] })
  const leading = new Set<Json>(rows.filter((row) => row.room_id === roomId).map((row) => row.alias))
  const wrong = fresh.find((alias) => !leading.has(alias))
  if (wrong !== undefined)
    throw new MatrixError(400, 'M_BAD_ALIAS', `${JSON.stringify(wrong)} does not point to this room`)
}

/** The aliases that the content names. A value that is not a list counts as a wrong alias. */
function aliasesIn({ alias, alt_aliases: others }: JsonObject): Json[] {
  const one = alias === undefined || alias === null || alias === '' ? [] : [alias]
  if (others === undefined || others === null) return one
  return [...one, ...(Array.isArray(others) ? others : [{}])]
}
