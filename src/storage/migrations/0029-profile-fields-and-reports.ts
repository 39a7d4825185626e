import type { Migration } from '../migration.ts'

/** Profile fields other than the display name and the avatar, reports of content, and the published rooms. */
export const profileFieldsAndReports: Migration = {
  id: 29,
  name: 'profile-fields-and-reports',
  statements: ({ int, serial, keyed, plain }) => [
    `create table profile_fields (
      user_id text not null, name text not null, value text not null, primary key (user_id, name)) ${keyed}`,
    `create table reports (
      report_id ${serial}, reporter text not null, target text not null, room_id text, reason text not null,
      event text, reported_at ${int} not null) ${plain}`,
    `create unique index reports_by_reporter on reports (reporter, target)`,

    `alter table rooms add column is_public ${int} not null default 0`,
    `create index public_rooms on rooms (joined_count, room_id) where is_public = 1`,
  ],
}
