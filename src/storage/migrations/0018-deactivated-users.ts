import type { Migration } from '../migration.ts'

/** The server looks for rooms of deactivated accounts once a minute. */
export const deactivatedUsers: Migration = {
  id: 18,
  name: 'deactivated-users',
  statements: () => [`create index users_deactivated on users (user_id) where deactivated_at is not null`],
}
