import { z } from 'zod'
import { count, flagOff, flagOn, setting } from './setting.ts'

const PETABYTE = 1_000_000_000_000_000

/** An origin: the URL of a service without a path. */
const s3Endpoint = z.string().transform((text, context) => {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.href === `${url.origin}/`)
    return url.origin
  context.addIssue({
    code: 'custom',
    message: 'expected an http or https URL without a path, such as https://s3.example.org',
  })
  return z.NEVER
})

/** Where media are stored, and what is accepted and served. */
export const mediaSchema = z.strictObject({
  folder: setting(z.string().min(1).optional(), {
    about: 'Directory for uploaded media. All processes of a server need the same one.',
    flag: 'media',
    value: 'DIR',
    shownDefault: 'DATA/media',
  }),
  s3_endpoint: setting(s3Endpoint.optional(), {
    about:
      'An S3-compatible object store for uploaded media, instead of `media.folder`: its URL without a path, such as https://s3.example.org. It needs `media.s3_bucket`, `media.s3_access_key` and `media.s3_secret_key`.',
    shownDefault: 'none',
  }),
  s3_bucket: setting(z.string().min(1).optional(), {
    about: 'The bucket. It must exist, and must not be public.',
    shownDefault: 'none',
  }),
  s3_prefix: setting(z.string().max(500).default(''), {
    about: 'Text before the key of each object, such as `belfry/`.',
  }),
  s3_region: setting(z.string().min(1).default('us-east-1'), {
    about: 'The region in signatures. Many services accept any.',
  }),
  s3_access_key: setting(z.string().min(1).optional(), {
    about:
      'The access key id. It needs the rights to read, write, list and delete objects and multipart uploads.',
    shownDefault: 'none',
  }),
  s3_secret_key: setting(z.string().min(1).optional(), {
    about: 'Its secret key.',
    shownDefault: 'none',
  }),
  s3_secret_key_file: setting(z.string().min(1).optional(), {
    about: 'A file with the secret key in its first line, instead of `media.s3_secret_key`.',
    shownDefault: 'none',
  }),
  s3_path_style: setting(flagOn, {
    about:
      'Put the bucket into the path of URLs. Off: into the host name, as newer buckets of Amazon need it.',
  }),
  s3_upload_buffers: setting(count(32, { max: 10_000 }), {
    about:
      'Most uploads that hold a part of a large file in memory at the same time, 5 MiB each. Others wait. While they do, an upload that needs more than ten minutes for a part gets 408.',
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
