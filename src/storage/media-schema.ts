import type { UserId } from '../lib/ids.ts'
import type { Flag } from './columns.ts'

// The tables of `media/`. Times and booleans are as in `schema.ts`; sizes are in bytes.

/** Media by the id in their `mxc://` URI. */
export type MediaTable = {
  media_id: string
  user_id: UserId
  /** null: the id was created, and its content is not uploaded yet. */
  content_hash: string | null
  content_type: string
  filename: string | null
  size: number
  created_at: number
  /** Without content: the time until which it may be uploaded. */
  expires_at: number | null
  /** The last download, with a precision of a day; null: none. */
  last_read_at: number | null
}

/** The number and size of the media of a user. */
export type MediaUsageTable = { user_id: UserId; files: number; bytes: number }

/** The contents of media. Equal contents are stored once. */
export type MediaContentsTable = {
  /** SHA-256, base64url without padding. */
  content_hash: string
  blob_key: string
  size: number
  /** The number of media with this content. At 0 it is removed soon. */
  uses: number
  created_at: number
}

/** Contents that are not served and cannot be uploaded, stored or not. */
export type MediaBlockedTable = { content_hash: string; blocked_at: number }

export type MediaThumbnailsTable = {
  content_hash: string
  width: number
  height: number
  method: 'crop' | 'scale'
  is_animated: Flag
  blob_key: string
  content_type: string
  size: number
  created_at: number
}

/**
 * Blobs that no row refers to: of uploads in progress, and of removed contents. They are removed from the
 * store when `due_at` has passed. `failures`: the failed attempts to remove it.
 */
export type MediaLeftoversTable = { blob_key: string; since: number; due_at: number; failures: number }

export type MediaSchema = {
  media: MediaTable
  media_usage: MediaUsageTable
  media_contents: MediaContentsTable
  media_blocked: MediaBlockedTable
  media_thumbnails: MediaThumbnailsTable
  media_leftovers: MediaLeftoversTable
}
