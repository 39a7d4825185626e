import { z } from 'zod'
import type { AccountDeps } from '../../accounts/deps.ts'
import { administerAccounts } from '../../accounts/administer.ts'
import { createUser } from '../../accounts/register.ts'
import { lockAccount } from '../../accounts/restrict.ts'
import { setProfileField } from '../../accounts/profile.ts'
import { threepidsOfUser } from '../../accounts/threepids-store.ts'
import { devicesOfUser } from '../../accounts/devices-store.ts'
import { userById } from '../../accounts/users-store.ts'
import { named } from '../../http/response.ts'
import { reply, type Requester, type Route } from '../../http/route.ts'
import { queryBoolean } from '../../http/schema.ts'
import { forbidden, invalidParam, missingParam } from '../../lib/errors.ts'
import { localpartOf, serverOf, type UserId } from '../../lib/ids.ts'
import { defineAdminRoute } from '../admin-route.ts'
import { targetAccount } from '../target.ts'
import { BOTH, containing, flag, nextPage, pageQuery } from './paging.ts'
import { countUsers, usersAscending, usersDescending } from './user-store.ts'

/**
 * What every list and the details have. Keys of features that this server does not have are there with their
 * empty values, because clients read them.
 */
const userKeys = () => ({
  name: z.string(),
  displayname: z.string().nullable(),
  avatar_url: z.string().nullable(),
  is_guest: z.literal(false),
  admin: z.boolean(),
  user_type: z.null(),
  deactivated: z.boolean(),
  erased: z.literal(false),
  shadow_banned: z.literal(false),
  locked: z.boolean(),
  suspended: z.boolean(),
  creation_ts: z.int(),
  last_seen_ts: z.int().nullable(),
})
const listedUser = named('AdminListedUser', () => z.strictObject(userKeys()))
const userList = named('AdminUserList', () =>
  z.strictObject({ users: z.array(listedUser()), total: z.int(), next_token: z.string().optional() }),
)
const userDetails = named('AdminUser', () =>
  z.strictObject({
    ...userKeys(),
    threepids: z.array(
      z.strictObject({
        medium: z.literal('email'),
        address: z.string(),
        added_at: z.int(),
        validated_at: z.int(),
      }),
    ),
    external_ids: z.array(z.never()),
    appservice_id: z.null(),
    consent_server_notice_sent: z.null(),
    consent_version: z.null(),
    consent_ts: z.null(),
  }),
)

const listQuery = z.object({
  ...pageQuery,
  user_id: z.string().optional(),
  name: z.string().optional(),
  guests: queryBoolean.optional(),
  admins: queryBoolean.optional(),
  deactivated: queryBoolean.optional(),
  locked: queryBoolean.optional(),
  order_by: z
    .enum([
      'name',
      'is_guest',
      'admin',
      'user_type',
      'deactivated',
      'shadow_banned',
      'displayname',
      'avatar_url',
      'creation_ts',
      'last_seen_ts',
    ])
    .default('name'),
})

const changes = z.object({
  password: z.string().optional(),
  logout_devices: z.boolean().default(true),
  displayname: z.string().nullable().optional(),
  avatar_url: z.string().nullable().optional(),
  admin: z.boolean().optional(),
  deactivated: z.boolean().optional(),
  locked: z.boolean().optional(),
})

/** The accounts in Synapse's admin API: lists, details, creation and changes. */
export function userRoutes(deps: AccountDeps): Route[] {
  return [listRoute(deps, 'v2'), listRoute(deps, 'v3'), detailsRoute(deps), changeRoute(deps)]
}

/** In v2 `deactivated` adds these accounts; in v3 it filters, and without it all are listed. */
function listRoute({ db }: AccountDeps, version: 'v2' | 'v3'): Route {
  return defineAdminRoute({
    method: 'GET',
    path: `/_synapse/admin/${version}/users` as '/_synapse/admin/v2/users',
    query: listQuery,
    summary: 'The accounts of the server',
    response: { 200: userList },
    handler: ({ query }) =>
      db.snapshot(async (q) => {
        const isLater = version === 'v3'
        const filter = {
          pattern: containing((query.name ?? query.user_id ?? '').toLowerCase()),
          searchesNames: query.name === undefined ? (0 as const) : (1 as const),
          admins: flag(query.admins),
          deactivated: isLater ? flag(query.deactivated) : query.deactivated === true ? BOTH : (0 as const),
          locked: query.locked === true ? BOTH : (0 as const),
        }
        const { from, limit, order_by: orderBy } = query
        const list = query.dir === 'f' ? usersAscending : usersDescending
        const rows = await q.all(list, { ...filter, from, limit, orderBy })
        const total = Number((await q.first(countUsers, filter))?.count ?? 0)
        const { next_token: next } = nextPage('next_token', { from, total, count: rows.length })
        return {
          users: rows.map((row) => userView(row, row.created_at)),
          total,
          ...(next !== undefined && { next_token: String(next) }),
        }
      }),
  })
}

