import { z } from 'zod'
import { count, flagOff, flagOn, setting } from './setting.ts'

const PETABYTE = 1_000_000_000_000_000

/** Where media are stored, and what is accepted and served. */
export const mediaSchema = z.strictObject({
  folder: setting(z.string().min(1).optional(), {
    about: 'Directory for uploaded media. All processes of a server need the same one.',
    flag: 'media',
    value: 'DIR',
    shownDefault: 'DATA/media',
  }),
  max_upload_bytes: setting(count(104_857_600, { min: 1024, max: PETABYTE }), {
    about: 'Largest upload, in bytes. Clients read it from `/media/config`.',
  }),
  uploads_per_user: setting(count(16), {
    about: 'Uploads of one user at the same time. Further ones get 429.',
  }),
  reserve_bytes: setting(count(104_857_600, { min: 0, max: PETABYTE }), {
    about:
      'Bytes that uploads leave free on the disk of `media.folder`, for the database. An upload that needs them gets 503.',
  }),
  pending_hours: setting(count(24, { max: 87_600 }), {
    about: 'How long a media id that was created before its upload waits for it.',
  }),
  thumbnails: setting(flagOn, {
    about:
      'Make thumbnails of images (JPEG, PNG, GIF, WebP), with the optional package `sharp`. If off, or without the package, images are served in full size, and animated ones are refused.',
  }),
  thumbnail_max_pixels: setting(count(50_000_000), {
    about: 'Largest image of which a thumbnail is made, in pixels of all its frames. A larger one gets 413.',
  }),
  thumbnail_timeout_ms: setting(count(10_000, { max: 3_600_000 }), {
    about: 'Time limit for making one thumbnail, in milliseconds.',
  }),
  thumbnail_processes: setting(count(2, { max: 100 }), {
    about:
      'Most processes that make thumbnails at the same time. Each takes about 140 MiB, and ends after a minute without work.',
  }),
  unauthenticated_downloads: setting(flagOff, {
    about:
      'Serve media without an access token too, at the deprecated paths `/_matrix/media/…`, for clients and bridges older than Matrix 1.11. Everybody who knows the address of a file can then read it.',
  }),
})

/** The quotas of media of one user. They are part of `quotas`. */
export const mediaQuotas = {
  media_files: setting(count(100_000), { about: 'Media of one user.' }),
  media_bytes: setting(count(10_737_418_240, { min: 1024, max: PETABYTE }), {
    about:
      'Bytes of the media of one user. Each upload counts, also one with a content that is stored already.',
  }),
  media_pending: setting(count(50), {
    about: 'Media ids of one user that were created and wait for their upload. Further ones get 429.',
  }),
}
