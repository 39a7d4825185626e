import type { NamedConfig } from '../config/schema.ts'
import { checkGatewayUrl, checkPushResource, NOTIFY_PATH } from '../delivery/gateway-url.ts'
import { makeLazySender } from '../delivery/lazy-sender.ts'
import { makeLazyWebPush } from '../delivery/lazy-web-push.ts'
import { createEvents } from '../lib/events.ts'
import { makeIpPolicy } from '../lib/outbound/ip-policy.ts'
import { withoutFor } from '../lib/outbound/no-proxy.ts'
import type { Environment } from '../process/environment.ts'
import { type PusherDeps } from '../pushers/set-pusher.ts'
import type { FromOutside } from './inputs.ts'

export type OutboundParts = ReturnType<typeof createSending>

/** What pokes go out through, and where they may go. */
export function createSending(
  config: NamedConfig,
  { clock, log, metrics, wordsOf, ca, lookup, own, vapid }: Environment & FromOutside,
) {
  const policy = makeIpPolicy(config.push.allow_ip_ranges)
  /** Under which URLs this server's own gateway can be reached. */
  const ownUrls = config.public_url === undefined ? [] : [config.public_url]
  const isOwnGateway = (url: URL) => ownUrls.some((own) => url.href === own + NOTIFY_PATH)

  const outbound = {
    policy,
    lookup,
    ca,
    proxy: withoutFor(config.push.proxy, config.push.no_proxy),
    connectionsPerOrigin: config.push.connections_per_gateway,
    clock,
  }
  const sender = makeLazySender({
    ...outbound,
    inProcess: (url) => (isOwnGateway(url) ? own.inProcess : undefined),
  })
  const events = createEvents({ log, metrics, clock })
  const webPush = vapid && makeLazyWebPush({ ...outbound, wordsOf, vapid, events })
  const sending = { send: sender.send, webPush, events, wordsOf, includeContent: config.push.include_content }
  const checkUrl: PusherDeps['checkUrl'] = (url, kind) =>
    kind === 'webpush'
      ? checkPushResource(url, { policy, lookup })
      : checkGatewayUrl(url, { policy, lookup, isOwnGateway })
  return { sender, events, webPush, sending, checkUrl, ownUrls, isOwnGateway }
}
