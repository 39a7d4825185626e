import { sql } from 'kysely'
import { query } from '../storage/query.ts'

type Uris = { uris: readonly string[] }

/** Those of the URIs that members show as avatars in their rooms. */
export const avatarsOfMembers = query<Uris>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .select(sql<string>`avatar_url`.as('avatar_url'))
    .distinct()
    .where('avatar_url', 'in', d.list(p.uris)),
)

/** Those of the URIs that are avatars of rooms. */
export const avatarsOfRooms = query<Uris>()((db, p, d) =>
  db
    .selectFrom('rooms')
    .select(sql<string>`avatar_url`.as('avatar_url'))
    .where('avatar_url', 'in', d.list(p.uris)),
)
