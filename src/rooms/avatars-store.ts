import { sql } from 'kysely'
import { query } from '../storage/query.ts'

/** The avatars that members show in their rooms, each once. */
export const memberAvatars = query()((db) =>
  db
    .selectFrom('memberships')
    .select(sql<string>`avatar_url`.as('avatar_url'))
    .distinct()
    .where('avatar_url', 'is not', null),
)

/** The contents of the current avatars of rooms. */
export const roomAvatars = query()((db) =>
  db
    .selectFrom('current_state')
    .innerJoin('events', 'events.position', 'current_state.position')
    .select('events.content')
    .where('current_state.type', '=', sql.lit('m.room.avatar')),
)
