import { PROFILE_FIELDS } from '../accounts/profile.ts'
import { client, defineRoute, type Route } from '../http/route.ts'

export type CapabilitiesDeps = {
  /** What `createRoom` takes. */
  roomVersions: { default: string; available: readonly string[] }
  /** Whether addresses can be validated. */
  sendsMail?: boolean
  /** Absent where there are no such pushers. */
  webPush?: WebPushCapability | undefined
}

/** Pushers of kind `webpush` (MSC4174). `vapid`: the public key that subscriptions are to be made with, in base64url. */
export type WebPushCapability = { vapid: string }

/** `GET /capabilities` (client-server API, "Capabilities negotiation"). */
export function capabilitiesRoutes({ roomVersions, sendsMail = false, webPush }: CapabilitiesDeps): Route[] {
  const available = Object.fromEntries(roomVersions.available.map((version) => [version, 'stable']))
  const capabilities = {
    'm.room_versions': { default: roomVersions.default, available },
    'm.change_password': { enabled: true },
    'm.set_displayname': { enabled: true },
    'm.set_avatar_url': { enabled: true },
    'm.profile_fields': { enabled: true, allowed: PROFILE_FIELDS },
    'm.3pid_changes': { enabled: sendsMail },
    'm.get_login_token': { enabled: false },
    'm.forget_forced_upon_leave': { enabled: false },
    ...(webPush && {
      'm.webpush': { enabled: true, ...webPush },
      'org.matrix.msc4174.webpush': { enabled: true, ...webPush },
    }),
  }
  return [
    defineRoute({
      method: 'GET',
      path: client('/capabilities'),
      auth: 'user',
      limit: 'default',
      handler: () => ({ capabilities }),
    }),
  ]
}
