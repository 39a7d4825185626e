import type { Migration } from '../migration.ts'

/**
 * Two accounts on one device have separate counts. Rows that wait already have no data key and keep their own
 * counts.
 */
export const queueData: Migration = {
  id: 14,
  name: 'queue-data',
  statements: () => [`alter table gateway_queue add column data_key text not null default ''`],
}
