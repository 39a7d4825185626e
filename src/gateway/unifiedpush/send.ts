import type { Clock } from '../../lib/clock.ts'
import type { GuardedAgent } from '../../lib/outbound/guarded-agent.ts'
import { judgeFault, postToEndpoint } from '../endpoint.ts'
import type { Message, ProviderResult } from '../provider.ts'
import { urgencyOf } from '../urgency.ts'
import { resultOf } from './result.ts'

export type SendDeps = { agent: GuardedAgent; clock: Clock }

/** `ttl`: the longest, in seconds. */
export type UnifiedPushRequest = {
  url: URL
  message: Message
  text: string
  ttl: number
  signal: AbortSignal
}

/** Posts a payload to the address of a device. Never rejects; an abort is a `retry`. */
export async function sendUnifiedPush(
  { agent, clock }: SendDeps,
  { url, message, text, ttl, signal }: UnifiedPushRequest,
): Promise<ProviderResult> {
  const left = Math.floor((message.expiresAt - clock.now()) / 1000)
  const headers = {
    // The body is not encrypted. But newer servers accept only Web Push and recognise it by this header;
    // older ones, and existing gateways, accept the header.
    'content-encoding': 'aes128gcm',
    'content-type': 'application/json',
    ttl: String(Math.max(0, Math.min(ttl, left))),
    urgency: urgencyOf(message.notification),
  }
  const response = await postToEndpoint({ agent, clock }, url, { headers, body: text, signal })
  return typeof response === 'string' ? judgeFault(response) : resultOf(response)
}
