import type { Migration } from '../migration.ts'

/** Edits of messages from before this are not in it: what waited then is told with its first text. */
export const edits: Migration = {
  id: 17,
  name: 'edits',
  statements: ({ int, keyed }) => [
    `create table edits (position ${int} not null, edit_position ${int} not null,
      primary key (position, edit_position)) ${keyed}`,
  ],
}
