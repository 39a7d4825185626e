import assert from 'node:assert/strict'
import { call, type TestUser } from './client.ts'
import { eventually } from './eventually.ts'
import type { ManualClock } from './manual-clock.ts'

/** Longer than any test waits, so that only news end a sync. */
export const WAIT_MS = 50_000

/**
 * Resolves when this number of requests of /sync and of sliding sync wait at a server. Without it nothing
 * orders a sync and a request that is sent after it over another connection.
 */
export async function untilSyncsWait(url: string, count: number): Promise<void> {
  const line = new RegExp(`^belfry_sync_waiting ${count}$`, 'm')
  await eventually(async () => line.test(String((await call(`${url}/metrics`)).body['text'])))
}

/** The timeout of syncs at a server with a manual clock. Nothing else in a server sleeps for this time. */
export const SLEEP_MS = 43_219

/**
 * Like `untilSyncsWait`, for syncs with the timeout `SLEEP_MS` at a server with a manual clock: its metrics
 * do not change while the clock stands still.
 */
export async function untilSyncsSleep(clock: ManualClock, count: number): Promise<void> {
  await eventually(() => clock.sleeping(SLEEP_MS) === count)
}

/**
 * Syncs from a position until a response contains what a test waits for. Other news can end a sync too.
 * Resolves to the position after that response.
 * @throws if nothing ended a sync
 */
export async function syncUntil(
  user: Pick<TestUser, 'get'>,
  position: string,
  shows: RegExp,
): Promise<string> {
  for (let since = position; ;) {
    const start = performance.now()
    const body = await user.get(`/sync?since=${since}&timeout=${WAIT_MS}`)
    assert.ok(performance.now() - start < WAIT_MS, `nothing ended the sync before ${String(shows)}`)
    since = String(body['next_batch'])
    if (shows.test(JSON.stringify(body))) return since
  }
}
