import type { Migration } from '../migration.ts'

/** What a process tells about itself with each heartbeat. */
export const processState: Migration = {
  id: 60,
  name: 'process state',
  statements: () => ['alter table processes add column state text'],
}
