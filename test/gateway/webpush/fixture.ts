import type { TestContext } from 'node:test'
import { makeEndpointAgent } from '../../../src/gateway/endpoint.ts'
import type { ProviderResult } from '../../../src/gateway/provider.ts'
import { sendWebPush, type WebPushDeps, type WebPushMessage } from '../../../src/gateway/webpush/send.ts'
import { makeVapidKey } from '../../../src/gateway/webpush/credentials.ts'
import { createVapid } from '../../../src/gateway/webpush/token.ts'
import { makeIpPolicy } from '../../../src/lib/outbound/ip-policy.ts'
import { afterTest } from '../../support/after-test.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import {
  type BrowserSubscription,
  type PushService,
  type PushServiceOptions,
  startPushService,
} from '../../support/push-service.ts'

export type WebPushFixture = {
  clock: ManualClock
  service: PushService
  deps: WebPushDeps
  /** Sends a message to the given subscription, or else to a new one. */
  send: (more?: Partial<WebPushMessage>, signal?: AbortSignal) => Promise<ProviderResult>
}

/** A push service on loopback, and the dependencies of `sendWebPush`. */
export async function startWebPushFixture(
  t: TestContext,
  options: PushServiceOptions = {},
  clock = createManualClock(),
): Promise<WebPushFixture> {
  const service = await startPushService({ now: () => clock.now(), ...options })
  afterTest(t, () => service[Symbol.asyncDispose]())
  const agent = makeEndpointAgent({ policy: makeIpPolicy(['127.0.0.0/8']) })
  afterTest(t, () => agent[Symbol.asyncDispose]())
  const vapid = createVapid(makeVapidKey().key, 'mailto:push@belfry.example', clock)
  const deps = { agent, clock, vapid }
  return {
    clock,
    service,
    deps,
    send: (more, signal) => sendWebPush(deps, messageTo(service.subscribe(), more), signal),
  }
}

export function messageTo(
  { endpoint, keys }: BrowserSubscription,
  more: Partial<WebPushMessage> = {},
): WebPushMessage {
  return {
    endpoint,
    ...keys,
    payload: Buffer.from('{"hello":"there"}'),
    ttl: 900,
    urgency: 'normal',
    ...more,
  }
}
