import type { SendResult } from '../sending/result.ts'
import type { PokeFault } from './poke-fault.ts'
import type { PokeSender } from './send-poke.ts'
import type { WebPushSender } from './web-push.ts'

export type SenderDeps = {
  /** To push gateways. */
  send: PokeSender
  /** To push services of browsers; absent: the operator has switched that off. */
  webPush?: WebPushSender | undefined
}

/** Nothing is lost by it: it is tried again. */
export const WEB_PUSH_IS_OFF: SendResult<PokeFault> = { kind: 'retry', reason: 'web push is off', ms: 0 }

/** What sends pokes to pushers of a kind. */
export function senderFor({ send, webPush }: SenderDeps, kind: string): PokeSender {
  if (kind !== 'webpush') return send
  return webPush?.send ?? (() => Promise.resolve(WEB_PUSH_IS_OFF))
}
