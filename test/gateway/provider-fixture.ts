import type { TestContext } from 'node:test'
import type { z } from 'zod'
import { parseNotification } from '../../src/gateway/notification.ts'
import type { Message, Provider, ProviderDeps, ProviderType } from '../../src/gateway/provider.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { afterTest } from '../support/after-test.ts'
import { wordsOf } from '../support/words.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'

export type OpenedProvider = { provider: Provider; clock: ManualClock }

/** Opens a provider as the gateway does. Loopback addresses are allowed, and names resolve to 127.0.0.1. */
export async function openProvider<Options extends z.ZodType>(
  t: TestContext,
  type: ProviderType<Options>,
  options: unknown,
  more: Partial<ProviderDeps> & { clock?: ManualClock } = {},
): Promise<OpenedProvider> {
  const clock = more.clock ?? createManualClock()
  const provider = await type.open(type.options.parse(options), {
    random: systemRandom,
    log: silentLog,
    wordsOf,
    metrics: createMetrics({ processMetrics: false }),
    policy: makeIpPolicy(['127.0.0.0/8']),
    lookup: async () => ['127.0.0.1'],
    appId: 'org.example.web',
    ...more,
    clock,
  })
  afterTest(t, () => provider[Symbol.asyncDispose]())
  return { provider, clock }
}

export const EVENT = {
  event_id: '$event:example.org',
  room_id: '!room:example.org',
  room_name: 'Lunch',
  type: 'm.room.message',
  sender: '@bob:example.org',
  sender_display_name: 'Bob',
  prio: 'high',
  content: { msgtype: 'm.text', body: 'Soup today' },
  counts: { unread: 3 },
}

/** A message for one device that expires in an hour. */
export function messageFor(
  device: { pushkey: string; data?: Record<string, unknown> },
  notification: Record<string, unknown> = EVENT,
  clock: ManualClock = createManualClock(),
): Message {
  const body = { notification: { ...notification, devices: [{ app_id: 'org.example.web', ...device }] } }
  const { notification: parsed } = parseNotification(structuredClone(body))
  const [first] = parsed.devices
  if (first === undefined) throw new Error('no device')
  return { device: first, notification: parsed, expiresAt: clock.now() + 3_600_000, attempt: 1 }
}
