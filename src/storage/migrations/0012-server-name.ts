import type { Migration } from '../migration.ts'

export const serverName: Migration = {
  id: 12,
  name: 'server-name',
  // One row, written by the first start that knows the name. In an older database the user ids give the name
  // (`accounts/server-name.ts`).
  statements: ({ int, plain }) => [
    `create table server (
      id ${int} primary key default 1 check (id = 1), name text not null, created_at ${int} not null) ${plain}`,
  ],
}
