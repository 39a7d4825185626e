import type { Migration } from '../migration.ts'

/** Which process makes the first attempt of a queued notification, so that it is over with the death of the process. */
export const takenBy: Migration = {
  id: 64,
  name: 'taken by',
  statements: () => ['alter table lane_items add column taken_by text'],
}
