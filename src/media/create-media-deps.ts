import type { NamedConfig } from '../config/schema.ts'
import { createOccupancy } from '../lib/occupancy.ts'
import type { MediaDeps } from './deps.ts'
import { createFolderBlobs } from './folder-blobs.ts'
import { createInProgress } from './in-progress.ts'
import { createThumbnailer } from './thumbnailer.ts'

type Given = Pick<MediaDeps, 'db' | 'bus' | 'clock' | 'random' | 'log' | 'quotas'> & { config: NamedConfig }

/** Everything that media need, with the store of the configuration. */
export function createMediaDeps(given: Given): MediaDeps {
  const { db, bus, clock, random, log, config, quotas } = given
  const { media: settings, server_name: serverName } = config
  return {
    db,
    bus,
    clock,
    random,
    log,
    serverName,
    quotas,
    settings: { ...settings },
    blobs: createFolderBlobs({ folder: settings.folder, reserve: settings.reserve_bytes }),
    thumbnailer: createThumbnailer({
      clock,
      log,
      processes: settings.thumbnail_processes,
      timeoutMs: settings.thumbnail_timeout_ms,
    }),
    thumbnailsInProgress: createInProgress({ clock }),
    uploads: createOccupancy(settings.uploads_per_user),
    startedAt: clock.now(),
  }
}
