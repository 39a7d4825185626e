import type { Migration } from '../migration.ts'

/**
 * Changes no table. On SQLite the counter of positions can be behind the last event from now on
 * (`storage/stream.ts`), and an earlier version would use the positions of these events again. It refuses a
 * database with this migration.
 */
export const eventPositions: Migration = {
  id: 39,
  name: 'event-positions',
  statements: () => [],
}
