import type { Migration } from '../migration.ts'

/** Uploaded media, their contents (each stored once) and thumbnails, and the blobs that may have to be removed. */
export const media: Migration = {
  id: 28,
  name: 'media',
  statements: ({ int, keyed }) => [
    `create table media (
      media_id text primary key, user_id text not null, content_hash text, content_type text not null, filename text,
      size ${int} not null, created_at ${int} not null, expires_at ${int}, last_read_at ${int}) ${keyed}`,
    `create index media_by_user on media (user_id, created_at)`,
    `create index media_by_content on media (content_hash)`,
    `create index media_awaited on media (expires_at) where content_hash is null`,
    `create index media_awaited_by_user on media (user_id) where content_hash is null`,
    `create table media_usage (
      user_id text primary key, files ${int} not null, bytes ${int} not null) ${keyed}`,
    `create table media_contents (
      content_hash text primary key, blob_key text not null, size ${int} not null, uses ${int} not null,
      created_at ${int} not null, quarantined_at ${int}) ${keyed}`,
    `create index media_contents_unused on media_contents (content_hash) where uses = 0`,
    `create table media_thumbnails (
      content_hash text not null, width ${int} not null, height ${int} not null, method text not null,
      is_animated ${int} not null, blob_key text not null, content_type text not null, size ${int} not null,
      created_at ${int} not null, primary key (content_hash, width, height, method, is_animated)) ${keyed}`,
    `create table media_leftovers (
      blob_key text primary key, since ${int} not null, due_at ${int} not null) ${keyed}`,
    `create index media_leftovers_due on media_leftovers (due_at)`,
  ],
}
