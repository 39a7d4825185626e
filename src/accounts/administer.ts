import { forbidden, invalidParam, notFound } from '../lib/errors.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { closeAccount } from './account.ts'
import type { AccountDeps } from './deps.ts'
import { checkDevice, checkNewPassword, isReserved, knownAs } from './names.ts'
import { createUser } from './register.ts'
import { lockAccount, suspendAccount } from './restrict.ts'
import { removeAllDevices, startSession } from './sessions.ts'
import { accountsAfter, setAdmin, setPasswordHash, userById } from './users-store.ts'

// The operator's changes to accounts (`belfry user …`). They work without a server and beside a running one: all
// state is in the database, and a running server reads tokens, passwords and roles from it at each request. They
// write no events: the server leaves the rooms of a closed account (`rooms/leave-all-rooms.ts`).

/** Times are in milliseconds since the Unix epoch. */
export type AccountSummary = {
  user_id: UserId
  is_admin: boolean
  created_at: number
  deactivated_at: number | null
  locked_at: number | null
  suspended_at: number | null
  devices: number
  /** The latest request of any device of the account. */
  last_seen_at: number | null
}

type Changed = Promise<{ userId: UserId }>

/**
 * `name`: a user name or a full user id of this server. Methods throw a `MatrixError` with status 400 for an invalid
 * name, and with 404 when there is no active account of that name.
 */
export type AccountAdministration = {
  add(account: { name: string; password: string; admin: boolean }): Changed
  /** By user id, without the server's internal accounts. */
  list(): Promise<AccountSummary[]>
  /** Unless `keepSessions` is set, the devices are logged out and their pushers removed. */
  resetPassword(name: string, to: { password: string; keepSessions: boolean }): Changed
  /** Like `POST /account/deactivate`. The running server, or the next start, leaves the rooms. */
  deactivate(name: string, options: { erase: boolean }): Changed
  /** Makes an account an administrator of the server, or an ordinary account again. */
  changeRole(name: string, isAdmin: boolean): Changed
  /**
   * Gives a device of the account a new access token, without a password. A known device keeps its name, and
   * its previous token ends. `deviceId`: absent, a new device.
   */
  login(
    name: string,
    device: { deviceId: string | undefined; displayName: string | undefined },
  ): Promise<{ user_id: UserId; device_id: DeviceId; access_token: string }>
  /** A locked account cannot be used; its sessions continue after it is unlocked. */
  lock(name: string, isLocked: boolean): Changed
  /** The user of a suspended account can read, leave rooms and redact their own events. */
  suspend(name: string, isSuspended: boolean): Changed
}

export function administerAccounts(deps: AccountDeps): AccountAdministration {
  const { db, serverName } = deps
  return {
    add: async (account) => ({
      userId: await createUser(deps, { ...account, name: localName(account.name, serverName) }),
    }),
    list: () => listAccounts(db),
    async resetPassword(name, { password, keepSessions }) {
      checkNewPassword(password)
      const userId = await activeAccount(deps, name)
      const passwordHash = await deps.passwords.hash(password)
      await db.transaction(
        async (tx) => {
          if ((await tx.run(setPasswordHash, { userId, passwordHash })) === 0) throw deactivated(userId)
          if (!keepSessions) await removeAllDevices(deps, tx, { userId })
        },
        { orderedBy: userId, inOwnGroup: true },
      )
      return { userId }
    },
    async deactivate(name, options) {
      const userId = await activeAccount(deps, name)
      await db.transaction((tx) => closeAccount(deps, tx, { userId, erase: options.erase }), {
        orderedBy: userId,
        inAllShards: true,
      })
      return { userId }
    },
    async changeRole(name, isAdmin) {
      const userId = await activeAccount(deps, name)
      const changed = await db.transaction((tx) => tx.run(setAdmin, { userId, isAdmin: isAdmin ? 1 : 0 }))
      if (changed === 0) throw deactivated(userId)
      return { userId }
    },
    login: (name, device) => loginAsOperator(deps, name, device),
    async lock(name, isLocked) {
      const userId = await activeAccount(deps, name)
      await lockAccount(deps, userId, isLocked)
      return { userId }
    },
    async suspend(name, isSuspended) {
      const userId = await activeAccount(deps, name)
      await suspendAccount(deps, userId, isSuspended)
      return { userId }
    },
  }
}

async function loginAsOperator(
  deps: AccountDeps,
  name: string,
  { deviceId, displayName }: { deviceId: string | undefined; displayName: string | undefined },
) {
  checkDevice(deviceId, displayName)
  const userId = await activeAccount(deps, name)
  const session = await deps.db.transaction(
    async (tx) => {
      // M_USER_LOCKED would tell the client of an administrator that their own account is locked.
      if ((await tx.first(userById, { userId }))?.locked_at)
        throw forbidden(`The account ${userId} is locked: unlock it before a login`)
      const wanted = { deviceId: deviceId as DeviceId | undefined, displayName, address: null }
      return startSession(deps, tx, { ...wanted, userId })
    },
    { orderedBy: userId },
  )
  return { user_id: userId, device_id: session.deviceId, access_token: session.accessToken }
}

const PAGE = 1000

async function listAccounts(q: Queries): Promise<AccountSummary[]> {
  const accounts: AccountSummary[] = []
  for (let after = ''; ;) {
    const page = await q.all(accountsAfter, { after, limit: PAGE })
    for (const row of page)
      if (!isReserved(row.user_id))
        accounts.push({ ...row, is_admin: row.is_admin === 1, devices: Number(row.devices) })
    if (page.length < PAGE) return accounts
    after = page.at(-1)?.user_id ?? after
  }
}

/** Returns the user name for a full user id of this server; any other text unchanged. */
function localName(name: string, serverName: string): string {
  if (!name.startsWith('@')) return name
  if (!name.endsWith(`:${serverName}`)) throw wrongServer(name, serverName)
  return name.slice(1, -serverName.length - 1)
}

async function activeAccount(
  { db, serverName }: Pick<AccountDeps, 'db' | 'serverName'>,
  name: string,
): Promise<UserId> {
  const userId = knownAs(name, serverName)
  if (userId === undefined) throw wrongServer(name, serverName)
  if (isReserved(userId)) throw invalidParam(`${userId} is an internal account of the server`)
  const user = await db.first(userById, { userId })
  if (user === undefined) throw notFound(`There is no account ${userId}`)
  if (user.deactivated_at !== null) throw deactivated(userId)
  return userId
}

function deactivated(userId: UserId) {
  return notFound(`The account ${userId} is deactivated, which cannot be undone`)
}

function wrongServer(name: string, serverName: string) {
  return invalidParam(`"${name}" is not a user of this server (${serverName})`)
}
