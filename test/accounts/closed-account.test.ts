import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from '../support/after-test.ts'
import { PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

// Every column with a user id, and what happens to its rows when the account closes (`accounts/account.ts`):
// they are removed, they are removed if the account is erased, or they stay. A new column must be added here.
type Fate = 'closed' | 'erased' | { stays: string }
const ROOMS = { stays: 'a part of the history of rooms, which other members see' }
const FATES: Readonly<Record<string, Fate>> = {
  'access_tokens.user_id': 'closed',
  'account_data.user_id': 'erased',
  'backed_up_keys.user_id': 'closed',
  'badge_rooms.user_id': 'closed',
  'cohort_members.user_id': 'closed',
  'cross_signing_keys.user_id': 'closed',
  'default_rule_changes.user_id': 'closed',
  'dehydrated_devices.user_id': 'closed',
  'device_keys.user_id': 'closed',
  'device_list_changes.user_id': { stays: 'others learn from it that the devices are gone' },
  'device_message_txns.user_id': 'closed',
  'device_messages.sender': { stays: 'it waits for the device of another user' },
  'device_messages.user_id': 'closed',
  'device_rule_sets.user_id': 'closed',
  'devices.user_id': 'closed',
  'events.sender': ROOMS,
  'exceptions.user_id': 'closed',
  'fallback_keys.user_id': 'closed',
  'filters.user_id': 'erased',
  'ignored_users.ignored': { stays: 'it belongs to the user who ignores' },
  'ignored_users.user_id': 'erased',
  'inbox.user_id': 'closed',
  'key_backup_numbers.user_id': { stays: 'a number, no key' },
  'key_backups.user_id': 'closed',
  'key_signatures.signer_id': 'closed',
  'key_signatures.user_id': 'closed',
  'media.user_id': 'erased',
  'media_usage.user_id': 'erased',
  'memberships.user_id': ROOMS,
  'one_time_keys.user_id': 'closed',
  'opened_inboxes.user_id': 'closed',
  'presence.user_id': 'closed',
  'presence_devices.user_id': 'closed',
  'profile_fields.user_id': 'erased',
  'push_rules.user_id': 'closed',
  'pushers.user_id': 'closed',
  'read_positions.user_id': 'closed',
  'receipts.user_id': ROOMS,
  'relations.sender': ROOMS,
  'removed_pushers.user_id': { stays: 'the sweep removes it after 30 days' },
  'reports.reporter': { stays: 'the operator works on it' },
  'reports.target': { stays: 'the operator works on it' },
  'room_aliases.created_by': ROOMS,
  'room_upgrades.user_id': { stays: 'an upgrade ends with its copied state' },
  'rooms.creator': ROOMS,
  'rule_sets.user_id': { stays: 'a position and two flags' },
  'silenced_outcomes.sender': { stays: 'it belongs to the user who ignores' },
  'silenced_outcomes.user_id': 'closed',
  'sliding_connections.user_id': 'closed',
  'thread_participants.user_id': ROOMS,
  'thread_subscriptions.user_id': 'closed',
  'threepids.user_id': 'closed',
  'trace_pushers.user_id': 'closed',
  'user_words.user_id': 'closed',
  'users.user_id': { stays: 'a user id is never given to another person' },
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The columns of type `UserId` in the types of the tables, and those that can have other ids too, as
 * `table.column`.
 */
function userColumns(): string[] {
  const text = globSync('src/storage/*schema.ts', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const tables = new Map(
    [...text.matchAll(/^ {2}(\w+): (\w+Table)$/gm)].map(([, name, type]) => [type, name]),
  )
  return [...text.matchAll(/^export type (\w+Table) = \{([^}]*)\}/gm)].flatMap(([, type, body = '']) =>
    [...body.matchAll(/\b(?:(\w+): (?:\w+ \| )*UserId|(user_id|ignored): string)\b/g)].map(
      ([, column, other]) => `${tables.get(type)}.${column ?? other}`,
    ),
  )
}

test('for each column with a user id it is known what happens to its rows when the account closes', () => {
  assert.deepEqual(userColumns().toSorted(), Object.keys(FATES).toSorted())
})

test('closing an account removes its rows, and more with erase', async (t) => {
  const { url, data } = await startTestServer(t)
  const other = await registerUser(url, 'other')
  const roomId = await other.createRoom()
  const [closed, erased] = [await registerUser(url, 'closed'), await registerUser(url, 'erased')]
  const database = new DatabaseSync(join(data, 'belfry.db'))
  afterTest(t, () => database.close())
  const eventId = await other.say(roomId, 'hello')
  for (const user of [closed, erased]) {
    await user.post(`/rooms/${roomId}/join`, {})
    await user.post(`/rooms/${roomId}/receipt/m.read.private/${eventId}`, {})
    for (const column of Object.keys(FATES)) insertRow(database, column, { user, roomId })
  }
  const left = ({ userId }: TestUser) =>
    Object.keys(FATES).filter((name) => {
      const [table, column] = name.split('.') as [string, string]
      return database.prepare(`select 1 from ${table} where ${column} = ?`).get(userId) !== undefined
    })
  for (const user of [closed, erased])
    assert.deepEqual(left(user), Object.keys(FATES), 'each table has a row')
  for (const user of [closed, erased]) {
    const { body } = await user.try('POST', '/account/deactivate', {})
    const identifier = { type: 'm.id.user', user: user.userId }
    const auth = { type: 'm.login.password', session: body['session'], identifier, password: PASSWORD }
    await user.post('/account/deactivate', { auth, erase: user === erased })
  }
  const staying = (fates: readonly Fate[]) =>
    Object.entries(FATES).flatMap(([name, fate]) =>
      typeof fate === 'object' || fates.includes(fate) ? [name] : [],
    )
  assert.deepEqual(left(closed), staying(['erased']))
  assert.deepEqual(left(erased), staying([]))
  const receipts = database
    .prepare(`select user_id from receipts where receipt_type = 'm.read.private'`)
    .all()
  assert.deepEqual(receipts, [], 'private receipts')
})

/**
 * Values that code reads when the account closes. Other texts name the column and the user, and other numbers
 * count.
 */
const VALUES: Readonly<Record<string, string | number>> = {
  kind: 'http',
  data: '{}',
  files: 1,
  bytes: 10,
  size: 10,
  public_key: 'key',
  key_id: 'key',
  signer_key: 'ed25519:key',
}

let nextNumber = 1000

/** Inserts a row with the user in the column, unless the user has one. */
function insertRow(
  database: DatabaseSync,
  name: string,
  { user, roomId }: { user: TestUser; roomId: string },
): void {
  const [table, own] = name.split('.') as [string, string]
  const columns = database.prepare(`select name, type from pragma_table_info('${table}')`).all()
  const values = columns.map(({ name: column, type }) => {
    if (column === own) return user.userId
    if (column === 'device_id') return user.deviceId
    if (column === 'room_id' && table !== 'rooms') return roomId
    return VALUES[String(column)] ?? (/int/i.test(String(type)) ? nextNumber++ : `${name} ${user.userId}`)
  })
  database
    .prepare(
      `insert or ignore into ${table} (${columns.map((column) => `"${String(column['name'])}"`).join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    )
    .run(...values)
}
