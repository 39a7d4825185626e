import { PROFILE_FIELDS } from '../accounts/profile.ts'
import { client, defineRoute, type Route } from '../http/route.ts'

/** `roomVersions`: what `createRoom` takes. */
export type CapabilitiesDeps = {
  roomVersions: { default: string; available: readonly string[] }
  /** Whether addresses can be validated. */
  sendsMail?: boolean
}

/** `GET /capabilities` (client-server API, "Capabilities negotiation"). */
export function capabilitiesRoutes({ roomVersions, sendsMail = false }: CapabilitiesDeps): Route[] {
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
