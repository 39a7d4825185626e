import type { Migration } from '../migration.ts'

export const serverName: Migration = {
  id: 12,
  name: 'server-name',
  // One row, written by the first start that knows the name: users of an older database tell it (`accounts/server-name.ts`).
  statements: ({ int, plain }) => [
    `create table server (
      id ${int} primary key default 1 check (id = 1), name text not null, created_at ${int} not null) ${plain}`,
  ],
}
