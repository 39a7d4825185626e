import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** The fields of a profile other than the display name and the avatar. */
export const profileFields = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('profile_fields').select(['name', 'value']).where('user_id', '=', p.userId).orderBy('name'),
)

export const upsertProfileField = query<{ userId: UserId; name: string; value: string }>()((db, p) =>
  db
    .insertInto('profile_fields')
    .values({ user_id: p.userId, name: p.name, value: p.value })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'name']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    ),
)

export const deleteProfileField = query<{ userId: UserId; name: string }>()((db, p) =>
  db.deleteFrom('profile_fields').where('user_id', '=', p.userId).where('name', '=', p.name),
)

export const deleteProfileFields = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('profile_fields').where('user_id', '=', p.userId),
)
