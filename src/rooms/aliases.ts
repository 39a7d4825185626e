import { forbidden, invalidParam, MatrixError, notFound, tooMany } from '../lib/errors.ts'
import { isRoomAlias, type RoomAlias, type RoomId, serverOf, type UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { aliasByName, aliasCountOfUser, aliasesOfRoom, deleteAlias, insertAlias } from './alias-store.ts'
import type { RoomDeps } from './deps.ts'
import { membershipIn } from './membership-store.ts'
import { levelOf, levelToSend } from './power-levels.ts'
import { viewRoom } from './room-view.ts'
import { currentStateEvent } from './state-store.ts'

type NewAlias = { alias: RoomAlias; roomId: RoomId; userId: UserId }

/**
 * Throws 403 when the user is not in the room, 409 `M_UNKNOWN` when the alias is taken, 400 for an alias of
 * another server.
 */
export async function addAlias(deps: RoomDeps, { alias, roomId, userId }: NewAlias): Promise<void> {
  if (serverOf(alias) !== deps.serverName)
    throw invalidParam(`A room alias of this server must end in :${deps.serverName}`)
  await deps.db.transaction(
    async (tx) => {
      const member = await membershipIn(tx, roomId, userId)
      if (member?.membership !== 'join') throw forbidden('You are not in this room')
      if (!(await claimAlias(deps, tx, { alias, roomId, userId })))
        throw new MatrixError(409, 'M_UNKNOWN', `The room alias ${alias} is taken`)
    },
    { orderedBy: roomId },
  )
}

/** False: the alias exists already. @throws MatrixError 403 when the user has reached the quota of aliases */
export async function claimAlias(deps: RoomDeps, tx: Transaction, request: NewAlias): Promise<boolean> {
  const { alias, roomId, userId } = request
  const count = (await tx.first(aliasCountOfUser, { userId }))?.count ?? 0
  if (count >= deps.quotas.aliases)
    throw tooMany('quotas.aliases', `You have made ${count} room aliases, the maximum; delete one`)
  const row = { alias, roomId, createdBy: userId, createdAt: deps.clock.now() }
  return (await tx.run(insertAlias, row)) > 0
}

/** The room of an alias. Throws 404. */
export async function resolveAlias(q: Queries, alias: RoomAlias): Promise<RoomId> {
  const row = await q.first(aliasByName, { alias })
  if (!row) throw notFound(`There is no room ${alias}`)
  return row.room_id
}

/** Allowed for the maker of the alias, and for members who may set the canonical alias. Throws 404, 403. */
export async function removeAlias(deps: RoomDeps, alias: RoomAlias, userId: UserId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const row = await tx.first(aliasByName, { alias })
    if (!row) throw notFound(`There is no room alias ${alias}`)
    if (row.created_by !== userId) await checkMayRemove(tx, row.room_id, userId)
    await tx.run(deleteAlias, { alias })
  })
}

async function checkMayRemove(tx: Transaction, roomId: RoomId, userId: UserId): Promise<void> {
  const type = 'm.room.canonical_alias'
  const room = await viewRoom(tx, { roomId, sender: userId, type })
  const mayRemove =
    room?.senderMembership === 'join' && levelOf(room, userId) >= levelToSend(room, type, true)
  if (!mayRemove)
    throw forbidden('Only the maker of an alias, or a member who may set the canonical alias, can delete it')
}

/** Throws 403 when the user is not in the room, unless the room is world readable. */
export async function listAliases(q: Queries, roomId: RoomId, userId: UserId): Promise<RoomAlias[]> {
  const member = await membershipIn(q, roomId, userId)
  if (member?.membership !== 'join') {
    const of = { roomId, type: 'm.room.history_visibility', stateKey: '' }
    const visibility = await currentStateEvent(q, of)
    if (visibility?.content['history_visibility'] !== 'world_readable')
      throw forbidden('You are not in this room')
  }
  return (await q.all(aliasesOfRoom, { roomId })).map((row) => row.alias)
}

/** The alias with this localpart on this server. Throws 400 `M_INVALID_PARAM`. */
export function aliasFor(deps: Pick<RoomDeps, 'serverName'>, localpart: string): RoomAlias {
  const alias = `#${localpart}:${deps.serverName}`
  if (localpart === '' || /[\s:]/.test(localpart) || !isRoomAlias(alias))
    throw invalidParam('room_alias_name is empty, too long, or has a colon or a space')
  return alias
}
