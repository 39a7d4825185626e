import { threadSubscriptionsSince } from '../../relations/subscriptions.ts'
import { START } from '../../../storage/stream-point.ts'
import type { Extension } from './extension.ts'
import { hasExtension } from './known-extensions.ts'

/**
 * `io.element.msc4308.thread_subscriptions` (MSC4308): the newest changes of the user's thread subscriptions.
 * On a new connection, only subscriptions. When the limit leaves changes out, `prev_batch` is the `from` for
 * `GET /thread_subscriptions`.
 */
export const threadSubscriptionsExtension: Extension = async (context) => {
  const wanted = context.requests.threadSubscriptions
  if (!wanted) return undefined
  const { read, viewer, since, now, known } = context
  const after = hasExtension(known, 'threadSubscriptions') ? (since?.position ?? START) : START
  const request = { userId: viewer.userId, after, upTo: now.position, limit: wanted.limit }
  const { subscribed, unsubscribed, end } = await threadSubscriptionsSince(read, request)
  const part = {
    ...(Object.keys(subscribed).length > 0 && { subscribed }),
    ...(since && Object.keys(unsubscribed).length > 0 && { unsubscribed }),
    ...(end !== undefined && { prev_batch: end }),
  }
  return { part, hasNews: Object.keys(part).length > 0 }
}