type ViewedUser = {
  user_id: UserId
  displayname: string | null
  avatar_url: string | null
  is_admin: 0 | 1
  deactivated_at: number | null
  locked_at: number | null
  suspended_at: number | null
  last_seen_at: number | null
}

const userView = (row: ViewedUser, creationTs: number) => ({
  name: row.user_id,
  displayname: row.displayname,
  avatar_url: row.avatar_url,
  is_guest: false as const,
  admin: row.is_admin === 1,
  user_type: null,
  deactivated: row.deactivated_at !== null,
  erased: false as const,
  shadow_banned: false as const,
  locked: row.locked_at !== null,
  suspended: row.suspended_at !== null,
  creation_ts: creationTs,
  last_seen_ts: row.last_seen_at,
})

function detailsRoute(deps: AccountDeps): Route {
  return defineAdminRoute({
    method: 'GET',
    path: '/_synapse/admin/v2/users/:userId',
    summary: 'An account of the server',
    response: { 200: userDetails },
    handler: ({ params: { userId } }) => detailsOf(deps, userId),
  })
}

async function detailsOf(deps: AccountDeps, userId: UserId) {
  const user = await targetAccount(deps, userId)
  const devices = await deps.db.all(devicesOfUser, { userId })
  const seen = devices.map(({ last_seen_ts: at }) => at ?? 0)
  const threepids = await deps.db.all(threepidsOfUser, { userId })
  const lastSeen = seen.length === 0 ? null : Math.max(...seen) || null
  return {
    // In seconds here, in milliseconds in the lists: as in Synapse.
    ...userView({ ...user, last_seen_at: lastSeen }, Math.floor(user.created_at / 1000)),
    threepids: threepids.map(({ address, added_at: added, validated_at: validated }) => ({
      medium: 'email' as const,
      address,
      added_at: added,
      validated_at: validated,
    })),
    external_ids: [],
    appservice_id: null,
    consent_server_notice_sent: null,
    consent_version: null,
    consent_ts: null,
  }
}

function changeRoute(deps: AccountDeps): Route {
  return defineAdminRoute({
    method: 'PUT',
    path: '/_synapse/admin/v2/users/:userId',
    body: changes,
    summary: 'Creates an account, or changes it',
    response: { 200: userDetails, 201: userDetails },
    errors: {
      400: [
        'M_INVALID_USERNAME',
        'M_WEAK_PASSWORD',
        'M_USER_IN_USE',
        'M_KEY_TOO_LARGE',
        'M_PROFILE_TOO_LARGE',
      ],
    },
    async handler({ requester, params: { userId }, body, log }) {
      const isNew = await createMissing(deps, userId, body)
      await applyChanges(deps, requester, { userId, isNew, body })
      log.info(
        { user_id: userId, by: requester.userId, is_new: isNew },
        'an administrator changes an account',
      )
      return reply(isNew ? 201 : 200, await detailsOf(deps, userId))
    },
  })
}

type Changes = z.output<typeof changes>

/** Resolves to whether the account was created. */
async function createMissing(
  deps: AccountDeps,
  userId: UserId,
  { password, admin = false, deactivated }: Changes,
): Promise<boolean> {
  if (serverOf(userId) !== deps.serverName)
    throw invalidParam(`${userId} is not a user of this server (${deps.serverName})`)
  if ((await deps.db.first(userById, { userId })) !== undefined) return false
  if (password === undefined) throw missingParam(['password'])
  if (deactivated === true) throw invalidParam('A new account cannot be deactivated')
  await createUser(deps, { name: localpartOf(userId), password, admin })
  return true
}

async function applyChanges(
  deps: AccountDeps,
  requester: Requester,
  { userId, isNew, body }: { userId: UserId; isNew: boolean; body: Changes },
): Promise<void> {
  const account = await targetAccount(deps, userId)
  const own = requester.userId === userId
  if (own && (body.admin === false || body.deactivated === true || body.locked === true))
    throw forbidden('You cannot demote, deactivate or lock your own account')
  if (account.deactivated_at !== null) {
    if (body.deactivated === false) throw invalidParam('A deactivated account cannot be activated again')
    return
  }
  const accounts = administerAccounts(deps)
  const { password } = body
  if (password !== undefined && !isNew)
    await accounts.resetPassword(userId, { password, keepSessions: !body.logout_devices })
  if (body.admin !== undefined && body.admin !== (account.is_admin === 1))
    await accounts.changeRole(userId, body.admin)
  for (const field of ['displayname', 'avatar_url'] as const) {
    const value = body[field]
    if (value !== undefined) await setProfileField(deps, userId, { field, value: value ?? '' })
  }
  if (body.locked !== undefined) await lockAccount(deps, userId, body.locked)
  if (body.deactivated === true) await accounts.deactivate(userId, { erase: false })
}
