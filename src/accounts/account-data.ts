import type { Bus } from '../cluster/bus.ts'
import type { Quotas } from '../config/limits-schema.ts'
import type { AccountDeps } from './deps.ts'
import { invalidParam, MatrixError, notFound, tooMany, tooMuch } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { nextPosition } from '../storage/stream.ts'
import { accountDataOfType, accountDataUsage, upsertAccountData } from './account-data-store.ts'
import { ownerFactChanged } from '../user-rules/owner-fact-changed.ts'
import { replaceIgnored } from './ignored-users.ts'
import { blocksInvitationsIn, INVITE_PERMISSION, UNSTABLE_INVITE_PERMISSION } from './invite-permission.ts'
import { setBlocksInvitations } from './users-store.ts'
import { rulesetOf, type RuleSettings } from '../user-rules/read-rules.ts'

/** Account data; `roomId` is '' for data of the whole account (client-server API, "Client config"). */
export type AccountDataKey = { userId: UserId; roomId: RoomId | ''; type: string }

const PUSH_RULES = 'm.push_rules'
const IGNORED_USERS = 'm.ignored_user_list'
/** These types have endpoints of their own. */
const SERVER_MANAGED_TYPES = new Set([PUSH_RULES, 'm.fully_read'])
/** They decide of which events of all rooms the user is notified. */
const HIDING_TYPES = new Set([IGNORED_USERS, INVITE_PERMISSION, UNSTABLE_INVITE_PERMISSION])
const MAX_TYPE_BYTES = 255

/**
 * Sets account data for a client.
 * @throws MatrixError 405 `M_BAD_JSON` for a type that the server maintains; 400 for a type that is too long; 403 or
 * 413 over a quota
 */
export async function setAccountData(
  deps: Pick<AccountDeps, 'db' | 'bus' | 'quotas' | 'onUsersIgnored' | 'onRulesChanged'>,
  key: AccountDataKey,
  content: JsonObject,
): Promise<void> {
  if (SERVER_MANAGED_TYPES.has(key.type)) {
    throw new MatrixError(
      405,
      'M_BAD_JSON',
      `${key.type} cannot be set as account data. Use the endpoints for this type`,
    )
  }
  if (Buffer.byteLength(key.type) > MAX_TYPE_BYTES) {
    throw invalidParam(`The type must not be longer than ${MAX_TYPE_BYTES} bytes`)
  }
  await deps.db.transaction(
    async (tx) => {
      await checkAccountDataQuota(tx, deps.quotas, {
        ...key,
        bytes: Buffer.byteLength(JSON.stringify(content)),
      })
      await writeAccountData(deps, tx, { ...key, content })
      const { userId } = key
      if (key.roomId !== '') {
        if (key.type === 'm.tag') await ownerFactChanged(deps, tx, { userId, fact: 'tags' })
        return
      }
      if (key.type === IGNORED_USERS)
        await deps.onUsersIgnored(tx, { userId, ignored: await replaceIgnored(tx, userId, content) })
      const blocksInvitations = blocksInvitationsIn(key.type, content)
      if (blocksInvitations === undefined) return
      await tx.run(setBlocksInvitations, { userId, isBlocking: blocksInvitations ? 1 : 0 })
      await deps.onUsersIgnored(tx, { userId, ignored: [], blocksInvitations })
    },
    { orderedBy: key.userId, inAllShards: key.roomId === '' && HIDING_TYPES.has(key.type) },
  )
}

/** An existing entry may always be replaced by one that is not larger. */
export async function checkAccountDataQuota(
  tx: Queries,
  { account_data_bytes, account_data_entries }: Quotas,
  { bytes, ...key }: AccountDataKey & { bytes: number },
): Promise<void> {
  const usage = await tx.first(accountDataUsage, key)
  if (!usage) return
  const { entries, bytes: others, present } = usage
  const size = bytes + Buffer.byteLength(key.type)
  if (present !== null && size <= present) return
  if (present === null && entries >= account_data_entries)
    throw tooMany(
      'quotas.account_data_entries',
      `You have ${entries} entries of account data and cannot add more. Overwrite an existing type instead`,
    )
  if (others + size > account_data_bytes)
    throw tooMuch(
      'quotas.account_data_bytes',
      `Your account data must not be larger than ${account_data_bytes} bytes in total, and would have ${others + size}. Make some of it smaller first`,
    )
}

/**
 * Writes account data of any type, and wakes the user's syncs. An unchanged value also gets a new position, because
 * clients wait for the echo. Resolves to its position.
 */
export async function writeAccountData(
  deps: { bus: Bus },
  tx: Transaction,
  { content, ...key }: AccountDataKey & { content: JsonObject },
): Promise<number> {
  const position = await nextPosition(tx)
  await tx.run(upsertAccountData, { ...key, content: JSON.stringify(content), position })
  tx.onCommit(() => deps.bus.publish(`user:${key.userId}`))
  return position
}

/** @throws MatrixError 404 when there is no data of this type */
export async function getAccountData(
  q: Queries,
  key: AccountDataKey,
  settings: RuleSettings,
): Promise<JsonObject> {
  if (key.type === PUSH_RULES && key.roomId === '') return pushRulesContent(q, key.userId, settings)
  const row = await q.first(accountDataOfType, key)
  if (!row) throw notFound('There is no account data of this type')
  return parseStored(row.content)
}

/**
 * The content of `m.push_rules`, which is built from the rules and never stored. `device` is present only when there
 * are device rules, because current clients do not expect it.
 */
export async function pushRulesContent(
  q: Queries,
  userId: UserId,
  settings: RuleSettings,
): Promise<JsonObject> {
  const { global, device } = await rulesetOf(q, userId, settings)
  const shown = { global, ...(device.size > 0 && { device: Object.fromEntries(device) }) }
  return shown as unknown as JsonObject
}
