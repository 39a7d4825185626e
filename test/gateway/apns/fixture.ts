import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { makeApns } from '../../../src/gateway/apns/provider.ts'
import type { Message, Provider, ProviderDeps, ProviderResult } from '../../../src/gateway/provider.ts'
import { afterTest } from '../../support/after-test.ts'
import { startFakeApns, type FakeApns, type FakeApnsOptions } from '../../support/fake-apns.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { messageOf, providerDeps } from '../message.ts'

export type ApnsFixture = {
  fake: FakeApns
  clock: ManualClock
  provider: Provider
  send: (parts?: Parameters<typeof messageOf>[0], signal?: AbortSignal) => Promise<ProviderResult>
  /** Opens another provider. */
  open: (options?: object) => Promise<Provider>
}

export const DEVICE = 'b29a9b'
export const PUSHKEY = Buffer.from(DEVICE, 'hex').toString('base64')

/** Creates a temporary folder with `files`; it is removed after the test. */
export async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'belfry-gateway-'))
  afterTest(t, () => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 })
  }
  return folder
}

/** A provider with a token, a fake APNs and the clock of both. `options` are the app's. */
export async function startApnsFixture(
  t: TestContext,
  {
    fake: fakeOptions = {},
    options = {},
    deps = {},
  }: {
    fake?: FakeApnsOptions
    options?: object
    deps?: Partial<ProviderDeps>
  } = {},
): Promise<ApnsFixture> {
  const clock = createManualClock()
  const fake = await startFakeApns({ now: () => clock.now(), ...fakeOptions })
  afterTest(t, () => fake[Symbol.asyncDispose]())
  const folder = await folderWith(t, { 'key.p8': fake.privateKey, 'ca.pem': fake.ca })
  const apns = makeApns()
  const open = async (more: object = {}) => {
    const all = {
      keyfile: join(folder, 'key.p8'),
      key_id: fake.keyId,
      team_id: fake.teamId,
      topic: 'org.example.app',
      base_url: fake.url,
      ca_file: join(folder, 'ca.pem'),
      ...options,
      ...more,
    }
    const provider = await apns.open(apns.options.parse(all), providerDeps({ clock, ...deps }))
    afterTest(t, () => provider[Symbol.asyncDispose]())
    return provider
  }
  const provider = await open()
  return {
    fake,
    clock,
    provider,
    open,
    send: (parts, signal = new AbortController().signal) => provider.send(messageOf(parts), signal),
  }
}

/** Messages, each with a device and an event of its own. */
export const messagesFor = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => {
    const device = (0xa0000000 + index).toString(16)
    return messageOf({
      notification: { event_id: `$${index}`, room_id: '!r', type: 'm.room.message', sender: '@a:b' },
      device: { pushkey: Buffer.from(device, 'hex').toString('base64') },
    })
  })

export const bodyOf = (fake: FakeApns, index = -1) =>
  JSON.parse(fake.seen.at(index)?.body ?? 'null') as Record<string, unknown>
