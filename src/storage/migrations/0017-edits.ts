import type { Migration } from '../migration.ts'

/** The table starts without earlier edits: a message that waited at that time is sent with its first text. */
export const edits: Migration = {
  id: 17,
  name: 'edits',
  statements: ({ int, keyed }) => [
    `create table edits (position ${int} not null, edit_position ${int} not null,
      primary key (position, edit_position)) ${keyed}`,
  ],
}
