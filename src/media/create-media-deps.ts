import type { NamedConfig } from '../config/schema.ts'
import type { Metrics } from '../lib/metrics.ts'
import { createOccupancy } from '../lib/occupancy.ts'
import { createShares } from '../lib/shares.ts'
import { createBlobs } from './create-blobs.ts'
import type { MediaDeps } from './deps.ts'
import { createInProgress } from './in-progress.ts'
import { createMediaEvents } from './media-events.ts'
import { createObservedBlobs } from './observed-blobs.ts'
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
