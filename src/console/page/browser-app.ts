/** The app id of a browser that the console has made a device. */
export const BROWSER_APP = 'org.belfry.console'

/** Of `GET /capabilities`. */
export type Capabilities = { capabilities: Record<string, { enabled?: boolean; vapid?: string } | undefined> }

/** The server key for subscriptions (MSC4174); undefined if the server has no pushers of kind `webpush`. */
export function serverKey({ capabilities }: Capabilities): string | undefined {
  const webPush = capabilities['m.webpush']
  return webPush?.enabled === true ? webPush.vapid : undefined
}

/** The part of `POST /pushers/set` that follows from a subscription. `data`: further keys. */
export function pusherOf(subscription: PushSubscription, data: object) {
  const { endpoint, keys = {} } = subscription.toJSON()
  return {
    kind: 'webpush',
    app_id: BROWSER_APP,
    pushkey: keys['p256dh'] ?? '',
    append: true,
    data: { ...data, url: endpoint, auth: keys['auth'] },
  }
}
