import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import { createTokenBuckets } from '../lib/token-buckets.ts'
import type { BlobKey } from './blobs.ts'

export type StoreOperation = 'read' | 'write' | 'remove'

/**
 * The failures of the store: one function for each, which updates its metric and writes its log line. They
 * never throw.
 */
export type MediaEvents = {
  /** The store could not do its work. */
  storeFailed(operation: StoreOperation, error: unknown): void
  /** The store does not have a blob, or only a part of it, although a row refers to it. */
  blobLost(blobKey: BlobKey): void
}

/**
 * When a store stops working, every request to it fails. The log gets this number of lines for each kind,
 * then one every 10 s.
 */
const LOGGED = { perSecond: 1 / 10, burst: 20 }

export function createMediaEvents({
  log,
  metrics,
  clock,
}: {
  log: Log
  metrics: Metrics
  clock: Clock
}): MediaEvents {
  const logged = createTokenBuckets({ rate: LOGGED, clock })
  const failures = metrics.counter(
    'belfry_media_store_failures_total',
    'Operations (read, write, remove) that the media store could not do',
    ['operation'],
  )
  const lost = metrics.counter(
    'belfry_media_lost_blobs_total',
    'Requests for a file or thumbnail that the media store does not have any more',
  )
  return {
    storeFailed(operation, error) {
      failures.inc({ operation })
      const cause = error instanceof Error ? (error.cause ?? error) : error
      if (logged.take(operation) === 0)
        log.error({ err: cause, operation }, 'media: the store could not do its work')
    },
    blobLost(blobKey) {
      lost.inc()
      if (logged.take('lost') === 0)
        log.error({ blob: blobKey }, 'media: the store has lost a blob, or a part of it')
    },
  }
}
