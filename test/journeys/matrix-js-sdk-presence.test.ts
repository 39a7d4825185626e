import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import * as sdk from 'matrix-js-sdk'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startTestServer } from '../support/server.ts'
import { logIn, register, startClient } from './js-sdk.ts'

// Small steps: what the server writes and sweeps at intervals is done before a device counts as disconnected.
const STEP_MS = 5000
// Longer than all intervals of the server together, and too short for a further change of the state.
const SETTLED_MS = 10_000

test('matrix-js-sdk shows a user as online, with a status message, idle after five minutes, online after a message, and offline', async (t) => {
  const clock = createManualClock()
  const { url } = await startTestServer(t, {
    env: { BELFRY_PRESENCE_ENABLED: 'true' },
    environment: { clock },
  })
  await register(url, 'alice')
  const alice = await logIn(url, 'alice')
  const bob = await startClient(t, url, 'bob')
  const userId = alice.getSafeUserId()
  const sync = () => alice.http.authedRequest(sdk.Method.Get, '/sync', { timeout: 0 })
  /** Time passes, and Alice's client syncs as usual. */
  const pass = async (ms: number) => {
    for (let at = 0; at < ms; at += STEP_MS) {
      clock.advance(STEP_MS)
      await sync()
    }
  }
  /**
   * Resolves when Bob's client shows this of Alice. A little time passes, because the server writes and
   * sweeps at intervals.
   */
  const shows = (presence: string, isActive: boolean | undefined, message?: string) => {
    let passed = 0
    return eventually(() => {
      if (passed < SETTLED_MS) clock.advance(20)
      passed += 20
      const user = bob.getUser(userId)
      const shown = [user?.presence, user?.currentlyActive, user?.presenceStatusMsg]
      return isDeepStrictEqual(shown, [presence, isActive, message])
    })
  }

  const { room_id: roomId } = await alice.createRoom({ preset: sdk.Preset.PublicChat })
  await sync()
  await bob.joinRoom(roomId)
  await shows('online', true)
  await alice.setPresence({ presence: 'online', status_msg: 'at lunch' })
  await shows('online', true, 'at lunch')
  await pass(125_000)
  await shows('online', false, 'at lunch')
  await pass(175_000)
  await shows('unavailable', false, 'at lunch')
  await alice.sendTextMessage(roomId, 'back')
  await shows('online', true, 'at lunch')
  await alice.setPresence({ presence: 'offline' })
  // The SDK keeps the status message when an event has none.
  await shows('offline', undefined, 'at lunch')
  assert.equal((await bob.getPresence(userId)).presence, 'offline')
})
