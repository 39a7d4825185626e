import { limitExceeded, MatrixError, notFound, forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { MediaDeps } from './deps.ts'
import { mediaTypeOf } from './disposition.ts'
import { countAwaited, fillMedia, insertAwaited, insertMedia, mediaById } from './media-store.ts'
import { checkOwner, receiveUpload, type ReceivedContent, type Upload } from './upload.ts'

const ID_BYTES = 18

/** `contentType`, `filename`: as in the request. */
export type NewMedia = Upload & { contentType: string | undefined; filename: string | undefined }

/**
 * Stores an upload under a new media id, and resolves to the id.
 * @throws as `receiveUpload`
 */
export async function addMedia(deps: MediaDeps, given: NewMedia): Promise<string> {
  const mediaId = deps.random.token(ID_BYTES)
  await receiveUpload(deps, given, async (tx, content) => {
    await tx.run(insertMedia, rowOf(deps, { ...given, mediaId }, content))
  })
  return mediaId
}

/**
 * Creates a media id whose content is uploaded later. Resolves to the id and the time until which it waits.
 * @throws MatrixError 401 if the account is closed; 429 when the user has too many
 */
export async function createMedia(
  { db, clock, random, quotas, settings }: MediaDeps,
  userId: UserId,
): Promise<{ mediaId: string; expiresAt: number }> {
  const now = clock.now()
  const mediaId = random.token(ID_BYTES)
  const expiresAt = now + settings.pending_hours * 3_600_000
  await db.transaction(
    async (tx) => {
      await checkOwner(tx, userId)
      const { count = 0, first_expires_at: first } = (await tx.first(countAwaited, { userId, now })) ?? {}
      if (count >= quotas.media_pending)
        throw limitExceeded(
          Math.max(1, (first ?? now) - now),
          `You have ${count} media ids that wait for their upload. Upload to one of them first`,
        )
      await tx.run(insertAwaited, { mediaId, userId, now, expiresAt })
    },
    { repeatable: true },
  )
  return { mediaId, expiresAt }
}

/**
 * Stores an upload under an id of `createMedia`.
 * @throws MatrixError 403 for an id of another user; 404 for an unknown or expired id; 409 if it has a
 *   content; as `receiveUpload`
 */
export async function fillCreatedMedia(
  deps: MediaDeps,
  given: NewMedia & { mediaId: string },
): Promise<void> {
  // Checked before the upload too, so that a client does not send a file in vain.
  const refusal = await refusalOf(deps, given)
  if (refusal !== undefined) throw refusal
  await receiveUpload(deps, given, async (tx, content) => {
    if ((await tx.run(fillMedia, rowOf(deps, given, content))) === 0)
      throw (await refusalOf({ ...deps, db: tx }, given)) ?? cannotOverwrite()
    announce(deps, tx, given.mediaId)
  })
}

function announce({ bus }: Pick<MediaDeps, 'bus'>, tx: Transaction, mediaId: string): void {
  tx.onCommit(() => bus.publish(`media:${mediaId}`))
}

async function refusalOf(
  { db, clock }: { db: Pick<MediaDeps['db'], 'first'>; clock: MediaDeps['clock'] },
  { mediaId, userId }: { mediaId: string; userId: UserId },
): Promise<MatrixError | undefined> {
  const found = await db.first(mediaById, { mediaId })
  if (found === undefined)
    return notFound('This media id does not exist, or it has expired. Create another one')
  if (found.user_id !== userId) return forbidden('This media id was created by another user')
  if (found.content_hash !== null) return cannotOverwrite()
  if (found.expires_at !== null && found.expires_at <= clock.now())
    return notFound('This media id has expired. Create another one')
  return undefined
}

const cannotOverwrite = () =>
  new MatrixError(409, 'M_CANNOT_OVERWRITE_MEDIA', 'This media id has a content already')

function rowOf(
  { clock }: MediaDeps,
  { mediaId, userId, contentType, filename }: NewMedia & { mediaId: string },
  { hash, size }: ReceivedContent,
) {
  return {
    mediaId,
    userId,
    contentType: mediaTypeOf(contentType),
    filename: filename === undefined || filename === '' ? null : filename,
    contentHash: hash,
    size,
    now: clock.now(),
  }
}
