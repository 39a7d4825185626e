import type { SendResult } from '../sending/result.ts'
import type { PokeFault } from './poke-fault.ts'
import type { PokeSender } from './send-poke.ts'
import type { WebPushSender } from './web-push.ts'

export type SenderDeps = {
  /** To push gateways. */
  send: PokeSender
  /** To push services; absent: Web Push is disabled. */
  webPush?: WebPushSender | undefined
}

/** A retry, so that no event is lost. */
export const WEB_PUSH_IS_OFF: SendResult<PokeFault> = { kind: 'retry', reason: 'web push is off', ms: 0 }

/** The sender for a kind of pushers. */
export function senderFor({ send, webPush }: SenderDeps, kind: string): PokeSender {
  if (kind !== 'webpush') return send
  return webPush?.send ?? (() => Promise.resolve(WEB_PUSH_IS_OFF))
}
