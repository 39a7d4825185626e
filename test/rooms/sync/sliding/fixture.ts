import type { TestContext } from 'node:test'
import type { Ending } from '../../../../src/lib/ending.ts'
import { type DeviceId, systemRandom, type UserId } from '../../../../src/lib/ids.ts'
import type { JsonObject } from '../../../../src/lib/json.ts'
import { stableBody, stableRules } from '../../../../src/client-api/sliding-sync-request.ts'
import { stableRoom, unstableRoom } from '../../../../src/client-api/sliding-sync-response.ts'
import type { SyncSection } from '../../../../src/rooms/sync/section.ts'
import type { SlidingDeps } from '../../../../src/rooms/sync/sliding/deps.ts'
import { slidingSync } from '../../../../src/rooms/sync/sliding/sliding-sync.ts'
import { slidingDeps } from '../../../../src/rooms/sync/sliding/wiring.ts'
import type { Database } from '../../../../src/storage/database.ts'
import type { SlidingBody } from '../../../journeys/sliding-client.ts'
import { createSyncFixture, deviceOf } from '../../sync-fixture.ts'

const NO_ENCRYPTION: SyncSection = { news: () => Promise.resolve({ keys: {}, hasNews: false }) }

export type SlideOptions = {
  pos?: string | undefined
  timeoutMs?: number
  deviceId?: string
  /** With unread counts, in the earlier shape. */
  hasCounts?: boolean
  signal?: Ending
  /** Other dependencies: those of another process. */
  deps?: SlidingDeps
}

/** The functions of `createSyncFixture`, and sliding sync on the same database. The body is one of `/v4/sync`. */
export async function createSlidingFixture(t: TestContext, db: Database, names: readonly string[]) {
  const fixture = await createSyncFixture(t, db, names)
  const limits = { maxConnections: 3, maxRooms: 10_000 }
  const depsOn = (other: Database, more: Partial<typeof limits> = {}) =>
    slidingDeps({ ...fixture.reads, ...limits, ...more, db: other, random: systemRandom }, NO_ENCRYPTION)
  const own = depsOn(db)
  const slide = async (
    userId: UserId,
    body: JsonObject,
    options: SlideOptions = {},
  ): Promise<SlidingBody> => {
    const hasCounts = options.hasCounts ?? false
    const response = await slidingSync(options.deps ?? own, {
      ...stableRules(stableBody.parse(body)),
      viewer: { userId, deviceId: (options.deviceId as DeviceId | undefined) ?? deviceOf(userId) },
      pos: options.pos,
      timeoutMs: options.timeoutMs ?? 0,
      presence: 'online',
      hasCounts,
      render: hasCounts ? unstableRoom : stableRoom,
      signal: options.signal ?? new AbortController().signal,
    })
    return response as unknown as SlidingBody
  }
  return { ...fixture, slide, depsOn }
}

export type SlidingFixture = Awaited<ReturnType<typeof createSlidingFixture>>
