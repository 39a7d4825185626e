import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { insertUser } from '../../src/accounts/users-store.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { systemRandom, type UserId } from '../../src/lib/ids.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { addMedia, type NewMedia } from '../../src/media/add-media.ts'
import { createMediaDeps } from '../../src/media/create-media-deps.ts'
import type { MediaDeps } from '../../src/media/deps.ts'
import { findMedia } from '../../src/media/find-media.ts'
import type { Database } from '../../src/storage/database.ts'
import { temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { quotas } from '../support/quotas.ts'

export const alice = '@alice:localhost' as UserId
export const bob = '@bob:localhost' as UserId

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** Media in a temporary folder, with the accounts of Alice and Bob. */
export async function createMediaFixture(
  t: TestContext,
  db: Database,
  { folder = join(temporaryFolder(t), 'media'), ...overrides }: Partial<MediaDeps> & { folder?: string } = {},
) {
  const clock = createManualClock()
  await db.transaction(async (tx) => {
    for (const userId of [alice, bob])
      await tx.run(insertUser, { userId, passwordHash: null, isAdmin: 0, now: clock.now() })
  })
  const config = loadConfig({
    argv: [],
    env: { BELFRY_MEDIA_FOLDER: folder, BELFRY_MEDIA_RESERVE_BYTES: '0' },
  })
  const deps: MediaDeps = {
    ...createMediaDeps({
      db,
      bus: createLocalBus(),
      clock,
      random: systemRandom,
      log: silentLog,
      metrics: createMetrics({ processMetrics: false }),
      config: { ...config, server_name: 'localhost' },
      quotas,
    }),
    ...overrides,
  }
  return {
    deps,
    clock,
    folder,
    add: (userId: UserId, body: string | Uint8Array, more: Partial<NewMedia> = {}) =>
      addMedia(deps, {
        userId,
        length: undefined,
        chunks: inPieces(Buffer.from(body)),
        contentType: 'text/plain',
        filename: undefined,
        ...more,
      }),
    /** The content of a media item as text. */
    read: async (mediaId: string): Promise<string> => {
      const signal = () => new AbortController().signal
      const found = await findMedia(deps, { serverName: 'localhost', mediaId, timeoutMs: 0, signal })
      return text(deps.blobs.read(found.blobKey, { start: 0, end: found.size }))
    },
  }
}
