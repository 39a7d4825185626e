import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Notification } from './notification.ts'

/** `membership` beside `content` is the older place. Some home servers send only that, some none. */
export function isInvitation({ user_is_target: isTarget, membership, content }: Notification): boolean {
  return isTarget === true && (membership ?? content?.membership) === 'invite'
}

export function isVideoCall(content: Notification['content']): boolean {
  const offer = content?.offer
  const sdp = isJsonObject(offer) ? (offer as JsonObject).sdp : undefined
  return typeof sdp === 'string' && sdp.includes('m=video')
}
