import type { Clock } from '../../lib/clock.ts'
import type { GuardedAgent } from '../../lib/outbound/guarded-agent.ts'
import { judgeFault, postToEndpoint } from '../endpoint.ts'
import type { Message, ProviderResult } from '../provider.ts'
import { urgencyOf } from '../urgency.ts'
import { resultOf } from './result.ts'

export type SendDeps = { agent: GuardedAgent; clock: Clock }

/** `ttl`: the most, in seconds. */
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
    // It is not encrypted. But servers of the newer kind take Web Push alone, and know it by this header; the older kind, and
    // the gateways that are in use, live with it.
    'content-encoding': 'aes128gcm',
    'content-type': 'application/json',
    ttl: String(Math.max(0, Math.min(ttl, left))),
    urgency: urgencyOf(message.notification),
  }
  const answer = await postToEndpoint({ agent, clock }, url, { headers, body: text, signal })
  return typeof answer === 'string' ? judgeFault(answer) : resultOf(answer)
}
