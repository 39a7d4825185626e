import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { fcm } from '../../../src/gateway/fcm/provider.ts'
import type { Provider, ProviderDeps, ProviderResult } from '../../../src/gateway/provider.ts'
import { afterTest } from '../../support/after-test.ts'
import { startFakeFcm, type FakeFcm, type FakeFcmOptions } from '../../support/fake-fcm.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { folderWith } from '../apns/fixture.ts'
import { messageOf, providerDeps, ROOM_MESSAGE } from '../message.ts'

export type FcmFixture = {
  fake: FakeFcm
  clock: ManualClock
  provider: Provider
  send: (parts?: Parameters<typeof messageOf>[0], signal?: AbortSignal) => Promise<ProviderResult>
}

/** The FCM data of `ROOM_MESSAGE`. */
export const ROOM_MESSAGE_DATA = {
  event_id: ROOM_MESSAGE.event_id,
  type: 'm.room.message',
  sender: '@exampleuser:matrix.org',
  room_name: 'Mission Control',
  room_alias: '#exampleroom:matrix.org',
  sender_display_name: 'Major Tom',
  content_msgtype: 'm.text',
  content_body: "I'm floating in a most peculiar way.",
  room_id: ROOM_MESSAGE.room_id,
  prio: 'high',
  unread: '2',
  missed_calls: '1',
}

type Given = {
  fake?: FakeFcmOptions
  options?: object
  deps?: Partial<ProviderDeps>
  /** Changes to the service account's file. */
  account?: Record<string, unknown>
}

/** A provider, its fake FCM and the clock of both. `options` are the app's. */
export async function startFcmFixture(t: TestContext, given: Given = {}): Promise<FcmFixture> {
  const clock = createManualClock()
  const fake = await startFakeFcm({ now: () => clock.now(), ...given.fake })
  afterTest(t, () => fake[Symbol.asyncDispose]())
  const folder = await folderWith(t, { 'account.json': fake.serviceAccount(given.account) })
  const options = fcm.options.parse({
    project_id: fake.projectId,
    service_account_file: join(folder, 'account.json'),
    base_url: fake.url,
    ...given.options,
  })
  // Without jitter, so that tests can expect exact waits.
  const random = { token: () => '', below: () => 0 }
  const provider = await fcm.open(options, providerDeps({ clock, random, ...given.deps }))
  afterTest(t, () => provider[Symbol.asyncDispose]())
  return {
    fake,
    clock,
    provider,
    send: (parts, signal = new AbortController().signal) => provider.send(messageOf(parts), signal),
  }
}
