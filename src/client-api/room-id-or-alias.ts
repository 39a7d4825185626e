import { invalidParam } from '../lib/errors.ts'
import { isRoomAlias, isRoomId, type RoomId } from '../lib/ids.ts'
import { resolveAlias } from '../rooms/aliases.ts'
import type { Queries } from '../storage/query.ts'

/** The room of a path parameter. @throws MatrixError 400 for neither an id nor an alias; 404 for an unknown alias */
export async function roomIdOf(q: Queries, idOrAlias: string): Promise<RoomId> {
  if (isRoomId(idOrAlias)) return idOrAlias
  if (isRoomAlias(idOrAlias)) return resolveAlias(q, idOrAlias)
  throw invalidParam(
    'The path must have a room id, such as !opaque:server, or an alias, such as #name:server',
  )
}
