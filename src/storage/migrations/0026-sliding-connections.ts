import type { Migration } from '../migration.ts'

/** The rooms that clients have on their connections of sliding sync. */
export const slidingConnections: Migration = {
  id: 26,
  name: 'sliding-connections',
  statements: ({ int, growing, plain }) => [
    `create table sliding_connections (
      entry_id ${growing}, user_id text not null, device_id text not null, conn_id text not null, version text not null,
      state text not null, used_at ${int} not null, unique (user_id, device_id, conn_id, version)) ${plain}`,
    `create index sliding_connections_by_use on sliding_connections (used_at)`,
  ],
}
