import { readSetting } from '../config/read-setting.ts'
import type { NamedConfig } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Metrics } from '../lib/metrics.ts'
import { createOccupancy } from '../lib/occupancy.ts'
import { createShares } from '../lib/shares.ts'
import type { Blobs } from './blobs.ts'
import type { MediaDeps } from './deps.ts'
import { createFolderBlobs } from './folder-blobs.ts'
import { createInProgress } from './in-progress.ts'
import { createMediaEvents } from './media-events.ts'
import { createObservedBlobs } from './observed-blobs.ts'
import { createLazyS3Blobs } from './s3/lazy-s3-blobs.ts'
import { createThumbnailer } from './thumbnailer.ts'

type Given = Pick<MediaDeps, 'db' | 'bus' | 'clock' | 'random' | 'log' | 'quotas'> & {
  config: NamedConfig
  metrics: Metrics
}

/** Everything that media need, with the store of the configuration. */
export function createMediaDeps(given: Given): MediaDeps {
  const { db, bus, clock, random, log, metrics, config, quotas } = given
  const { media: settings, server_name: serverName } = config
  const events = createMediaEvents({ log, metrics, clock })
  return {
    db,
    bus,
    clock,
    random,
    log,
    serverName,
    quotas,
    settings: { ...settings },
    blobs: createObservedBlobs(createBlobs(settings, clock), events),
    events,
    thumbnailer: createThumbnailer({
      clock,
      log,
      processes: settings.thumbnail_processes,
      timeoutMs: settings.thumbnail_timeout_ms,
    }),
    thumbnailsInProgress: createInProgress({ clock }),
    uploads: createOccupancy(settings.uploads_per_user),
    bytesUnderWay: createShares({ perKey: Infinity, inSum: Infinity }),
    startedAt: clock.now(),
  }
}

function createBlobs(settings: MediaDeps['settings'], clock: Clock): Blobs {
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
