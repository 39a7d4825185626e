import { client, defineRoute, type Route } from '../http/route.ts'
import { z } from 'zod'
import { once } from '../lib/once.ts'

export type CapabilitiesDeps = {
  /** The room versions that `createRoom` accepts. */
  roomVersions: { default: string; available: readonly string[] }
  /** Whether the server can send mail to validate addresses. */
  sendsMail?: boolean
  /** Absent: the server has no pushers of kind `webpush`. */
  webPush?: WebPushCapability | undefined
}

/** Pushers of kind `webpush` (MSC4174). `vapid`: the application server key for subscriptions, in base64url. */
export type WebPushCapability = { vapid: string }

const enabled = () => ({ enabled: z.boolean() })
const webPushSchema = once(() =>
  z
    .strictObject({ ...enabled(), vapid: z.string() })
    .describe('MSC4174; vapid: the application server key for subscriptions, in base64url')
    .optional(),
)
const capabilitiesSchema = once(() => {
  const plain = z.strictObject(enabled())
  const capabilities = z.strictObject({
    'm.room_versions': z.strictObject({
      default: z.string(),
      available: z.record(z.string(), z.enum(['stable', 'unstable'])),
    }),
    'm.change_password': plain,
    'm.set_displayname': plain,
    'm.set_avatar_url': plain,
    'm.profile_fields': plain,
    'm.3pid_changes': plain,
    'm.get_login_token': plain,
    'm.forget_forced_upon_leave': plain,
    'm.account_moderation': z
      .strictObject({ suspend: z.boolean(), lock: z.boolean() })
      .describe('For administrators only')
      .optional(),
    'm.webpush': webPushSchema(),
    'org.matrix.msc4174.webpush': webPushSchema(),
  })
  return z.strictObject({ capabilities })
})

const FOR_ADMINISTRATORS = { 'm.account_moderation': { suspend: true, lock: true } }

/** `GET /capabilities` (client-server API, "Capabilities negotiation"). */
export function capabilitiesRoutes({ roomVersions, sendsMail = false, webPush }: CapabilitiesDeps): Route[] {
  const available = Object.fromEntries(roomVersions.available.map((version) => [version, 'stable' as const]))
  const capabilities = {
    'm.room_versions': { default: roomVersions.default, available },
    'm.change_password': { enabled: true },
    'm.set_displayname': { enabled: true },
    'm.set_avatar_url': { enabled: true },
    'm.profile_fields': { enabled: true },
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
      summary: 'The capabilities of the server and of the account',
      response: { 200: capabilitiesSchema },
      handler: ({ requester }) => ({
        capabilities: { ...capabilities, ...(requester.isAdmin && FOR_ADMINISTRATORS) },
      }),
    }),
  ]
}
