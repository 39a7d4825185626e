import { readSetting } from '../config/read-setting.ts'
import type { Clock } from '../lib/clock.ts'
import type { Blobs } from './blobs.ts'
import type { MediaDeps } from './deps.ts'
import { createFolderBlobs } from './folder-blobs.ts'
import { createLazyS3Blobs } from './s3/lazy-s3-blobs.ts'

/** The store of the configuration. */
export function createBlobs(settings: MediaDeps['settings'], clock: Clock): Blobs {
  const { s3_endpoint: endpoint, s3_bucket: bucket, s3_region: region, s3_prefix: prefix } = settings
  const { s3_access_key: accessKey, s3_path_style: pathStyle } = settings
  const secretKey = settings.s3_secret_key ?? secretIn(settings.s3_secret_key_file)
  if (endpoint === undefined)
    return createFolderBlobs({ folder: settings.folder, reserve: settings.reserve_bytes })
  if (bucket === undefined || accessKey === undefined || secretKey === undefined)
    throw new Error('the settings of the S3 store are incomplete')
  const uploadBuffers = settings.s3_upload_buffers
  const credentials = { region, accessKey, secretKey }
  return createLazyS3Blobs({ endpoint, bucket, prefix, pathStyle, ...credentials, clock, uploadBuffers })
}

function secretIn(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readSetting('media.s3_secret_key_file', file).split(/\r?\n/, 1)[0]
}
