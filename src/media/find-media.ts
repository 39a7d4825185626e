import { MatrixError, notFound } from '../lib/errors.ts'
import { DAY_MS } from '../lib/sweeper.ts'
import type { BlobKey } from './blobs.ts'
import type { MediaDeps } from './deps.ts'
import { markRead, mediaById } from './media-store.ts'

/** Another process may receive the upload, and no wake-up arrives from there. */
const POLL_MS = 1000

/** `serverName`, `mediaId`: as in the URL. `timeoutMs`: how long to wait for a content that is not uploaded yet. */
export type MediaWanted = {
  serverName: string
  mediaId: string
  timeoutMs: number
  /** Read only if it waits. */
  signal: () => AbortSignal
}

/** `contentHash`: SHA-256, base64url without padding. */
export type FoundMedia = {
  contentHash: string
  blobKey: BlobKey
  contentType: string
  filename: string | undefined
  size: number
}

/**
 * Resolves to a media item, and notes that it was downloaded. Waits for its upload if it was only created.
 * @throws MatrixError 404; 504 `M_NOT_YET_UPLOADED`
 */
export async function findMedia(deps: MediaDeps, wanted: MediaWanted): Promise<FoundMedia> {
  const { serverName, mediaId } = wanted
  if (serverName !== deps.serverName)
    throw notFound(`There are only media of ${deps.serverName} here: this server does not federate`)
  const until = deps.clock.now() + wanted.timeoutMs
  for (;;) {
    const found = await deps.db.first(mediaById, { mediaId })
    if (found === undefined || found.blocked_at !== null) throw unknownMedia()
    if (found.content_hash !== null && found.blob_key !== null) {
      await noteRead(deps, { mediaId, lastReadAt: found.last_read_at })
      return {
        contentHash: found.content_hash,
        blobKey: found.blob_key,
        contentType: found.content_type,
        filename: found.filename ?? undefined,
        size: found.size,
      }
    }
    const now = deps.clock.now()
    if ((found.expires_at ?? 0) <= now) throw unknownMedia()
    if (now >= until)
      throw new MatrixError(504, 'M_NOT_YET_UPLOADED', 'The content is not uploaded yet. Try again later')
    wanted.signal().throwIfAborted()
    await uploadOf(deps, { ...wanted, ms: Math.min(POLL_MS, until - now) })
  }
}

const unknownMedia = () => notFound('There is no such media here')

/** Resolves when a content was uploaded, at the latest after `ms` milliseconds. */
async function uploadOf(
  { bus, clock }: MediaDeps,
  { mediaId, ms, signal }: MediaWanted & { ms: number },
): Promise<void> {
  const woken = new AbortController()
  const unsubscribe = bus.subscribe([`media:${mediaId}`], () => woken.abort())
  try {
    await clock.sleep(ms, AbortSignal.any([woken.signal, signal()]))
  } finally {
    unsubscribe()
  }
}

/** At most once a day, so that a download costs no write. `belfry media prune` uses it. */
async function noteRead(
  { db, clock }: MediaDeps,
  { mediaId, lastReadAt }: { mediaId: string; lastReadAt: number | null },
): Promise<void> {
  const now = clock.now()
  if (lastReadAt !== null && now - lastReadAt < DAY_MS && now >= lastReadAt) return
  // A download works also when nothing can be written.
  await db
    .transaction((tx) => tx.run(markRead, { mediaId, now }), { durably: false, repeatable: true })
    .catch(() => undefined)
}
