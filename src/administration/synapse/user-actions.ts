import { z } from 'zod'
import { administerAccounts } from '../../accounts/administer.ts'
import type { AccountDeps } from '../../accounts/deps.ts'
import { checkAvailable } from '../../accounts/register.ts'
import { nothing, roomId as roomIdOf } from '../../http/response-parts.ts'
import type { Route } from '../../http/route.ts'
import { forbidden } from '../../lib/errors.ts'
import { once } from '../../lib/once.ts'
import { shortHash } from '../../lib/short-hash.ts'
import { parseStored } from '../../lib/json.ts'
import { pushersWithQueue } from '../../pushers/status-store.ts'
import { roomsOfUser } from '../../rooms/membership-store.ts'
import { defineAdminRoute } from '../admin-route.ts'
import { suspendAsAdministrator } from '../moderation.ts'
import { activeTarget, targetAccount } from '../target.ts'

const unbound = once(() => z.strictObject({ id_server_unbind_result: z.literal('success') }))
const adminFlag = once(() => z.strictObject({ admin: z.boolean() }))
const joined = once(() => z.strictObject({ joined_rooms: z.array(roomIdOf()), total: z.int() }))
const available = once(() => z.strictObject({ available: z.literal(true) }))
/** One key, `user_USERID_suspended`, as in Synapse. */
const suspendedUser = once(() => z.record(z.string(), z.boolean()))
const token = once(() => z.strictObject({ access_token: z.string() }))
const pushers = once(() =>
  z.strictObject({
    pushers: z.array(
      z.strictObject({
        app_id: z.string(),
        app_display_name: z.string(),
        device_display_name: z.string(),
        kind: z.string(),
        lang: z.string(),
        profile_tag: z.string(),
        pushkey: z.string().describe('The first digits of its SHA-256: the pushkey itself is secret'),
        data: z.strictObject({ url: z.string().optional(), format: z.string().optional() }),
      }),
    ),
    total: z.int(),
  }),
)

/** Actions on an account in Synapse's admin API. */
export function userActionRoutes(deps: AccountDeps): Route[] {
  return [...accountActions(deps), ...sessionActions(deps), ...roleRoutes(deps), ...readingRoutes(deps)]
}

function accountActions(deps: AccountDeps): Route[] {
  const accounts = administerAccounts(deps)
  return [
    defineAdminRoute({
      method: 'POST',
      path: '/_synapse/admin/v1/deactivate/:userId',
      body: z.object({ erase: z.boolean().default(false) }),
      summary: 'Deactivates an account permanently',
      response: { 200: unbound },
      async handler({ requester, params: { userId }, body, log }) {
        if (requester.userId === userId) throw forbidden('Use /account/deactivate for your own account')
        await activeTarget(deps, userId)
        await accounts.deactivate(userId, body)
        await deps.onDeactivated(userId)
        log.info({ user_id: userId, by: requester.userId }, 'an administrator deactivates an account')
        return { id_server_unbind_result: 'success' as const }
      },
    }),
    defineAdminRoute({
      method: 'POST',
      path: '/_synapse/admin/v1/reset_password/:userId',
      body: z.object({ new_password: z.string(), logout_devices: z.boolean().default(true) }),
      summary: 'Sets a new password for an account',
      response: { 200: nothing },
      errors: { 400: ['M_WEAK_PASSWORD'] },
      async handler({ requester, params: { userId }, body, log }) {
        await activeTarget(deps, userId)
        await accounts.resetPassword(userId, {
          password: body.new_password,
          keepSessions: !body.logout_devices,
        })
        log.info({ user_id: userId, by: requester.userId }, 'an administrator sets a new password')
        return {}
      },
    }),
  ]
}

function sessionActions(deps: AccountDeps): Route[] {
  const accounts = administerAccounts(deps)
  return [
    defineAdminRoute({
      method: 'PUT',
      path: '/_synapse/admin/v1/suspend/:userId',
      body: z.object({ suspend: z.boolean() }),
      summary: 'Suspends an account, or ends its suspension',
      response: { 200: suspendedUser },
      async handler({ requester, params: { userId }, body }) {
        await suspendAsAdministrator(deps, { requester, userId, isRestricted: body.suspend })
        return { [`user_${userId}_suspended`]: body.suspend }
      },
    }),
    defineAdminRoute({
      method: 'POST',
      path: '/_synapse/admin/v1/users/:userId/login',
      body: z.object({ device_id: z.string().optional() }),
      summary: 'An access token for an account, on a device of its own',
      response: { 200: token },
      async handler({ requester, params: { userId }, body, log }) {
        await activeTarget(deps, userId)
        const device = { deviceId: body.device_id, displayName: `Login of ${requester.userId}` }
        const session = await accounts.login(userId, device)
        log.warn({ user_id: userId, by: requester.userId }, 'an administrator logs in as a user')
        return { access_token: session.access_token }
      },
    }),
  ]
}

function roleRoutes(deps: AccountDeps): Route[] {
  const accounts = administerAccounts(deps)
  return [
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/admin',
      summary: 'Whether an account is an administrator',
      response: { 200: adminFlag },
      handler: async ({ params: { userId } }) => ({
        admin: (await targetAccount(deps, userId)).is_admin === 1,
      }),
    }),
    defineAdminRoute({
      method: 'PUT',
      path: '/_synapse/admin/v1/users/:userId/admin',
      body: z.object({ admin: z.boolean() }),
      summary: 'Makes an account an administrator, or an ordinary account',
      response: { 200: nothing },
      async handler({ requester, params: { userId }, body, log }) {
        if (requester.userId === userId && !body.admin) throw forbidden('You cannot demote your own account')
        await activeTarget(deps, userId)
        await accounts.changeRole(userId, body.admin)
        log.info({ user_id: userId, by: requester.userId, ...body }, 'an administrator changes a role')
        return {}
      },
    }),
  ]
}

function readingRoutes(deps: AccountDeps): Route[] {
  const { db } = deps
  return [
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/joined_rooms',
      summary: 'The rooms that a user has joined',
      response: { 200: joined },
      async handler({ params: { userId } }) {
        await targetAccount(deps, userId)
        const rooms = (await roomsOfUser(db, userId, ['join'])).map((row) => row.room_id)
        return { joined_rooms: rooms, total: rooms.length }
      },
    }),
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/pushers',
      summary: 'The pushers of a user, without their push keys',
      response: { 200: pushers },
      async handler({ params: { userId } }) {
        await targetAccount(deps, userId)
        const rows = await db.all(pushersWithQueue, { userId })
        return { pushers: rows.map(pusherView), total: rows.length }
      },
    }),
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/username_available',
      query: z.object({ username: z.string() }),
      summary: 'Checks that a user name is available',
      response: { 200: available },
      errors: { 400: ['M_USER_IN_USE', 'M_INVALID_USERNAME', 'M_EXCLUSIVE'] },
      async handler({ query }) {
        await checkAvailable({ ...deps, openRegistration: true }, query.username)
        return { available: true as const }
      },
    }),
  ]
}

function pusherView(row: {
  app_id: string
  app_display_name: string
  device_display_name: string
  kind: string
  lang: string
  handle: string | null
  pushkey: string
  data: string
}) {
  const { url, format } = parseStored(row.data)
  return {
    app_id: row.app_id,
    app_display_name: row.app_display_name,
    device_display_name: row.device_display_name,
    kind: row.kind,
    lang: row.lang,
    profile_tag: row.handle ?? '',
    pushkey: shortHash(row.pushkey),
    data: {
      ...(typeof url === 'string' && { url }),
      ...(typeof format === 'string' && { format }),
    },
  }
}
