import type { Migration } from '../migration.ts'

export const email: Migration = {
  id: 6,
  name: 'email',
  statements: ({ int, keyed }) => [
    `create table threepids (
      medium text not null, address text not null, user_id text not null, validated_at ${int} not null,
      added_at ${int} not null, primary key (medium, address)) ${keyed}`,
    `create index threepids_by_user on threepids (user_id)`,
    `create table threepid_validations (
      sid text primary key, medium text not null, address text not null, secret_hash text not null,
      send_attempt ${int} not null, token_hash text not null unique, sent_at ${int} not null, validated_at ${int},
      failures ${int} not null default 0, unique (medium, address, secret_hash)) ${keyed}`,
    `create index threepid_validations_by_age on threepid_validations (sent_at)`,

    `alter table pushers add column unsubscribe_token text`,
    `create unique index pushers_by_unsubscribe_token on pushers (unsubscribe_token)
      where unsubscribe_token is not null`,
    `create index pushers_of_mail on pushers (pusher_id) where kind = 'email'`,
    `create table mail_throttles (
      pusher_id ${int} not null, room_id text not null, told_at ${int} not null, wait_ms ${int} not null,
      last_event_at ${int} not null, primary key (pusher_id, room_id)) ${keyed}`,
    `create index mail_throttles_by_age on mail_throttles (told_at)`,
  ],
}
