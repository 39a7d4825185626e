import type { Migration } from '../migration.ts'

/** Once a minute the server searches for rooms of deactivated accounts. */
export const deactivatedUsers: Migration = {
  id: 18,
  name: 'deactivated-users',
  statements: () => [`create index users_deactivated on users (user_id) where deactivated_at is not null`],
}
