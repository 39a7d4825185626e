import type { RawBuilder } from 'kysely'
import type { RoomAlias, RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

export const aliasByName = query<{ alias: RoomAlias }>()((db, p) =>
  db.selectFrom('room_aliases').selectAll().where('alias', '=', p.alias),
)

export const aliasesAmong = query<{ aliases: readonly RoomAlias[] }>()((db, p, d) =>
  db
    .selectFrom('room_aliases')
    .select(['alias', 'room_id'])
    .where('alias', 'in', d.list(p.aliases) as RawBuilder<RoomAlias>),
)

export const aliasesOfRoom = query<{ roomId: RoomId }>()((db, p) =>
  db.selectFrom('room_aliases').select('alias').where('room_id', '=', p.roomId).orderBy('alias'),
)

export const aliasCountOfUser = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('room_aliases')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('created_by', '=', p.userId),
)

/** Makes all aliases of a room point to another room. */
export const moveAliases = query<{ from: RoomId; to: RoomId }>()((db, p) =>
  db.updateTable('room_aliases').set({ room_id: p.to }).where('room_id', '=', p.from),
)

/** Changes no row when the alias exists already. */
export const insertAlias = query<{
  alias: RoomAlias
  roomId: RoomId
  createdBy: UserId
  createdAt: number
}>()((db, p) =>
  db
    .insertInto('room_aliases')
    .values({ alias: p.alias, room_id: p.roomId, created_by: p.createdBy, created_at: p.createdAt })
    .onConflict((conflict) => conflict.column('alias').doNothing()),
)

export const deleteAlias = query<{ alias: RoomAlias }>()((db, p) =>
  db.deleteFrom('room_aliases').where('alias', '=', p.alias),
)
