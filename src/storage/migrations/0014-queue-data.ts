import type { Migration } from '../migration.ts'

/** Two accounts on one device have counts of their own. What waits already counts as without data: it tells its own counts. */
export const queueData: Migration = {
  id: 14,
  name: 'queue-data',
  statements: () => [`alter table gateway_queue add column data_key text not null default ''`],
}
